import { z } from 'zod';
import { hasJinja, JinjaError, parseText } from '../text';

/** Between what is wrong and what to do in a message of this schema. */
export const FIX = '\t';

/** What the reference in the docs says of a key besides its type. */
interface KeyInfo {
  /** One sentence. */
  description: string;
  /** What holds when the key is missing, in words. */
  default?: string;
  /** Whether it is a secret: only a vault reference is accepted. */
  secret?: boolean;
}

declare module 'zod' {
  interface GlobalMeta {
    default_text?: string;
    secret?: boolean;
  }
}

/**
 * Documents a field.
 * @param field the zod type
 * @param info its description and default
 * @returns the optional field with its metadata
 */
export function key<T extends z.ZodType>(field: T, info: KeyInfo): z.ZodOptional<T> {
  return field.optional().meta({
    description: info.description,
    ...(info.default === undefined ? {} : { default_text: info.default }),
    ...(info.secret ? { secret: true } : {}),
  });
}

/** Joins what is wrong and what to do into one message. */
export function message(what: string, fix: string): string {
  return `${what}${FIX}${fix}`;
}

/**
 * A text that must pass a check; a vault reference passes, it is known only when Terraform runs.
 * @param test the check
 * @param what what is wrong when it fails
 * @param fix what to do then
 * @returns the zod type
 */
export function checked(test: (value: string) => boolean, what: string, fix: string): z.ZodString {
  return text().refine((value) => hasJinja(value) || test(value), message(what, fix));
}

/**
 * A text that must be known at synth: it may not hold a vault reference.
 * @param test the check
 * @param what what is wrong when it fails
 * @param fix what to do then
 * @returns the zod type
 */
export function plain(test: (value: string) => boolean, what: string, fix: string): z.ZodString {
  return text()
    .refine(
      (value) => !hasJinja(value),
      message('cannot be a vault reference here', 'write the value itself'),
    )
    .refine((value) => hasJinja(value) || test(value), message(what, fix));
}

/** A text without line ends at its borders; may hold vault references. */
export function text(): z.ZodString {
  return z.string().min(1, message('is empty', 'write a value, or remove the key'));
}

/** A secret: only `{{ vault_… }}`, so that no secret ever stands in the inventory, the JSON or git. */
export function secret(example: string): z.ZodString {
  return text().refine(
    isFromVault,
    message('is a secret written in clear', `write "{{ ${example} }}" and give it as TF_VAR_${example}`),
  );
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
 * A whole number.
 * @param min smallest allowed
 * @param max largest allowed
 * @param unit what it counts, for the message
 * @returns the zod type
 */
export function whole(min: number, max: number, unit = 'number'): z.ZodInt {
  const range = message(
    `is not a ${unit} from ${min} to ${max}`,
    `write a whole number from ${min} to ${max}`,
  );
  // zod has a range of its own for whole numbers; beyond it the message is the same.
  return z
    .int({ error: ({ code }) => (code === 'too_big' || code === 'too_small' ? range : undefined) })
    .min(min, range)
    .max(max, range);
}

/** A TCP port. */
export function port(): z.ZodInt {
  return whole(1, 65535, 'port');
}

/** true or false; Ansible's `yes`, `no`, `on` and `off` mean the same. */
export function bool(): z.ZodType<boolean, unknown> {
  return z.preprocess((value) => {
    if (typeof value !== 'string') return value;
    if (/^(yes|on|true)$/i.test(value)) return true;
    if (/^(no|off|false)$/i.test(value)) return false;
    return value;
  }, z.boolean());
}

/** A Proxmox node name (Proxmox API, format pve-node). */
export function nodeName(): z.ZodString {
  return checked(
    (value) => /^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$/.test(value),
    'is not a Proxmox node name',
    'write the name as `pvesh get /nodes` shows it, e.g. pve',
  );
}
