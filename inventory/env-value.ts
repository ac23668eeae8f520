import type { Words } from './values/rule';

/** Bytes that a value can have: Linux takes 128 KiB for one variable, base64 of this much. */
export const MAX_VALUE_BYTES = 98_304;

/**
 * What systemd drops a variable for, besides the control characters that no text of an inventory may hold.
 * Source: systemd, src/basic/env-util.c, env_value_is_valid; src/basic/utf8.c, unichar_is_valid.
 */
const NO_TEXT = /[\ufffd\p{Noncharacter_Code_Point}]/u;

/**
 * Whether an env file can carry a value byte for byte to a process that systemd starts.
 * @param value the value, or the literal parts of one
 * @returns what is wrong with it; undefined: nothing
 */
export function envValueProblem(value: string): Words | undefined {
  if (NO_TEXT.test(value)) {
    return {
      what: 'holds what is no character in Unicode, for which systemd would drop the variable',
      fix: 'write text, or the value in base64',
    };
  }
  if (Buffer.byteLength(value) > MAX_VALUE_BYTES) {
    return {
      what: `is too long: ${Buffer.byteLength(value)} bytes, of ${MAX_VALUE_BYTES} that a variable can have`,
      fix: 'put it into a file of the repository, or on the guest',
    };
  }
  return undefined;
}

/**
 * Whether a dotenv library (dotenv of npm, python-dotenv) reads another value from the env file than systemd and
 * shells do. Measured with dotenv 17 and python-dotenv 1.2, see __tests__/e2e/env-values.test.ts:
 * - in double quotes, where a value with `'` stands, they keep the backslash before `"`, `\`, `` ` `` or `$`;
 * - in single quotes python-dotenv fills `${NAME}` in and makes one backslash of two;
 * - both take a backslash before the closing quote for an escape.
 * @param value the value
 * @returns true when at least one differs
 */
export function isAmbiguous(value: string): boolean {
  return value.includes("'") ? /[\\"`$]/.test(value) : /\\\\|\\$|\$\{[^}:]*(:-[^}]*)?\}/.test(value);
}
