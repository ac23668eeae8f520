import * as z from 'zod';
import { written } from './json-schema';
import type { Registry } from './part';
import { REQUIRED } from './rules/required';
import { schemaOf } from './schema/inventory';

/** Keys that the rules demand of an env although the schema leaves them open. */
export const REQUIRED_BY_RULES = Object.keys(REQUIRED);

/** What a JSON Schema says of a key; zod writes it from the key's type and metadata. */
interface Described {
  type?: string | readonly string[];
  enum?: readonly string[];
  const?: string | boolean;
  minimum?: number;
  maximum?: number;
  items?: Described;
  properties?: Record<string, Described>;
  additionalProperties?: Described | boolean;
  required?: readonly string[];
  anyOf?: readonly Described[];
  oneOf?: readonly Described[];
  description?: string;
  default_value?: unknown;
  otherwise?: string;
  secret?: boolean;
}

/**
 * The reference of the inventory's keys, for docs/inventory.md.
 * @param registry the kinds of application and the features
 * @returns Markdown: a heading and a table for each kind of place, in the order of the schema
 */
export function inventoryReference(registry: Registry): string {
  const schema = schemaOf(registry);
  const top = describe(schema.inventory);
  const project = describe(schema.project);
  const env = describe(schema.env);
  const levels = [
    ['top', top],
    ['project', project],
    ['env', env],
  ] as const;
  const places = new Map<string, { key: Described; levels: string[] }>();
  for (const [level, { properties = {} }] of levels) {
    for (const [name, key] of Object.entries(properties)) {
      const known = places.get(name);
      if (known) known.levels.push(level);
      else places.set(name, { key, levels: [level] });
    }
  }
  const required = new Set<string>([
    ...levels.flatMap(([, level]) => level.required ?? []),
    ...REQUIRED_BY_RULES,
  ]);
  const keys = [...places].map(([name, { key, levels: at }]) => [
    code(name),
    at.join(', '),
    typeOf(key),
    required.has(name) ? 'required' : defaultOf(key),
    descriptionOf(key),
  ]);
  return [
    section('Keys', ['Key', 'Level', 'Type', 'Default', 'Meaning'], keys),
    ...[...places].flatMap(([name, { key }]) => sectionsOf(name, key)),
  ].join('\n\n');
}

/** The sections of a key that takes a map: one for each form of it, and for the maps in it. */
function sectionsOf(name: string, key: Described): string[] {
  if (key.oneOf) {
    return key.oneOf.flatMap((form) =>
      sectionsOf(`${name}: {type: ${String(form.properties?.['type']?.const)}}`, form),
    );
  }
  const map = [key, ...(key.anyOf ?? [])].find(({ properties }) => properties);
  if (map) {
    const title =
      name === 'guest' ? 'Guest keys: `guest` at the top, on a project and on an env' : code(name);
    const inner = Object.entries(map.properties ?? {});
    return [
      section(title, HEAD, rows(map)),
      ...inner.flatMap(([own, it]) => sectionsOf(`${name}.${own}`, it)),
    ];
  }
  if (key.items) return sectionsOf(`${name}[]`, key.items);
  // What is by an id and holds levels is told level by level.
  const isLevel = name === 'app_projects' || name === 'envs';
  return typeof key.additionalProperties === 'object' && !isLevel
    ? sectionsOf(`${name}.<name>`, key.additionalProperties)
    : [];
}

const HEAD = ['Key', 'Type', 'Default', 'Meaning'];

function describe(schema: z.ZodType): Described {
  return z.toJSONSchema(schema, { io: 'input', reused: 'inline' }) as Described;
}

function rows(map: Described | undefined): string[][] {
  return Object.entries(map?.properties ?? {})
    .filter(([, key]) => key.const === undefined)
    .map(([name, key]) => [
      code(name),
      typeOf(key),
      map?.required?.includes(name) ? 'required' : defaultOf(key),
      descriptionOf(key),
    ]);
}

function section(title: string, head: readonly string[], body: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [`## ${title}`, '', line(head), line(head.map(() => '---')), ...body.map(line)].join('\n');
}

function typeOf(key: Described): string {
  if (typeof key.const === 'boolean') return code(String(key.const));
  if (key.secret) return 'vault reference only';
  if (key.enum) return key.enum.map(code).join(', ');
  const alternatives = key.anyOf ?? key.oneOf;
  if (alternatives) {
    const kinds = alternatives.map((one) => one.properties?.['type']?.const);
    if (kinds.every((kind) => typeof kind === 'string'))
      return `map, by its \`type\`: ${kinds.map(code).join(', ')}`;
    return alternatives.map(typeOf).join(', ');
  }
  switch (key.type) {
    case 'integer':
      return `whole number, ${key.minimum} to ${key.maximum}`;
    case 'array':
      return key.items?.type === 'object'
        ? 'list of maps'
        : `list of ${typeOf(key.items ?? {}).replace(/^[^,]+/, '$&s')}`;
    case 'object':
      return typeof key.additionalProperties === 'object' && !key.additionalProperties.properties
        ? 'map of scalars'
        : 'map';
    case 'string':
      return 'text';
    default:
      return String(key.type);
  }
}

function defaultOf(key: Described): string {
  if (key.otherwise !== undefined) return key.otherwise;
  return key.default_value === undefined ? 'none' : code(written(key.default_value));
}

function descriptionOf(key: Described): string {
  return key.description ?? '';
}

function code(text: string): string {
  return `\`${text}\``;
}
