import { randomUUID } from 'node:crypto';
import type { Call } from '../endpoint';
import { badParameters, failure, forbidden } from '../errors';
import { isRoot } from '../privileges';
import { parseProps, printProps, type PropSchema, type Props } from '../propstring';
import { formatSize } from '../sizes';
import type { Storage } from '../model';
import type { TaskContext } from '../tasks';
import { allocate, checkVolumeName, formatLog, newVolumeSize, splitVolid } from '../volumes';
import { MOUNT, ROOTFS } from './schema';

/** A disk option, taken apart and checked, before anything is made. */
export interface DiskPlan {
  readonly option: string;
  readonly props: Props;
  /** Where a new volume of this size (bytes) is to be made; undefined for an existing volume or a bind mount. */
  readonly create?: { readonly storage: Storage; readonly size: number };
}

/** Whether an option is a disk of a container. */
export function isDisk(option: string): boolean {
  return option === 'rootfs' || /^mp\d+$/.test(option);
}

/** The keys of a disk option. */
function diskSchema(option: string): PropSchema {
  return option === 'rootfs' ? ROOTFS : MOUNT;
}

/** The keys of a stored disk option (which verification has let through). */
export function diskProps(option: string, value: string): Props {
  const parsed = parseProps(diskSchema(option), value, option);
  return 'error' in parsed ? new Map([['volume', value]]) : parsed.props;
}

/** Writes a disk option the way Proxmox does. */
export function printDisk(props: Props): string {
  return printProps(props, ['volume', 'mp'], 'volume');
}

/**
 * Checks a disk option of a request.
 * @throws ApiError 403 for a bind mount by anyone but root@pam; 500 for an unknown storage or a bad volume name
 */
export function planDisk(call: Call, option: string, value: string): DiskPlan {
  const props = diskProps(option, value);
  const volume = props.get('volume') ?? '';
  if (volume.startsWith('/')) {
    const kind = volume.startsWith('/dev/') ? 'device' : 'bind';
    if (!isRoot(call.who)) throw forbidden(`mount point type ${kind} is only allowed for root@pam`);
    return { option, props };
  }
  const parts = splitVolid(volume);
  if (!parts) throw failure(`unable to parse volume ID '${volume}'`);
  const storage = call.services.state.storage(parts.storage, call.node);
  const size = newVolumeSize(parts.name);
  if (size === undefined) {
    checkVolumeName(storage, parts.name);
    return { option, props };
  }
  if (!storage.content.includes('rootdir')) {
    throw badParameters({ storage: `storage '${storage.storage}' does not support container directories` });
  }
  call.check(`/storage/${storage.storage}`, 'Datastore.AllocateSpace');
  return { option, props, create: { storage, size: Math.round(size * 1024 ** 3) } };
}

/** Makes the volume of a plan, if it asks for one. @returns the option's value to store */
export function makeDisk(call: Call, vmid: number, plan: DiskPlan, task?: TaskContext): string {
  if (!plan.create) return printDisk(plan.props);
  const { storage, size } = plan.create;
  const volume = allocate(call.services.state, storage, vmid, size, 'rootdir');
  formatLog(storage, volume, randomUUID()).forEach((line) => task?.log(line));
  return printDisk(new Map([...plan.props, ['volume', volume.volid], ['size', formatSize(size)]]));
}
