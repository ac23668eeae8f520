import type { Call, Endpoint } from '../endpoint';
import { badParameters, failure } from '../errors';
import * as formats from '../formats';
import { cloneEndpoint, wantsFull, type Cloning, type ClonePlan } from '../guests/clone';
import { CONTAINER, guestOf } from '../guests/kind';
import { newMac } from '../mac';
import type { Guest } from '../model';
import { normaliseDescription } from '../normalise';
import { decimal, text, type Value } from '../params';
import { formatSize } from '../sizes';
import type { TaskContext } from '../tasks';
import { allocate, formatLog, splitVolid } from '../volumes';
import { diskProps, isDisk, printDisk } from './disks';
import { templateFacts } from './ostemplate';

async function plan(call: Call): Promise<ClonePlan> {
  const { state, driver } = call.services;
  const source = guestOf(CONTAINER, call);
  call.checkLock(source);
  const full = wantsFull(call, source);
  if (full && (await driver.isRunning(source))) {
    throw failure('Full clone of a running container is only possible from a snapshot');
  }
  const storage = call.str('storage');
  if (storage !== undefined) {
    if (!full) throw badParameters({ storage: "parameter 'storage' not allowed for linked clones" });
    state.storage(storage, call.str('target') ?? call.node);
  }
  const snapshot = call.str('snapname');
  if (snapshot !== undefined) throw failure(`snapshot '${snapshot}' does not exist`);
  if (!full) {
    const volid = diskProps('rootfs', String(source.config.get('rootfs') ?? '')).get('volume') ?? '';
    const { type } = state.storage(splitVolid(volid)?.storage ?? '');
    const template = source.config.get('template') === 1;
    if (!template || type === 'dir') throw failure(`Linked clone feature for '${volid}' is not available`);
  }
  return { source, full, storage };
}

/** Options that a clone does not take over. */
const NOT_CLONED = /^(lock|template|unused\d+)$/;

function clonedConfig(call: Call, source: Guest, target: number): Map<string, Value> {
  const config = new Map<string, Value>();
  for (const [option, value] of source.config) {
    if (NOT_CLONED.test(option) || isDisk(option)) continue;
    const fresh = /^net\d+$/.test(option)
      ? String(value).replace(/hwaddr=[^,]+/, `hwaddr=${newMac()}`)
      : value;
    config.set(option, fresh);
  }
  const hostname = call.str('hostname');
  if (hostname !== undefined) config.set('hostname', hostname);
  else if (!config.has('hostname')) config.set('hostname', `CT${String(target)}`);
  const description = normaliseDescription(call.str('description') ?? '');
  if (description !== undefined) config.set('description', description);
  return config;
}

function clonedDisk(
  call: Call,
  { full, storage: wanted }: ClonePlan,
  newid: number,
  [option, value]: [string, Value],
  task: TaskContext,
): Value {
  const { state } = call.services;
  const props = diskProps(option, String(value));
  const volid = props.get('volume') ?? '';
  const original = state.volume(volid);
  task.log(`create ${full ? 'full' : 'linked'} clone of mountpoint ${option} (${volid})`);
  if (!original) return value;
  const storage = state.storage(wanted ?? splitVolid(volid)?.storage ?? '');
  const volume = allocate(state, storage, newid, original.size, 'rootdir');
  if (full)
    formatLog(storage, volume, '00000000-0000-0000-0000-000000000000').forEach((line) => task.log(line));
  return printDisk(new Map([...props, ['volume', volume.volid], ['size', formatSize(volume.size)]]));
}

const CLONING: Cloning = {
  lock: 'create',
  params: { bwlimit: decimal(0), hostname: text({ format: formats.dnsName }) },
  plan,
  copy: (call, clone, newid, task) => {
    const { source } = clone;
    task.log(`creating a clone of container ${String(call.vmid)} with ID ${String(newid)}`);
    const config = clonedConfig(call, source, newid);
    for (const disk of source.config) {
      if (isDisk(disk[0])) config.set(disk[0], clonedDisk(call, clone, newid, disk, task));
    }
    const inside = templateFacts(source.origin.ostemplate ?? '').ostype;
    const ostype = config.get('ostype');
    if (ostype !== 'unmanaged' && inside !== 'unmanaged' && inside !== ostype) {
      task.log(`got unexpected ostype (${inside} != ${String(ostype)})`);
    }
    return config;
  },
};

/** Cloning a container. */
export const cloneEndpoints: readonly Endpoint[] = [cloneEndpoint(CONTAINER, CLONING)];
