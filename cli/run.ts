import { UserError } from '../inventory/user-error';
import { Ended } from './ended';
import type { Output } from './output';

/**
 * Runs a command: a mistake of the user is printed as it is, a mistake of this program with its stack trace.
 * @param output where to print it
 * @param command the command
 * @returns the exit code: 0, 1 where there was a mistake, or what the command ends with
 */
export async function run(output: Output, command: () => unknown): Promise<number> {
  try {
    await command();
    return 0;
  } catch (error) {
    if (error instanceof Ended) return error.code;
    output.warn(messageOf(error));
    return 1;
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error instanceof UserError ? error.message : (ofFileSystem(error) ?? error.stack ?? error.message);
}

/** A fault of the disk is nobody's bug: what failed, and where (reading a folder names no path). */
function ofFileSystem({ code, path, message }: NodeJS.ErrnoException): string | undefined {
  const what = code === undefined ? undefined : FILE_ERRORS[code];
  return what === undefined ? undefined : `${path ?? message}: ${what}`;
}

const FILE_ERRORS: Record<string, string> = {
  EACCES: 'permission denied; run this as a user who may write there',
  EPERM: 'not permitted; run this as a user who may write there',
  EROFS: 'the file system is read-only; work on a copy, or set CDKTF_OUTDIR to a folder that can be written',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of the disk is used up',
  ENOTDIR: 'a folder is expected here, but it is a file',
  EEXIST: 'a folder is expected here, but it is a file',
  EISDIR: 'a file is expected here, but it is a folder',
  ENOENT: 'there is no such file or folder',
};
