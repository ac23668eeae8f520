import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Path } from '../document';
import type { InventoryInput } from '../schema/inventory';
import { didYouMean, type Validation } from '../validation';

/** What `templates_dir` is checked against. */
export interface TemplateCheck {
  /** The folder that relative paths count from: the inventory's. */
  base: string;
  /** The templates of this tool. */
  names: readonly string[];
}

/** Folders of own templates: they exist, and each file in them replaces one of ours. */
export function checkTemplateDirs(input: InventoryInput, check: TemplateCheck, validation: Validation): void {
  checkFolder(input.templates_dir, ['templates_dir'], check, validation);
  for (const [project, { templates_dir: folder }] of Object.entries(input.app_projects)) {
    checkFolder(folder, ['app_projects', project, 'templates_dir'], check, validation);
  }
}

function checkFolder(
  folder: string | undefined,
  at: Path,
  { base, names }: TemplateCheck,
  validation: Validation,
): void {
  if (folder === undefined || validation.isRefused(at)) return;
  const absolute = path.resolve(base, folder);
  if (!statSync(absolute, { throwIfNoEntry: false })?.isDirectory()) {
    validation.error(at, 'is no folder', 'write a folder relative to the inventory');
  } else {
    for (const file of readdirSync(absolute).filter(
      (name) => name.endsWith('.ejs') && !names.includes(name),
    )) {
      validation.error(
        at,
        `holds ${file}, which replaces none of the templates${didYouMean(file, names)}`,
        `rename it to one of: ${names.join(', ')}`,
      );
    }
  }
}
