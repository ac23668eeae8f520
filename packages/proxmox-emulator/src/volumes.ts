import { failure } from './errors';
import { parseSize, superblockGroups } from './sizes';
import type { ClusterState } from './state';
import type { Storage, Volume } from './model';

/** Parts of `storage:name`. */
interface VolumeName {
  readonly storage: string;
  readonly name: string;
}

/** Takes `storage:name` apart; undefined when it is something else (a path, say). */
export function splitVolid(volid: string): VolumeName | undefined {
  const match = /^([a-z][a-z0-9\-_.]*[a-z0-9]):(.+)$/i.exec(volid);
  return match ? { storage: match[1] ?? '', name: match[2] ?? '' } : undefined;
}

/** The size in GiB when a disk option asks for a new volume (`local:8`), undefined for an existing one. */
export function newVolumeSize(name: string): number | undefined {
  return /^\d+(\.\d+)?$/.test(name) ? Number(name) : undefined;
}

const NAMES: Record<Storage['type'], { readonly shape: RegExp; readonly kind: string }> = {
  dir: {
    shape: /^(\d+\/\S+|(vztmpl|iso|snippets|backup|import)\/[^/\s]+)$/,
    kind: 'directory',
  },
  lvmthin: { shape: /^(vm|base)-\d+-\S+$/, kind: 'lvm' },
  zfspool: { shape: /^(vm|base|subvol|basevol)-\d+-\S+$/, kind: 'zfs' },
};

/** @throws ApiError 500 when a volume cannot have this name on this storage */
export function checkVolumeName(storage: Storage, name: string): void {
  const { shape, kind } = NAMES[storage.type];
  if (!shape.test(name)) throw failure(`unable to parse ${kind} volume name '${name}'`);
}

/** The path of a volume as task logs show it. */
export function volumePath(storage: Storage, name: string): string {
  if (storage.type === 'lvmthin') return `/dev/pve/${name}`;
  if (storage.type === 'zfspool') return `/rpool/data/${name}`;
  const root = storage.path ?? '/var/lib/vz';
  if (name.startsWith('vztmpl/')) return `${root}/template/cache/${name.slice('vztmpl/'.length)}`;
  if (name.startsWith('iso/')) return `${root}/template/iso/${name.slice('iso/'.length)}`;
  return name.includes('/') && /^\d/.test(name) ? `${root}/images/${name}` : `${root}/${name}`;
}

/** Makes a disk of a guest with the next free number. @returns the volume, already on the storage */
export function allocate(
  state: ClusterState,
  storage: Storage,
  vmid: number,
  size: number,
  content: 'rootdir' | 'images',
  suffix?: string,
): Volume {
  const id = String(vmid);
  const subvolume = content === 'rootdir' && (storage.type === 'zfspool' || size === 0);
  const prefix = subvolume ? 'subvol' : 'vm';
  const extension =
    storage.type !== 'dir' ? '' : subvolume ? '.subvol' : suffix === undefined ? '.raw' : '.qcow2';
  const folder = storage.type === 'dir' ? `${id}/` : '';
  const taken = new Set(storage.volumes.map((one) => one.volid));
  let volid: string;
  let number = 0;
  do {
    const stem = suffix === undefined ? `disk-${String(number)}` : suffix;
    volid = `${storage.storage}:${folder}${prefix}-${id}-${stem}${extension}`;
    number += 1;
  } while (taken.has(volid) && suffix === undefined);
  const format = subvolume ? 'subvol' : extension === '.qcow2' ? 'qcow2' : 'raw';
  const volume: Volume = { volid, content, format, size, ctime: Math.floor(Date.now() / 1000), vmid };
  storage.volumes.push(volume);
  state.changed();
  return volume;
}

/** Removes a volume from its storage, if it is there. */
export function free(state: ClusterState, volid: string): void {
  for (const storage of state.storages) {
    storage.volumes = storage.volumes.filter((volume) => volume.volid !== volid);
  }
  state.changed();
}

/** What a task logs while it makes a container's disk. */
export function formatLog(storage: Storage, volume: Volume, uuid: string): string[] {
  if (volume.format === 'subvol') return [];
  const name = volume.volid.slice(volume.volid.indexOf(':') + 1);
  const lines =
    storage.type === 'dir'
      ? [`Formatting '${volumePath(storage, name)}', fmt=raw size=${String(volume.size)} preallocation=off`]
      : [`  Logical volume "${name}" created.`];
  const backups = superblockGroups(Math.ceil(volume.size / (128 * 1024 * 1024)))
    .slice(1)
    .map((group) => group * 32_768);
  return [
    ...lines,
    `Creating filesystem with ${String(volume.size / 4096)} 4k blocks and ${String(volume.size / 16_384)} inodes`,
    `Filesystem UUID: ${uuid}`,
    'Superblock backups stored on blocks: ',
    `\t${backups.join(', ')}`,
  ];
}

/** The size in bytes of a guest's disk: that of its volume, else what its configuration says. */
export function diskSize(state: ClusterState, disk: string): number {
  const [first = ''] = disk.split(',');
  const volid = /(?:^|,)volume=([^,]+)/.exec(disk)?.[1] ?? first;
  const size = /(?:^|,)size=([^,]+)/.exec(disk)?.[1];
  return state.volume(volid)?.size ?? (size === undefined ? 0 : (parseSize(size) ?? 0));
}
