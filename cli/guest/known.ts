import { readFileSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../../inventory/user-error';
import { findRoot } from '../root';
import { readSettings, stackFolder } from '../settings';

/** What the last plan or deploy here knew of a stack's guest. */
export interface Known {
  /** Its owner id, as /etc/pvestack/owner has it. */
  owner?: string;
  /** The pin of its host key: MAC address and key, in hexadecimal digits; of an external host `external-KEY`. */
  pin?: string;
}

/**
 * What planner/look.sh left in the folder of a stack. Nothing where terraform does not run on this machine, as with
 * remote execution.
 * @param stack its name
 * @returns what is known
 */
export function knownOf(stack: string): Known {
  const folder = stackFolder(readSettings(findRoot()), stack);
  return readKnown(path.resolve(folder, process.env['TF_DATA_DIR'] ?? '.terraform', 'pvestack-known'));
}

/**
 * Reads what planner/look.sh left.
 * @param file where
 * @returns what is known; nothing of a file that is not there
 * @throws UserError where it is there and cannot be read: whoever plans as another user is not to go without the pin
 */
export function readKnown(file: string): Known {
  let text;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // No plan was made here.
    if (code === 'ENOENT' || code === 'ENOTDIR') return {};
    throw unreadable(file, code ?? 'it cannot be read');
  }
  const found = /^(owner-[0-9a-z-]+|-) ((?:[0-9a-f]{12}|external)-[0-9a-f]{64}|-)\n$/.exec(text);
  if (!found) throw unreadable(file, 'it is not what a plan writes');
  const [, owner = '-', pin = '-'] = found;
  return { ...(owner === '-' ? {} : { owner }), ...(pin === '-' ? {} : { pin }) };
}

/** What a plan knew of a guest, and nobody can tell: to go there all the same would be to trust whoever answers. */
function unreadable(file: string, why: string): UserError {
  return new UserError(
    `What the last plan here knew of the guest cannot be read from ${file}: ${why}. Nothing was done. Plan as this user, or remove that file and plan again.`,
  );
}
