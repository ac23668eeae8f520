import { readFileSync } from 'node:fs';
import path from 'node:path';
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
 */
export function readKnown(file: string): Known {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // No plan was made here.
  }
  const [, owner = '-', pin = '-'] =
    /^(owner-[0-9a-z-]+|-) ((?:[0-9a-f]{12}|external)-[0-9a-f]{64}|-)\n$/.exec(text) ?? [];
  return { ...(owner === '-' ? {} : { owner }), ...(pin === '-' ? {} : { pin }) };
}
