import { randomUUID } from 'node:crypto';
import type { Call, Endpoint } from '../endpoint';
import { badParameters, failure } from '../errors';
import * as formats from '../formats';
import { cloneEndpoint, wantsFull, type Cloning, type ClonePlan } from '../guests/clone';
import { guestOf, MACHINE } from '../guests/kind';
import { newMac } from '../mac';
import type { Guest } from '../model';
import { choice, integer, text, type Value } from '../params';
import { formatSize } from '../sizes';
import { allocate, splitVolid } from '../volumes';
import { parseDrive, printDrive } from './disks';
import { isDrive } from './schema';

function plan(call: Call): ClonePlan {
  const { state } = call.services;
  const source = guestOf(MACHINE, call);
  call.checkLock(source);
  const template = source.config.get('template') === 1;
  const full = wantsFull(call, source);
  if (!full && !template)
    throw failure('Linked clone feature is not supported for drives of a machine that is no template');
  const storage = call.str('storage');
  if (storage !== undefined) {
    if (!full) throw badParameters({ storage: "parameter 'storage' not allowed for linked clones" });
    state.storage(storage, call.str('target') ?? call.node);
    call.check(`/storage/${storage}`, 'Datastore.AllocateSpace');
  }
  const target = call.str('target');
  if (target !== undefined && !state.nodes.some((one) => one.name === target)) {
    throw failure(`no such cluster node '${target}'`);
  }
  return { source, full, storage };
}

function clonedOptions(call: Call, source: Guest): Map<string, Value> {
  const config = new Map<string, Value>();
  for (const [option, value] of source.config) {
    if (/^(lock|template|unused\d+|parent|snaptime)$/.test(option) || isDrive(option)) continue;
    if (/^net\d+$/.test(option)) config.set(option, String(value).replace(/^(\w+)=[^,]+/, `$1=${newMac()}`));
    else config.set(option, value);
  }
  config.set('smbios1', `uuid=${randomUUID()}`);
  config.set('vmgenid', randomUUID());
  const name = call.str('name') ?? `Copy-of-VM-${String(source.config.get('name') ?? call.vmid)}`;
  config.set('name', name);
  const description = (call.str('description') ?? '').trimEnd();
  if (description !== '') config.set('description', description);
  return config;
}

function clonedDrive(call: Call, newid: number, value: string, clone: ClonePlan): string {
  const { state } = call.services;
  const drive = parseDrive(value);
  const original = state.volume(drive.file);
  const cloudInit = /-cloudinit(\.qcow2)?$/.test(drive.file);
  if (!original || (drive.rest.get('media') === 'cdrom' && !cloudInit)) return value;
  const storage = state.storage(clone.storage ?? splitVolid(drive.file)?.storage ?? '');
  const copy = allocate(state, storage, newid, original.size, 'images', cloudInit ? 'cloudinit' : undefined);
  // A linked clone's volume names its base.
  const base = splitVolid(drive.file)?.name ?? '';
  const volid =
    clone.full || cloudInit || storage.type !== 'dir' ? copy.volid : copy.volid.replace(':', `:${base}/`);
  if (volid !== copy.volid) {
    storage.volumes = storage.volumes.map((one) => (one === copy ? { ...one, volid } : one));
  }
  return printDrive({ file: volid, rest: new Map([...drive.rest, ['size', formatSize(original.size)]]) });
}

const CLONING: Cloning = {
  lock: 'clone',
  taken: (newid) => `unable to create VM ${String(newid)}: config file already exists`,
  params: {
    bwlimit: integer(0),
    format: choice('raw', 'qcow2', 'vmdk'),
    name: text({ format: formats.dnsName }),
  },
  plan,
  copy: (call, clone, newid, task) => {
    const config = clonedOptions(call, clone.source);
    for (const [option, value] of clone.source.config) {
      if (!isDrive(option)) continue;
      const { file } = parseDrive(String(value));
      task.log(`create ${clone.full ? 'full' : 'linked'} clone of drive ${option} (${file})`);
      config.set(option, clonedDrive(call, newid, String(value), clone));
    }
    return config;
  },
};

/** Cloning a machine. */
export const cloneEndpoints: readonly Endpoint[] = [cloneEndpoint(MACHINE, CLONING)];
