import { escapeLiteral } from '../../renderers/expression';
import { shellQuote } from '../../renderers/shell';
import { table } from '../table';
import type { Wanted } from './collect';

/**
 * The variables as a table.
 * @param wanted the variables
 * @param file the inventory's name
 * @param stacks how many stacks were asked for
 * @param color whether to use colours
 * @returns lines
 */
export function asTable(wanted: readonly Wanted[], file: string, stacks: number, color: boolean): string[] {
  const head = ['variable', 'secret', 'default', 'set', 'category', 'stacks', 'for'];
  const rows = wanted.map((variable) => [
    variable.name,
    variable.secret ? 'yes' : 'no',
    variable.default === null ? (variable.required ? 'must be set' : '-') : JSON.stringify(variable.default),
    variable.set ? 'yes' : 'no',
    variable.category,
    stacksOf(variable, stacks),
    purposeOf(variable, file),
  ]);
  return table(head, rows, color);
}

/**
 * A file of Terraform's variables.
 * @param wanted the variables
 * @param file the inventory's name
 * @param stacks how many stacks were asked for
 * @param values what is known; the rest stands there as comments, so that what is missing stays missing
 * @returns lines
 */
export function asTfvars(
  wanted: readonly Wanted[],
  file: string,
  stacks: number,
  values: ReadonlyMap<string, string> = new Map(),
): string[] {
  return toBeGiven(wanted).flatMap((variable) => {
    const value = values.get(variable.name);
    const line = `${variable.name} = ${hclString(value ?? String(variable.default ?? ''))}`;
    return ['', comment(variable, file, stacks), value === undefined ? `# ${line}` : line];
  });
}

/**
 * Lines for a shell that export the variables, to be filled in.
 * @param wanted the variables
 * @param file the inventory's name
 * @param stacks how many stacks were asked for
 * @returns lines, all of them comments: an empty value would count as one
 */
export function asExports(wanted: readonly Wanted[], file: string, stacks: number): string[] {
  return toBeGiven(wanted).flatMap((variable) => [
    '',
    comment(variable, file, stacks),
    `# export TF_VAR_${variable.name}=${shellQuote(String(variable.default ?? ''))}`,
  ]);
}

/**
 * A text as HCL writes it. Source: HCL Native Syntax Specification, "Quoted Template Expression".
 * @param value the text
 * @returns the literal, in which nothing is replaced
 */
export function hclString(value: string): string {
  // JSON's own escapes that HCL does not know.
  const quoted = JSON.stringify(value).replace(/\\\\|\\[bf]/g, (escape) =>
    escape === '\\b' ? '\\u0008' : escape === '\\f' ? '\\u000c' : escape,
  );
  return escapeLiteral(quoted);
}

/** What somebody gives once, and not for a single run. */
export function toBeGiven(wanted: readonly Wanted[]): Wanted[] {
  return wanted.filter(({ role }) => role !== 'switch');
}

/**
 * What a variable is for, in a few words.
 * @param variable the variable
 * @param file the inventory's name
 * @returns the key that it is for, and where that stands; of other variables the description
 */
function purposeOf({ places, description }: Wanted, file: string): string {
  const [first, ...others] = places;
  if (!first) return description;
  const more = others.length === 0 ? '' : `, and ${others.length} more`;
  return `${first.key} (${file}:${first.line}${more})`;
}

function stacksOf({ stacks }: Wanted, all: number): string {
  if (stacks.length === all) return all === 1 ? (stacks[0] ?? '') : `all ${all}`;
  return stacks.length > 2
    ? `${stacks.slice(0, 2).join(', ')} and ${stacks.length - 2} more`
    : stacks.join(', ');
}

function comment(variable: Wanted, file: string, stacks: number): string {
  const words = [
    `${purposeOf(variable, file).replace(/\.$/, '')}.`,
    variable.secret ? 'Secret.' : '',
    variable.default === null ? '' : 'Has a default.',
    `Stacks: ${stacksOf(variable, stacks)}.`,
  ];
  return `# ${words.filter(Boolean).join(' ')}`;
}
