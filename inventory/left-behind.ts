import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { InventoryError, type Problem } from './problem';
import { STATE_FOLDER } from './schema/backend';
import type { Inventory } from './types';

/**
 * Refuses an inventory that has lost an env whose local state still holds resources: its guest would be
 * forgotten, not destroyed.
 * @param inventory the inventory
 * @param root the folder of cdktf.json
 * @throws InventoryError that names the stacks and the way out
 */
export function checkLeftBehind(inventory: Inventory, root: string): void {
  const stacks = new Set(inventory.envs.map(({ stack }) => stack));
  const folders = new Set([STATE_FOLDER]);
  for (const { backend } of inventory.envs) {
    if (backend.type === 'local') {
      folders.add(path.join(backend.path, '.'));
    }
  }
  const problems: Problem[] = [];
  for (const folder of [...folders].sort()) {
    const absolute = path.resolve(root, folder);
    if (!statSync(absolute, { throwIfNoEntry: false })?.isDirectory()) continue;
    for (const file of readdirSync(absolute).sort()) {
      const stack = /^(app-.+)\.tfstate$/.exec(file)?.[1];
      if (stack === undefined || stacks.has(stack)) continue;
      const count = resourcesIn(path.join(absolute, file));
      if (count === 0) continue;
      problems.push({
        severity: 'error',
        position: { line: 1, column: 1 },
        path: 'app_projects',
        what: `lacks the env of ${stack}, whose state ${folder}/${file} still holds ${count === 1 ? '1 resource' : `${count} resources`}`,
        fix:
          'if another inventory is meant, name it (APP_INVENTORY, or the context of cdktf.json); else write the env back as it was, ' +
          `or, to destroy its guest, with "state: absent", and run: pvestack deploy ${stack}; if its guest is gone for good (an emulator's, for example): pvestack forget ${stack}`,
      });
    }
  }
  if (problems.length > 0) throw new InventoryError(inventory.file, problems);
}

/** How many managed resources a state file holds; 1 for one that cannot be read, to be on the safe side. */
function resourcesIn(file: string): number {
  try {
    const text = readFileSync(file, 'utf8');
    if (text.trim() === '') return 0;
    const { resources } = JSON.parse(text) as { resources?: { mode?: string }[] };
    return (resources ?? []).filter(({ mode }) => mode === 'managed').length;
  } catch {
    return 1;
  }
}
