import type { Rule } from '../inventory/values/rule';
import type { Value } from '../inventory/values/value';
import { quote, template } from './expression';

/** The condition that a value must meet, and what to say otherwise. */
export interface Condition {
  condition: string;
  errorMessage: string;
}

/**
 * What is to be checked of each variable, once for each kind of field that uses it.
 * @param values all values of a stack
 * @returns conditions by the variable's name; no variable of a value is without one
 */
export function variableConditions(values: Iterable<Value>): Map<string, Condition[]> {
  const found = new Map<string, Map<string, Condition>>();
  for (const { parts, rule } of values) {
    for (const part of parts) {
      if (typeof part === 'string') continue;
      const { variable } = part;
      const condition = conditionOf(variable, rule, parts.length === 1);
      const known = found.get(variable) ?? new Map<string, Condition>();
      found.set(variable, known.set(condition.condition, condition));
    }
  }
  return new Map([...found].map(([name, conditions]) => [name, [...conditions.values()]]));
}

/** The validation of a variable that is a whole value, or a part of one. */
function conditionOf(variable: string, rule: Rule, alone: boolean): Condition {
  const matches = (pattern: string): string => `can(regex(${quote(pattern)}, var.${variable}))`;
  const { must, not = [], part, maxBytes } = rule;
  const whole = alone || part === undefined;
  const tests = whole
    ? [
        ...(must === undefined ? [] : [matches(must)]),
        ...(not.length === 0 ? [] : [`!${matches(not.map(({ pattern }) => pattern).join('|'))}`]),
      ]
    : [matches(part)];
  // base64 counts bytes, 4 for 3; length() counts characters.
  if (maxBytes !== undefined) tests.push(`length(base64encode(var.${variable})) <= ${(maxBytes / 3) * 4}`);
  return {
    // Of a missing value only that is said.
    condition: template(`var.${variable} == null ? true : ${tests.join(' && ')}`),
    errorMessage: `${variable} ${whole ? '' : 'stands in a longer text of the inventory and '}${rule.what}: give ${rule.given ?? rule.instead}.`,
  };
}
