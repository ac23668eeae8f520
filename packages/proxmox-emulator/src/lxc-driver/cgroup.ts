import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';

const PREFIX = 'proxmox-emulator-';
let made = 0;

/** Where cgroup v2 is mounted on this machine, or undefined. */
export function cgroup2(): string | undefined {
  const line = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .find((one) => one.split(' ')[2] === 'cgroup2');
  return line?.split(' ')[1];
}

/** A name for a new cgroup that says which process it belongs to. */
export function newCgroup(root: string): string {
  made += 1;
  return join(root, `${PREFIX}${String(process.pid)}-${String(made)}`);
}

function removeTree(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(join(folder, entry.name));
  }
  rmdirSync(folder);
}

/** Removes a cgroup and those in it. @returns whether it is gone; it stays while something runs in it */
export function removeCgroup(folder: string): boolean {
  try {
    if (existsSync(folder)) removeTree(folder);
    return true;
  } catch {
    return false;
  }
}

/** Removes the empty cgroups of labs whose process is gone (the lab and its supervisor were both killed). */
export function sweepCgroups(root: string): void {
  for (const name of readdirSync(root)) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-\\d+$`).exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) removeCgroup(join(root, name));
  }
}
