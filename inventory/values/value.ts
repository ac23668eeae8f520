import { display, JinjaError, parseText, type Text } from '../text';
import type { Rule } from './rule';

/** A text of a field of the inventory, and what it must be. */
export interface Value extends Text {
  /** The rule, also for what only Terraform knows. */
  rule: Rule;
}

/**
 * The value of a field; one whose Jinja was refused already is taken as literal.
 * @param written the text as written
 * @param rule what it must be
 * @param secret whether its references are secrets
 * @returns the value
 */
export function toValue(written: string, rule: Rule, secret = false): Value {
  try {
    return { ...parseText(written, secret), rule };
  } catch (error) {
    if (error instanceof JinjaError) return { parts: [written], secret, rule };
    throw error;
  }
}

/**
 * Values without repeats.
 * @param values the values
 * @returns those that differ, in their order
 */
export function distinct(values: readonly Value[]): Value[] {
  return [...new Map(values.map((value) => [display(value), value])).values()];
}
