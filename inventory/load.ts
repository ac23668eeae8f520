import { readFileSync } from 'node:fs';
import { parseInventoryText } from './document';
import { parseInventory } from './parse';
import type { Registry } from './part';
import { InventoryError, type Problem, sortProblems } from './problem';
import { drafts } from './draft';
import { resolveApi, resolveEnv } from './resolve';
import { checkRules } from './rules';
import { checkTemplateDirs, type TemplateCheck } from './rules/templates';
import { schemaOf } from './schema/inventory';
import type { Inventory } from './types';
import { Validation } from './validation';

/** How an inventory is read. */
export interface LoadOptions {
  /** Ignore unknown keys at the top level, as an Ansible group_vars file has them. @default false */
  allowOtherKeys?: boolean;
  /** What `templates_dir` is checked against. @default not checked */
  templates?: TemplateCheck;
}

/**
 * Reads and checks an inventory file.
 * @param file its path, absolute or relative to the working directory; messages name it as given
 * @param registry the kinds of application and the features that it may name
 * @param options how to read it
 * @returns the inventory, every default filled in
 * @throws InventoryError with everything that is wrong
 */
export function loadInventory(file: string, registry: Registry, options: LoadOptions = {}): Inventory {
  return readInventory(readBytes(file), file, registry, options);
}

/**
 * Checks the content of an inventory file.
 * @param bytes the content
 * @param file the name that messages give it
 * @param registry the kinds of application and the features that it may name
 * @param options how to read it
 * @returns the inventory, every default filled in
 * @throws InventoryError with everything that is wrong
 */
export function readInventory(
  bytes: Uint8Array,
  file: string,
  registry: Registry,
  options: LoadOptions = {},
): Inventory {
  const schema = schemaOf(registry);
  const allowOtherKeys = options.allowOtherKeys ?? false;
  const source = parseInventoryText(
    bytes,
    (name) => allowOtherKeys && !Object.hasOwn(schema.inventory.shape, name),
  );
  if (source.data === undefined) throw new InventoryError(file, source.problems);

  const validation = new Validation(source, source.problems);
  const input = parseInventory(source.data, schema, validation, allowOtherKeys);
  if (!input) throw new InventoryError(file, validation.problems);

  const all = drafts(input, schema, validation);
  checkRules(input, all, registry, validation);
  if (options.templates) checkTemplateDirs(input, options.templates, validation);
  if (validation.failed) throw new InventoryError(file, validation.problems);
  return {
    file,
    api: resolveApi(input, schema, validation),
    envs: all.map((draft) => resolveEnv(draft, validation)),
    warnings: sortProblems(validation.problems),
  };
}

function readBytes(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const [what, fix] = READ_ERRORS[code ?? ''] ?? [
      `cannot be read (${code ?? 'unknown error'})`,
      'check the file',
    ];
    const problem: Problem = { severity: 'error', position: { line: 1, column: 1 }, path: '', what, fix };
    throw new InventoryError(file, [problem]);
  }
}

const READ_ERRORS: Record<string, [what: string, fix: string]> = {
  ENOENT: ['does not exist', 'name the inventory by APP_INVENTORY=path, or in the context of cdktf.json'],
  EISDIR: ['is a folder', 'name the file in it'],
  EACCES: ['may not be read', 'change its permissions'],
};
