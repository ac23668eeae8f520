import type { ResourceChange, Value } from './plan-json';

/** One attribute that changes. */
export interface Difference {
  /** e.g. `memory.dedicated`; of a block that stands once without its index. */
  path: string;
  before: Value;
  after: Value;
  /** Whether either value is a secret. */
  secret: boolean;
}

/**
 * The attributes in which a resource changes. What is known only after the apply, and what is empty in two ways, is no
 * difference.
 * @param change the change of a resource
 * @returns its attributes, sorted
 */
export function differencesOf({ change }: ResourceChange): Difference[] {
  const found: Difference[] = [];
  const walk = (path: string, values: Values): void => {
    const { before, after, unknown, hidden } = values;
    if (unknown === true || same(before, after)) return;
    // Of a list also where one of its values is one.
    const secret = hidden.some((one) => one === true || (Array.isArray(one) && one.includes(true)));
    if (secret || (isLeaf(before) && isLeaf(after))) {
      found.push({ path, before, after, secret });
      return;
    }
    for (const name of keysOf(before, after)) {
      const named = /^\d+$/.test(name)
        ? name === '0'
          ? path
          : `${path}[${name}]`
        : `${path}${path && '.'}${name}`;
      walk(named, {
        before: part(before, name) ?? null,
        after: part(after, name) ?? null,
        unknown: part(unknown, name) ?? null,
        hidden: hidden.map((value) => part(value, name) ?? null),
      });
    }
  };
  walk('', {
    before: change.before,
    after: change.after,
    unknown: change.after_unknown ?? null,
    hidden: [change.before_sensitive ?? null, change.after_sensitive ?? null],
  });
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

interface Values {
  before: Value;
  after: Value;
  unknown: Value;
  hidden: readonly Value[];
}

/** A value of its own: also a list of such, which people read as one. */
function isLeaf(value: Value): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Array.isArray(value) && value.every((item) => typeof item !== 'object' || item === null);
}

function part(value: Value, name: string): Value | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, Value>)[name] : undefined;
}

function keysOf(...values: readonly Value[]): string[] {
  return [...new Set(values.flatMap((value) => Object.keys((typeof value === 'object' && value) || {})))];
}

/** Whether two values say the same: providers answer null, '', [] and {} for one another. */
function same(before: Value, after: Value): boolean {
  return isNone(before) ? isNone(after) : JSON.stringify(before) === JSON.stringify(after);
}

function isNone(value: Value): boolean {
  if (value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
