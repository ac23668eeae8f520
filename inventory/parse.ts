import type { Path } from './document';
import { parseText, hasJinja, JinjaError } from './text';
import * as z from 'zod';
import type { InventoryInput, Schema } from './schema/inventory';
import { keyFor } from './synonyms';
import { reportIssue, slipOf, valueAt, type Validation } from './validation';

/** Fields that are checked against other guests at synth, and so must be known then. */
const NO_REFERENCE = new Set(['vmid', 'ip', 'gateway', 'ip6', 'gateway6', 'name']);

/** Keys that are missed where they are not there. */
const REQUIRED = new Set([
  'app_projects',
  'branch',
  'envs',
  'gateway',
  'host',
  'ip',
  'name',
  'repo',
  'run',
  'vmid',
  'volume',
]);

/**
 * Checks the shape of an inventory. What is wrong is reported and left out, so that the rules can go on with
 * the rest and everything is said at once.
 * @param data plain data of the file
 * @param schema what it must be
 * @param validation takes the problems
 * @param allowOtherKeys ignore unknown keys at the top level, as an Ansible group_vars file has them
 * @returns the valid part of the inventory, or undefined when nothing of it can be used
 */
export function parseInventory(
  data: unknown,
  { inventory: schema }: Schema,
  validation: Validation,
  allowOtherKeys: boolean,
): InventoryInput | undefined {
  const known = Object.keys(schema.shape);
  const knownKeys = (path: Path): string[] => keysAt(schema, path);
  let rest = structuredClone(data);
  if (allowOtherKeys && isMap(rest)) {
    rest = Object.fromEntries(Object.entries(rest).filter(([name]) => known.includes(name)));
  }
  checkTexts(rest, [], schema, validation);

  // Each round leaves out what the round before refused; a round without issues ends it.
  // A deep file may need many: what is left out at one level can uncover what is wrong around it.
  for (let round = 0; round < 100; round++) {
    const result = schema.safeParse(rest);
    if (result.success) return result.data;
    // Unknown keys first: one that is misspelt is not missing.
    const unknown = result.error.issues.filter((issue) => issue.code === 'unrecognized_keys');
    for (const issue of unknown) {
      reportIssue(issue, rest, knownKeys, validation);
      for (const name of issue.keys) takeAsMeant(rest, issue.path, name, knownKeys(issue.path), validation);
    }
    if (unknown.length > 0) continue;
    for (const issue of result.error.issues) reportIssue(issue, rest, knownKeys, validation);
    for (const { path } of result.error.issues) if (!leaveOut(rest, path)) return undefined;
  }
  return undefined;
}

/** What a schema says of the value at a path. */
function schemasAt(schema: z.ZodType, path: Path): z.core.$ZodType[] {
  let at: z.core.$ZodType[] = [schema];
  for (const step of path) at = at.flatMap((one) => below(one, step));
  return at;
}

/** The keys allowed in the map at a path. */
function keysAt(schema: z.ZodType, path: Path): string[] {
  return [
    ...new Set(
      schemasAt(schema, path)
        .flatMap(mapsOf)
        .flatMap((map) => Object.keys(map.shape)),
    ),
  ];
}

/** Whether a key takes nothing but a vault reference. */
function isSecret(schema: z.ZodType, path: Path): boolean {
  return schemasAt(schema, path).some((one) => one instanceof z.ZodType && one.meta()?.secret === true);
}

/** What a schema says of the value below one step. */
function below(schema: z.core.$ZodType, step: PropertyKey): z.core.$ZodType[] {
  const bare = unwrapped(schema);
  if (bare instanceof z.ZodRecord) return [bare.valueType];
  if (bare instanceof z.ZodArray) return [bare.element];
  return mapsOf(bare).flatMap((map) => map.shape[String(step)] ?? []);
}

/** The maps that a schema takes; of a union those of all its forms. */
function mapsOf(schema: z.core.$ZodType): z.ZodObject[] {
  const bare = unwrapped(schema);
  if (bare instanceof z.ZodUnion) return bare.options.flatMap(mapsOf);
  return bare instanceof z.ZodObject ? [bare] : [];
}

function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  const isWrapped = schema instanceof z.ZodOptional || schema instanceof z.ZodPrefault;
  return isWrapped ? unwrapped(schema.unwrap()) : schema;
}

/** Jinja, and characters that Terraform would change or a guest would choke on, in every key and text. */
function checkTexts(value: unknown, path: Path, schema: z.ZodType, validation: Validation): void {
  if (typeof value === 'string') {
    if (validation.isSaid(path)) return;
    checkCharacters(value, path, validation);
    if (!hasJinja(value)) return;
    if (NO_REFERENCE.has(String(path.at(-1))) && (path.length === 5 || path[4] === 'networks')) {
      validation.error(
        path,
        'is a vault reference, but has to be known when the inventory is checked',
        'write the value itself',
      );
      return;
    }
    try {
      parseText(value);
    } catch (error) {
      if (!(error instanceof JinjaError)) throw error;
      // Of a secret neither its value nor a default may be written.
      const { variable = 'vault_name' } = error;
      const fix = isSecret(schema, path)
        ? `write "{{ ${variable} }}" and give it as TF_VAR_${variable}`
        : error.fix;
      validation.error(path, error.what, fix);
    }
  } else if (Array.isArray(value)) {
    value.forEach((item, index) => {
      checkTexts(item, [...path, index], schema, validation);
    });
  } else if (isMap(value)) {
    for (const [name, item] of Object.entries(value)) {
      // zod leaves this one out without a word.
      if (name === '__proto__') {
        validation.error([...path, name], 'is a name that nothing here can have', 'choose another name');
      }
      checkCharacters(name, [...path, name], validation);
      checkTexts(item, [...path, name], schema, validation);
    }
  }
}

function checkCharacters(value: string, path: Path, validation: Validation): void {
  if (/^[ -~]*$/.test(value)) return;
  if (value !== value.normalize('NFC')) {
    validation.error(
      path,
      'is not in Unicode normal form C, and Terraform would change it silently',
      'type it again, or convert the file (e.g. `uconv -x nfc`)',
    );
  }
  const found = /[^\P{Cc}\n\t]|[\p{Cs}\uFEFF]/u.exec(value)?.[0];
  if (found !== undefined) {
    const code = `U+${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
    const what = /\p{Cs}/u.test(found) ? `${code}, half of a character` : `the control character ${code}`;
    validation.error(path, `holds ${what}`, 'remove it');
  }
}

/** Removes an unknown key. A misspelt one counts as the one that was meant, so that what is in it is checked, too. */
function takeAsMeant(
  data: unknown,
  path: Path,
  name: string,
  known: readonly string[],
  validation: Validation,
): void {
  const map = valueAt(data, path);
  if (!isMap(map)) return;
  const synonym = keyFor(name, known);
  // Another word for what has to be there; what another one holds may be of another form.
  const meant = synonym === undefined ? slipOf(name, known) : REQUIRED.has(synonym) ? synonym : undefined;
  if (meant !== undefined && !Object.hasOwn(map, meant)) {
    map[meant] = map[name];
    validation.misspelt([...path, meant], name);
  }
  Reflect.deleteProperty(map, name);
}

/**
 * Removes the value at a path; where it is what is missing, the map that lacks it.
 * @returns false when nothing is left to remove
 */
function leaveOut(data: unknown, path: Path): boolean {
  const step = path.at(-1);
  if (step === undefined) return false;
  const parent = path
    .slice(0, -1)
    .reduce<unknown>(
      (value, name) =>
        isMap(value) || Array.isArray(value) ? (value as Record<PropertyKey, unknown>)[name] : undefined,
      data,
    );
  // Gone already, with something around it.
  if (parent === undefined) return true;
  // An item of a list cannot be missing: the others would have other numbers.
  if (!isMap(parent) || !Object.hasOwn(parent, step)) return leaveOut(data, path.slice(0, -1));
  return Reflect.deleteProperty(parent, step);
}

function isMap(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
