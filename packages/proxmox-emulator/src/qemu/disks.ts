import type { Call } from '../endpoint';
import { badParameters, failure } from '../errors';
import { formatSize, parseSize } from '../sizes';
import type { Guest, Storage } from '../model';
import { allocate, checkVolumeName, newVolumeSize, splitVolid } from '../volumes';

const CLOUD_INIT_SIZE = 4 * 1024 * 1024;
const EFI_SIZE = 528 * 1024;

/** A drive option taken apart: its volume and the rest. */
interface Drive {
  readonly file: string;
  readonly rest: ReadonlyMap<string, string>;
}

/** Takes a drive option apart; the volume may stand alone or as `file=` / `volume=`. */
export function parseDrive(value: string): Drive {
  let file = '';
  const rest = new Map<string, string>();
  // The provider leaves an empty part behind (`file=local-lvm:cloudinit,`).
  for (const part of value.split(',').filter((one) => one !== '')) {
    const at = part.indexOf('=');
    const key = at === -1 ? 'file' : part.slice(0, at);
    if (key === 'file' || key === 'volume') file = at === -1 ? part : part.slice(at + 1);
    else rest.set(key, part.slice(at + 1));
  }
  return { file, rest };
}

/** A guest's drive that is to be moved or resized, as written and taken apart. @throws ApiError where it cannot be */
export function changeableDrive(guest: Guest, disk: string, verb: string): { value: string; drive: Drive } {
  const value = guest.config.get(disk);
  if (value === undefined) throw failure(`disk '${disk}' does not exist`);
  const drive = parseDrive(String(value));
  if (drive.rest.get('media') === 'cdrom') throw failure(`you can't ${verb} a cdrom`);
  return { value: String(value), drive };
}

/** Writes a drive option the way Proxmox does: the volume, then the rest sorted. */
export function printDrive(drive: Drive): string {
  const rest = [...drive.rest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}=${value}`);
  return [drive.file, ...rest].join(',');
}

/** A storage that may hold this caller's images. @throws ApiError where it may not */
export function storageFor(call: Call, name: string): Storage {
  const storage = call.services.state.storage(name, call.node);
  if (!storage.content.includes('images')) {
    throw failure(`storage '${name}' does not support content-type 'images'`);
  }
  call.check(`/storage/${name}`, 'Datastore.AllocateSpace');
  return storage;
}

/** @throws ApiError for a drive that cannot be made: unknown storage, bad volume name, missing volume */
export function checkDrive(call: Call, option: string, value: string): void {
  const { file, rest } = parseDrive(value);
  if (file === 'none' || file === 'cdrom' || file.startsWith('/')) return;
  const parts = splitVolid(file);
  if (!parts)
    throw badParameters({
      [option]: `invalid format - format error\n${option}.file: invalid format - unable to parse volume ID '${file}'\n\n`,
    });
  if (parts.name === 'cloudinit' || newVolumeSize(parts.name) !== undefined) {
    storageFor(call, parts.storage);
    const source = rest.get('import-from');
    if (source !== undefined && !call.services.state.volume(source)) {
      throw failure(`volume '${source}' does not exist`);
    }
    return;
  }
  checkVolumeName(call.services.state.storage(parts.storage, call.node), parts.name);
}

/** Makes the volume that a drive option asks for. @returns the option's value to store */
export function makeDrive(call: Call, vmid: number, option: string, value: string): string {
  const { state } = call.services;
  const { file, rest } = parseDrive(value);
  const parts = splitVolid(file);
  if (!parts) return printDrive({ file, rest });
  if (parts.name === 'cloudinit') {
    const volume = allocate(
      state,
      storageFor(call, parts.storage),
      vmid,
      CLOUD_INIT_SIZE,
      'images',
      'cloudinit',
    );
    return printDrive({ file: volume.volid, rest: new Map([...rest, ['media', 'cdrom']]) });
  }
  const gib = newVolumeSize(parts.name);
  if (gib === undefined) {
    // The size of a volume that exists is that of the volume, whatever was sent.
    const known = rest.get('media') === 'cdrom' ? undefined : state.volume(file);
    return printDrive({ file, rest: known ? new Map([...rest, ['size', formatSize(known.size)]]) : rest });
  }
  const source = state.volume(rest.get('import-from') ?? '');
  const bytes = source?.size ?? (option === 'efidisk0' ? EFI_SIZE : Math.round(gib * 1024 ** 3));
  const volume = allocate(state, storageFor(call, parts.storage), vmid, bytes, 'images');
  const kept = [...rest].filter(([key]) => key !== 'import-from' && key !== 'format');
  return printDrive({ file: volume.volid, rest: new Map([...kept, ['size', formatSize(bytes)]]) });
}

/** The size of a drive in bytes. */
export function driveSize(call: Call, value: string): number {
  const { file, rest } = parseDrive(value);
  return call.services.state.volume(file)?.size ?? parseSize(rest.get('size') ?? '') ?? 0;
}
