import { hasJinja, withoutReferences } from '../text';

/**
 * What one kind of text must be. The check of a literal, the validation of a variable, whose value only Terraform
 * knows, and the words of both come from it. Patterns are in the syntax that JavaScript and Terraform (RE2) share.
 */
export interface Rule {
  /** Pattern of a whole value. @default any */
  must?: string;
  /** What no value matches. @default nothing */
  not?: readonly Refusal[];
  /** Pattern of a variable that is a part of a longer text. @default as a whole value */
  part?: string;
  /** Bytes that a value of a variable can have. @default no limit */
  maxBytes?: number;
  /** e.g. `is not a host`. */
  what: string;
  /** What to write instead, without its verb: `e.g. root`. */
  instead: string;
  /** What to give as the value of a variable, where that is another thing. @default as `instead` */
  given?: string;
}

/** A pattern that no value matches, and what to say of a literal that does. */
interface Refusal {
  pattern: string;
  /** @default the words of the rule */
  words?: Words;
}

/** What is wrong, and what to do. */
export interface Words {
  what: string;
  fix: string;
}

/**
 * What is wrong with a text by a rule.
 * @param rule the rule
 * @param value the text as written; of one with vault references only what stands around them is known
 * @returns what is wrong and what to do, or undefined
 */
export function problemOf(rule: Rule, value: string): Words | undefined {
  const words = { what: rule.what, fix: `write ${rule.instead}` };
  const known = withoutReferences(value, 'x');
  const refusal = rule.not?.find(({ pattern }) => new RegExp(pattern).test(known));
  if (refusal) return refusal.words ?? words;
  if (hasJinja(value) || rule.must === undefined || new RegExp(rule.must).test(value)) return undefined;
  return words;
}
