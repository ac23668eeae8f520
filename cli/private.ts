import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { STATE_FOLDER } from '../inventory/schema/backend';
import type { Env } from '../inventory/types';
import { localStatePath } from '../renderers/backend';

/**
 * Keeps local states to this user: Terraform writes them for everybody to read, and secrets are in them. A folder that
 * the inventory names may hold other things: there only the states are closed.
 * @param root the folder of cdktf.json
 * @param envs whose states
 */
export function keepStatesPrivate(root: string, envs: readonly Env[]): void {
  const own = path.resolve(root, STATE_FOLDER);
  const states = envs
    .filter(({ backend }) => backend.type === 'local')
    .map((env) => path.resolve(root, localStatePath(env)));
  if (states.some((file) => path.dirname(file) === own)) {
    mkdirSync(own, { recursive: true });
    keepPrivate(own, 0o700);
  }
  for (const file of states) for (const one of [file, `${file}.backup`]) keepPrivate(one, 0o600);
}

/**
 * Gives a file or a folder of this user its mode; what is not there or somebody else's stays as it is.
 * @param file its path
 * @param mode its mode
 */
export function keepPrivate(file: string, mode: number): void {
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (!found || found.isSymbolicLink() || found.uid !== process.getuid?.()) return;
  if ((found.mode & 0o777) !== mode) chmodSync(file, mode);
}

/**
 * Makes a temporary folder that only this user can enter, and removes those of runs that were killed.
 * @param kind what it is for; part of its name
 * @param parent the folder that it is made in
 * @returns its path
 */
export function temporaryFolder(kind: string, parent = os.tmpdir()): string {
  const prefix = `pvestack-${kind}-`;
  for (const name of readdirSync(parent)) {
    const pid = name.startsWith(prefix) && /^(\d+)-/.exec(name.slice(prefix.length))?.[1];
    if (!pid || isRunning(Number(pid))) continue;
    const left = path.join(parent, name);
    if (lstatSync(left, { throwIfNoEntry: false })?.uid === process.getuid?.()) {
      rmSync(left, { recursive: true, force: true });
    }
  }
  return mkdtempSync(path.join(parent, `${prefix}${process.pid}-`));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // There is one, and it is somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
