import { formatProblem, InventoryError } from '../inventory/problem';
import type { Inventory } from '../inventory/types';
import { SettingsError } from '../main';
import { TemplateError } from '../renderers/template';

/** A mistake of the user, with a message that says what to do. */
export class UserError extends Error {}

/**
 * Runs a command: a user's mistake is printed as it is and ends with exit code 1, a mistake of this program
 * with its stack trace.
 * @param command the command
 */
export async function run(command: () => unknown): Promise<void> {
  try {
    await command();
  } catch (error) {
    process.exitCode = 1;
    const expected =
      error instanceof InventoryError ||
      error instanceof TemplateError ||
      error instanceof SettingsError ||
      error instanceof UserError;
    console.error(expected ? error.message : (ofFileSystem(error) ?? error));
  }
}

/** A fault of the disk is nobody's bug: what failed, and where. */
function ofFileSystem(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, path } = error as NodeJS.ErrnoException;
  const what = code === undefined ? undefined : FILE_ERRORS[code];
  return what === undefined || path === undefined ? undefined : `${path}: ${what}`;
}

const FILE_ERRORS: Record<string, string> = {
  EACCES: 'permission denied; run this as a user who may write there',
  EPERM: 'not permitted; run this as a user who may write there',
  EROFS: 'the file system is read-only; work on a copy, or set CDKTF_OUTDIR to a folder that can be written',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of the disk is used up',
  ENOTDIR: 'a folder is expected here, but it is a file',
};

/**
 * Prints the doubts about an inventory on standard error.
 * @param inventory the inventory
 */
export function printWarnings(inventory: Inventory): void {
  for (const warning of inventory.warnings) console.error(formatProblem(inventory.file, warning));
}
