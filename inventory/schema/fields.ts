import * as z from 'zod';
import { wholeNumberFix } from '../quantity';
import { hasJinja, JinjaError, parseText } from '../text';
import { needsShell } from '../command-line';
import { BOOLEAN, editorPattern, editorRule, SECRET } from '../editor';
import { problemOf, type Rule, type Words } from '../values/rule';
import { toValue, type Value } from '../values/value';

/** Between what is wrong and what to do in a message of this schema. */
export const FIX = '\t';

/** What the reference in the docs says of a key besides its type. */
interface KeyInfo {
  /** One sentence. */
  description: string;
  /** What holds when the key is missing, in words, where no one value does. */
  otherwise?: string;
  /** Whether it is a secret: only a vault reference is accepted. */
  secret?: boolean;
}

declare module 'zod' {
  interface GlobalMeta {
    /** The default as written; zod would drop one that is called `default`, as a transform may stand behind it. */
    default_value?: unknown;
    otherwise?: string;
    secret?: boolean;
  }
}

/** A default as it would be written in the inventory. */
type WrittenDefault<T extends z.ZodType> = unknown extends z.input<T> ? z.output<T> : z.input<T>;

declare const DEFAULT: unique symbol;

/** An optional key that has a default. The default is a type's matter here; the value is in the metadata. */
export type Defaulted<T extends z.ZodType> = z.ZodOptional<T> & { readonly [DEFAULT]: true };

/**
 * Declares a key of a level: the nearest level that has it wins, and the default is for none that has.
 * @param field the zod type
 * @param info its description and default
 * @returns the optional field with its metadata
 */
export function key<T extends z.ZodType>(
  field: T,
  info: KeyInfo & { default: WrittenDefault<T> },
): Defaulted<T>;
export function key<T extends z.ZodType>(field: T, info: KeyInfo): z.ZodOptional<T>;
export function key<T extends z.ZodType>(field: T, info: KeyInfo & { default?: unknown }): z.ZodOptional<T> {
  return field.optional().meta(metadata(info));
}

/**
 * Declares a key of a map that is taken whole: its default is filled in where the map is read.
 * @param field the zod type
 * @param info its description and default
 * @returns the field with its metadata
 */
export function filled<T extends z.ZodType>(
  field: T,
  info: KeyInfo & { default: WrittenDefault<T> },
): z.ZodPrefault<T> {
  return field.prefault(info.default as z.input<T>).meta(metadata(info));
}

function metadata({ default: value, ...words }: KeyInfo & { default?: unknown }): z.GlobalMeta {
  return { ...words, ...(value === undefined ? {} : { default_value: value }) };
}

const defaults = new WeakMap<z.ZodType, unknown>();

/**
 * The default of a key, as if it were written in the inventory.
 * @param field what `key` returned
 * @returns the value; undefined where there is none
 */
export function defaultOf(field: z.ZodType): unknown {
  if (!defaults.has(field)) defaults.set(field, field.parse(field.meta()?.default_value));
  return defaults.get(field);
}

/** Joins what is wrong and what to do into one message. */
export function message(what: string, fix: string): string {
  return `${what}${FIX}${fix}`;
}

/**
 * A text that may hold vault references.
 * @param rule what it must be
 * @returns the zod type
 */
export function checked(rule: Rule): z.ZodType<Value, string> {
  return text()
    .superRefine((value, context) => {
      const problem = problemOf(rule, value);
      if (problem) context.addIssue(message(problem.what, problem.fix));
    })
    .meta({ editor: { ...editorRule(rule) } })
    .transform((value) => toValue(value, rule));
}

/**
 * A secret: only `{{ vault_… }}`, so that no secret ever stands in the inventory, the JSON or git.
 * @param rule what its value must be
 * @param example name of the variable in the message
 * @returns the zod type
 */
export function secret(rule: Rule, example: string): z.ZodType<Value, string> {
  return text()
    .superRefine((value, context) => {
      if (isFromVault(value)) return;
      const hasDefault = value.includes('{{') && /\|\s*default\(/.test(value);
      const what = hasDefault
        ? 'has a default, which is a secret written in clear'
        : 'is a secret written in clear';
      context.addIssue(message(what, `write "{{ ${example} }}" and give it as TF_VAR_${example}`));
    })
    .meta({ editor: { ...SECRET } })
    .transform((value) => toValue(value, rule, true));
}

/** Whether a text holds a reference, and none with a default, which would be the secret in clear. */
function isFromVault(value: string): boolean {
  try {
    const references = parseText(value).parts.filter((part) => typeof part !== 'string');
    return references.length > 0 && references.every((reference) => !reference.default);
  } catch (error) {
    // Wrong Jinja is said already.
    if (error instanceof JinjaError) return true;
    throw error;
  }
}

/**
 * A URL that may hold a password: that is a vault reference, and the URL is a secret where it has one.
 * @param rule what it must be
 * @param example name of the variable in the message
 * @returns the zod type
 */
export function urlWithPassword(rule: Rule, example: string): z.ZodType<Value, string> {
  return text()
    .superRefine((value, context) => {
      const password = /^[a-z]+:\/\/[^/@:]*:([^/]*)@/.exec(value)?.[1] ?? '';
      const clear = {
        what: 'holds a password written in clear',
        fix: `write "{{ ${example} }}" in its place and give it as TF_VAR_${example}`,
      };
      const isSecret = (text: string): boolean => text === '' || isFromVault(text);
      // A default of a reference stands in clear as well.
      const isClear = !isSecret(password) || (value.includes('{{') && !isSecret(value));
      const problem = isClear ? clear : problemOf(rule, value);
      if (problem) context.addIssue(message(problem.what, problem.fix));
    })
    .meta({ editor: { ...editorRule(rule) } })
    .transform((value) => toValue(value, rule, true));
}

/**
 * A text that must be known at synth: it may not hold a vault reference.
 * @param test the check; an editor knows a pattern, and no other
 * @param what what is wrong when it fails
 * @param fix what to do then
 * @param instead what to do instead of a vault reference
 * @returns the zod type
 */
export function plain(
  test: RegExp | ((value: string) => boolean),
  what: string,
  fix: string,
  instead = 'write the value itself',
): z.ZodString {
  const passes = test instanceof RegExp ? (value: string) => test.test(value) : test;
  const field = text()
    .refine((value) => !hasJinja(value), message('cannot be a vault reference here', instead))
    .refine((value) => hasJinja(value) || passes(value), message(what, fix));
  return test instanceof RegExp ? field.meta({ editor: { ...editorPattern(test, what, fix) } }) : field;
}

/**
 * As `plain`, where what is wrong depends on the text.
 * @param problem says what is wrong with a text, or undefined
 * @param instead what to do instead of a vault reference
 * @returns the zod type
 */
export function plainBy(
  problem: (value: string) => Words | undefined,
  instead = 'write the value itself',
): z.ZodString {
  return text()
    .refine((value) => !hasJinja(value), message('cannot be a vault reference here', instead))
    .superRefine((value, context) => {
      const words = hasJinja(value) ? undefined : problem(value);
      if (words) context.addIssue(message(words.what, words.fix));
    });
}

/** Whether a text is one line without control characters. */
export function isLine(value: string): boolean {
  return !/\p{Cc}/u.test(value);
}

/** A command line's text stands in the JSON and on the guest: a secret has to come by the environment. */
const BY_ENVIRONMENT = 'write it in env_vars, and its name here, as $NAME';

/** A command line of a shell, known at synth. */
export function command(): z.ZodString {
  return plain(isLine, 'is not one line', 'write one command line', BY_ENVIRONMENT);
}

/** A command line that systemd starts, without a shell. */
export function startCommand(): z.ZodString {
  const problem = (value: string): Words | undefined =>
    isLine(value) ? needsShell(value) : { what: 'is not one line', fix: 'write one command line' };
  return plainBy(problem, BY_ENVIRONMENT);
}

/** Any text but the empty one. It may hold what looks like a vault reference: say what becomes of that. */
function text(): z.ZodString {
  return z.string().min(1, message('is empty', 'write a value, or remove the key'));
}

/**
 * A text that Terraform reads before it knows variables.
 * @returns the zod type
 */
export function constant(): z.ZodString {
  return text().refine(
    (value) => !value.includes('{{'),
    message(
      'cannot be a vault reference: Terraform reads the backend before its variables',
      "write the value, or leave it to the backend's own environment variables",
    ),
  );
}

/**
 * A whole number.
 * @param min smallest allowed
 * @param max largest allowed
 * @param unit what it counts, for the message
 * @returns the zod type
 */
export function whole(min: number, max: number, unit = 'number'): z.ZodInt {
  const counted = /(MiB|GiB|seconds)$/.exec(unit)?.[1];
  const range = message(
    `is not a ${unit} from ${min} to ${max}`,
    `write a whole number from ${min} to ${max}`,
  );
  const error: z.core.$ZodErrorMap = ({ code, input }) => {
    // zod has a range of its own for whole numbers; beyond it the message is the same.
    if (code === 'too_big' || code === 'too_small') return range;
    if (typeof input === 'string' ? hasJinja(input) : !Number.isFinite(input)) return undefined;
    const value = input as string | number;
    const what = typeof value === 'string' ? 'is a text, not a number' : 'is a fraction, not a whole number';
    return message(what, wholeNumberFix(value, min, max, counted));
  };
  return z.int({ error }).min(min, range).max(max, range);
}

/** A TCP port. */
export function port(): z.ZodInt {
  return whole(1, 65535, 'port');
}

/** true or false; Ansible's `yes`, `no`, `on` and `off` mean the same. */
export function bool(): z.ZodType<boolean, unknown> {
  return z.preprocess(
    (value) => {
      if (typeof value !== 'string') return value;
      if (/^(yes|on|true)$/i.test(value)) return true;
      if (/^(no|off|false)$/i.test(value)) return false;
      return value;
    },
    z.boolean().meta({ editor: BOOLEAN }),
  );
}
