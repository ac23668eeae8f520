import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

/** What a synthesis changed on disk. */
interface Changes {
  added: readonly string[];
  changed: readonly string[];
  removed: readonly string[];
  unchanged: number;
}

/** The stack files of an output folder by stack, with their content. */
type Snapshot = ReadonlyMap<string, string>;

/**
 * Reads the stacks of an output folder.
 * @param output the folder, e.g. cdktf.out
 * @returns content of each cdk.tf.json by stack; empty where there is none
 */
export function snapshot(output: string): Snapshot {
  const folder = path.join(output, 'stacks');
  if (!existsSync(folder)) return new Map();
  const entries = readdirSync(folder).flatMap((stack): [string, string][] => {
    const file = path.join(folder, stack, 'cdk.tf.json');
    return existsSync(file) ? [[stack, readFileSync(file, 'utf8')]] : [];
  });
  return new Map(entries);
}

/**
 * Removes the folders of stacks that are no longer in the inventory, as the cdktf CLI does.
 * @param output the folder, e.g. cdktf.out
 * @param stacks the stacks that stay
 */
export function removeOthers(output: string, stacks: readonly string[]): void {
  const folder = path.join(output, 'stacks');
  const keep = new Set(stacks);
  for (const name of readdirSync(folder)) {
    if (!keep.has(name)) rmSync(path.join(folder, name), { recursive: true });
  }
}

/**
 * Compares two snapshots.
 * @param before the earlier one
 * @param after the later one
 * @returns what differs, sorted by stack
 */
export function compare(before: Snapshot, after: Snapshot): Changes {
  const names = [...after.keys()].sort();
  return {
    added: names.filter((name) => !before.has(name)),
    changed: names.filter((name) => before.has(name) && before.get(name) !== after.get(name)),
    removed: [...before.keys()].filter((name) => !after.has(name)).sort(),
    unchanged: names.filter((name) => before.get(name) === after.get(name)).length,
  };
}
