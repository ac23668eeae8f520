import { existsSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../inventory/user-error';

/**
 * The folder of the nearest cdktf.json, from the working directory upwards.
 * @returns its absolute path
 * @throws UserError where there is none
 */
export function findRoot(): string {
  for (let folder = process.cwd(); ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, 'cdktf.json'))) return folder;
    if (folder === path.dirname(folder)) {
      throw new UserError('There is no cdktf.json here or above: change to the folder of your stacks.');
    }
  }
}
