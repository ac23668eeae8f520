const KIB = 1024;
const UNITS = ['', 'K', 'M', 'G', 'T'] as const;

/** Bytes of a size such as `8G`, `512M` or `1024`; undefined for anything else. */
export function parseSize(value: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([KMGT]?)$/.exec(value);
  if (!match) return undefined;
  const unit = UNITS.findIndex((name) => name === match[2]);
  return Math.floor(Number(match[1]) * KIB ** Math.max(unit, 0));
}

/** A size as Proxmox writes it: the largest unit that leaves no remainder (`8G`; nothing at all is `0T`). */
export function formatSize(bytes: number): string {
  let rest = bytes;
  let unit = 0;
  while (unit < UNITS.length - 1 && rest % KIB === 0) {
    rest /= KIB;
    unit += 1;
  }
  return `${String(rest)}${UNITS[unit] ?? ''}`;
}

const BLOCK = 4096;
const GROUP = 128 * KIB * KIB;

/** Block groups of an ext4 file system of `groups` groups that hold a copy of the superblock. */
export function superblockGroups(groups: number): number[] {
  const backups = new Set([0, 1]);
  for (const base of [3, 5, 7]) {
    for (let power = base; power < groups; power *= base) backups.add(power);
  }
  return [...backups].filter((group) => group < groups).sort((a, b) => a - b);
}

function journalBytes(bytes: number): number {
  const blocks = bytes / BLOCK;
  const steps: readonly [number, number][] = [
    [32_768, 1_024],
    [262_144, 4_096],
    [524_288, 8_192],
    [4_194_304, 16_384],
    [8_388_608, 32_768],
    [16_777_216, 65_536],
    [33_554_432, 131_072],
  ];
  return (steps.find(([limit]) => blocks < limit)?.[1] ?? 262_144) * BLOCK;
}

/**
 * What a freshly made ext4 file system of this size offers: a running container reports that as its
 * `maxdisk`, a stopped one the size in its configuration.
 */
export function ext4Capacity(bytes: number): number {
  if (bytes < GROUP) return bytes;
  const groups = Math.ceil(bytes / GROUP);
  const descriptors = Math.ceil(groups / 64);
  const reserved = Math.min(groups * 16 - descriptors, 1024 - descriptors);
  const copies = superblockGroups(groups).length;
  const inodeTable = (bytes / 16_384) * 256;
  const tables = copies * (1 + descriptors + reserved) + 2 * groups;
  return Math.floor(bytes - inodeTable - journalBytes(bytes) - tables * BLOCK);
}
