import { checkParams, type ParamSpecs } from './params';

/** The keys a property string may hold, and the key of a part without `=`. */
export interface PropSchema {
  readonly keys: ParamSpecs;
  readonly defaultKey?: string;
}

/** A property string (`name=eth0,bridge=vmbr0`) taken apart; values stay the text that was sent. */
export type Props = Map<string, string>;

/** What a property string can be: good, or refused with the text of the API. */
type PropResult = { readonly props: Props } | { readonly error: string };

/**
 * Takes a property string apart and checks it.
 * @param path the name that complaints carry in front of a key (`net0.ip`); empty for none.
 */
export function parseProps(schema: PropSchema, value: string, path: string): PropResult {
  const props: Props = new Map();
  for (const part of value.split(',')) {
    if (part.trim() === '') continue;
    const at = part.indexOf('=');
    const key = at === -1 ? schema.defaultKey : part.slice(0, at);
    if (key === undefined) {
      return { error: 'value without key, but schema does not define a default key\n' };
    }
    if (at === 0 || at === part.length - 1)
      return { error: 'missing key in comma-separated list property\n' };
    if (props.has(key)) return { error: `duplicate key in comma-separated list property: ${key}\n` };
    props.set(key, at === -1 ? part : part.slice(at + 1));
  }
  const { errors } = checkParams(schema.keys, props);
  const lines = Object.entries(errors)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, wrong]) => `${path}.${key}: ${wrong}\n`);
  return lines.length > 0 ? { error: `format error\n${lines.join('')}` } : { props };
}

/** The format check of a property string, for a parameter's declaration. */
export function propFormat(schema: PropSchema): (value: string, name: string) => string | undefined {
  return (value, name) => {
    const result = parseProps(schema, value, name);
    return 'error' in result ? result.error : undefined;
  };
}

/**
 * Writes a property string back: the keys in `first` in their order, then the rest alphabetically.
 * @param bare a key that is written as its value alone (the volume of a disk).
 */
export function printProps(
  props: ReadonlyMap<string, string>,
  first: readonly string[],
  bare?: string,
): string {
  const rest = [...props.keys()].filter((key) => !first.includes(key)).sort();
  return [...first.filter((key) => props.has(key)), ...rest]
    .map((key) => (key === bare ? (props.get(key) ?? '') : `${key}=${props.get(key) ?? ''}`))
    .join(',');
}
