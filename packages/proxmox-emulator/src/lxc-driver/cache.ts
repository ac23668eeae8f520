import { existsSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';

/** What nobody has used for so long goes. */
const KEEP_MS = 30 * 24 * 3600 * 1000;

/** Notes that an image is in use, in its time of change. */
export function markUsed(image: string): void {
  const now = new Date();
  utimesSync(image, now, now);
}

/** Removes images that were not used for a month, with the folders unpacked from them, and old packages. */
export function removeUnused(cache: string): void {
  const old = (file: string): boolean => Date.now() - statSync(file).mtimeMs > KEEP_MS;
  const names = readdirSync(cache);
  for (const name of names) {
    const key = /^([a-z]+-[\da-f]{16})\.tar\.zst$/.exec(name)?.[1];
    if (key === undefined || !old(join(cache, name))) continue;
    for (const one of names.filter((other) => other === name || other.startsWith(`${key}-`))) {
      rmSync(join(cache, one), { recursive: true, force: true });
    }
  }
  const packages = join(cache, 'packages');
  for (const name of existsSync(packages) ? readdirSync(packages) : []) {
    if (old(join(packages, name))) rmSync(join(packages, name), { force: true });
  }
}
