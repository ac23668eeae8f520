import type { Found } from './scope';
import type { Validation } from './validation';
import { RULES } from './values/rules';
import { toValue, type Value } from './values/value';

/**
 * Environment variables of several levels, merged by name; scalars as they were written, so that `1.10` and `yes` stay
 * what they are.
 * @param maps the maps and where they stand, the farthest first
 * @param validation knows how scalars were written
 * @returns the values, sorted by name
 */
export function environmentOf(
  maps: readonly Found<Readonly<Record<string, unknown>>>[],
  validation: Validation,
): Record<string, Value> {
  const values = new Map<string, Value>();
  for (const { value: map, path } of maps) {
    for (const [name, value] of Object.entries(map)) {
      const text = typeof value === 'string' ? value : (validation.written([...path, name]) ?? String(value));
      values.set(name, toValue(text, RULES.envValue, true));
    }
  }
  return Object.fromEntries([...values].sort(([a], [b]) => (a < b ? -1 : 1)));
}
