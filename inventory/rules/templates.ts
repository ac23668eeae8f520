import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Path } from '../document';
import type { InventoryInput } from '../schema/inventory';
import { nearest, type Validation } from '../validation';

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
    for (const file of filesBelow(absolute).filter((name) => !names.includes(name))) {
      validation.error(
        at,
        `holds ${file}, which replaces none of the templates${nearMatches(file, names)}`,
        'rename it, or remove it (docs/teams.md lists the names)',
      );
    }
  }
}

/** The files of a folder; hidden ones are the version control's or the desktop's. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .filter((name) => !/(^|\/)\./.test(name))
    .sort();
}

/** The names that may be meant: by the whole name, or by its last part, as templates move between folders. */
function nearMatches(file: string, names: readonly string[]): string {
  const last = file.slice(file.lastIndexOf('/') + 1);
  const moved = names.filter((name) => name.endsWith(`/${last}`));
  const near = [...new Set([...moved, ...nearest(file, names)])].slice(0, 3).map((name) => `"${name}"`);
  return near.length === 0 ? '' : ` (did you mean ${near.join(' or ')}?)`;
}
