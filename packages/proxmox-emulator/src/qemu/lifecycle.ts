import { randomUUID } from 'node:crypto';
import { onGuest, type Call, type Endpoint, type Json } from '../endpoint';
import { badParameters, failure, forbidden } from '../errors';
import * as formats from '../formats';
import { LOCK_TIMEOUT } from '../lxc/config';
import { exclusively } from '../lxc/power';
import { GUEST_PATH } from '../lxc/schema';
import { flag, required, text, type Value } from '../params';
import { can } from '../privileges';
import { formatSize, parseSize } from '../sizes';
import { newMac } from '../mac';
import type { Guest } from '../model';
import { allocate, free, splitVolid } from '../volumes';
import { driveSize, parseDrive, printDrive, storageFor } from './drives';
import { CLONE, DRIVES, isDrive } from './schema';

async function destroy(call: Call): Promise<Json> {
  const { state, machines } = call.services;
  const id = String(call.vmid);
  const check = async (): Promise<Guest> => {
    const guest = state.guest('qemu', call.node, call.vmid);
    call.checkLock(guest);
    if (guest.config.get('protection') === 1)
      throw failure(`can't remove VM ${id} - protection mode enabled`);
    if (await machines.isRunning(guest)) throw failure(`VM ${id} is running - destroy failed`);
    return guest;
  };
  await check();
  return call.task('qmdestroy', id, async (task) => {
    await exclusively(call, call.vmid, task, async () => {
      const guest = await check();
      await task.takeTime();
      state.removeGuest(guest.vmid);
      if (call.on('purge')) task.log(`purging VM ${id} from related configurations..`);
    });
  });
}

function resize(call: Call): Promise<Json> {
  const { state, locks } = call.services;
  const disk = call.need('disk');
  return locks.with(call.vmid, LOCK_TIMEOUT, () => {
    const guest = state.guest('qemu', call.node, call.vmid);
    call.checkLock(guest);
    const value = guest.config.get(disk);
    if (value === undefined) throw failure(`disk '${disk}' does not exist`);
    const drive = parseDrive(String(value));
    if (drive.rest.get('media') === 'cdrom') throw failure(`you can't resize a cdrom`);
    const current = driveSize(call, String(value));
    const asked = call.need('size');
    const plus = asked.startsWith('+');
    const size = (parseSize(plus ? asked.slice(1) : asked) ?? 0) + (plus ? current : 0);
    if (size < current) throw failure('shrinking disks is not supported');
    return call.task('resize', String(call.vmid), async (task) => {
      await exclusively(call, call.vmid, task, async () => {
        await task.takeTime();
        const volume = state.volume(drive.file);
        if (volume) volume.size = size;
        guest.config.set(
          disk,
          printDrive({ ...drive, rest: new Map([...drive.rest, ['size', formatSize(size)]]) }),
        );
        state.changed();
      });
    });
  });
}

/** The first `unusedN` that a machine does not have. */
function unusedSlot({ config }: Guest): string {
  let slot = 0;
  while (config.has(`unused${slot}`)) slot += 1;
  return `unused${slot}`;
}

function moveDisk(call: Call): Promise<Json> {
  const { state, locks } = call.services;
  const disk = call.need('disk');
  return locks.with(call.vmid, LOCK_TIMEOUT, () => {
    const guest = state.guest('qemu', call.node, call.vmid);
    call.checkLock(guest);
    const value = guest.config.get(disk);
    if (value === undefined) throw failure(`disk '${disk}' does not exist`);
    const drive = parseDrive(String(value));
    if (drive.rest.get('media') === 'cdrom') throw failure("you can't move a cdrom");
    const storage = storageFor(call, call.need('storage'));
    if (splitVolid(drive.file)?.storage === storage.storage) {
      throw failure("you can't move to the same storage with same format");
    }
    return call.task('qmmove', String(call.vmid), async (task) => {
      await exclusively(call, call.vmid, task, async () => {
        task.log(`create full clone of drive ${disk} (${drive.file})`);
        await task.takeTime();
        const bytes = driveSize(call, String(value));
        const moved = allocate(state, storage, call.vmid, bytes, 'images');
        guest.config.set(disk, printDrive({ ...drive, file: moved.volid }));
        if (call.on('delete')) free(state, drive.file);
        else guest.config.set(unusedSlot(guest), drive.file);
        state.changed();
      });
    });
  });
}

interface ClonePlan {
  readonly source: Guest;
  readonly full: boolean;
  readonly storage: string | undefined;
}

function planClone(call: Call): ClonePlan {
  const { state } = call.services;
  const source = state.guest('qemu', call.node, call.vmid);
  call.checkLock(source);
  const template = source.config.get('template') === 1;
  const full = call.num('full') === undefined ? !template : call.on('full');
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

function clonedDrive(call: Call, newid: number, value: string, plan: ClonePlan): string {
  const { state } = call.services;
  const drive = parseDrive(value);
  const original = state.volume(drive.file);
  const cloudInit = /-cloudinit(\.qcow2)?$/.test(drive.file);
  if (!original || (drive.rest.get('media') === 'cdrom' && !cloudInit)) return value;
  const storage = state.storage(plan.storage ?? splitVolid(drive.file)?.storage ?? '');
  const copy = allocate(state, storage, newid, original.size, 'images', cloudInit ? 'cloudinit' : undefined);
  // A linked clone's volume names its base.
  const base = splitVolid(drive.file)?.name ?? '';
  const volid =
    plan.full || cloudInit || storage.type !== 'dir' ? copy.volid : copy.volid.replace(':', `:${base}/`);
  if (volid !== copy.volid) {
    storage.volumes = storage.volumes.map((one) => (one === copy ? { ...one, volid } : one));
  }
  return printDrive({ file: volid, rest: new Map([...drive.rest, ['size', formatSize(original.size)]]) });
}

function clone(call: Call): Promise<Json> {
  const { state, locks, machines } = call.services;
  const newid = Number(call.need('newid'));
  if (!can(call.who, `/vms/${String(newid)}`, 'VM.Allocate')) throw forbidden();
  state.assertVmidUnused(newid, `unable to create VM ${String(newid)}: `);
  return locks.with(call.vmid, LOCK_TIMEOUT, () => {
    const plan = planClone(call);
    const target = state.addGuest({
      vmid: newid,
      type: 'qemu',
      node: call.str('target') ?? call.node,
      config: new Map([['lock', 'clone']]),
    });
    const onAbort = (): void => {
      state.removeGuest(newid);
    };
    return call.task(
      'qmclone',
      String(call.vmid),
      async (task) => {
        await exclusively(call, newid, task, async () => {
          try {
            const config = clonedOptions(call, plan.source);
            for (const [option, value] of plan.source.config) {
              if (!isDrive(option)) continue;
              task.log(
                `create ${plan.full ? 'full' : 'linked'} clone of drive ${option} (${parseDrive(String(value)).file})`,
              );
              config.set(option, clonedDrive(call, newid, String(value), plan));
            }
            await task.takeTime();
            target.config = config;
            await machines.clone(plan.source, target);
            state.changed();
          } catch (error) {
            onAbort();
            throw error;
          }
        });
      },
      { onAbort },
    );
  });
}

async function toTemplate(call: Call): Promise<Json> {
  const { state, machines } = call.services;
  const guest = state.guest('qemu', call.node, call.vmid);
  call.checkLock(guest);
  if (guest.config.get('template') === 1) throw failure("you can't convert a template to a template");
  if (await machines.isRunning(guest)) throw failure("you can't convert a VM to template if VM is running");
  return call.task('qmtemplate', String(call.vmid), async (task) => {
    await exclusively(call, call.vmid, task, async () => {
      await task.takeTime();
      guest.config.set('template', 1);
      for (const [option, value] of guest.config) {
        if (!isDrive(option)) continue;
        const { file } = parseDrive(String(value));
        const base = file.replace(/vm-(\d+-disk)/, 'base-$1');
        if (base === file || !state.volume(file)) continue;
        for (const storage of state.storages) {
          storage.volumes = storage.volumes.map((one) =>
            one.volid === file ? { ...one, volid: base } : one,
          );
        }
        guest.config.set(option, String(value).replace(file, base));
      }
      state.changed();
    });
  });
}

async function migrate(call: Call): Promise<Json> {
  const { state, machines } = call.services;
  const guest = state.guest('qemu', call.node, call.vmid);
  call.checkLock(guest);
  const target = call.need('target');
  if (target === call.node) throw badParameters({ target: 'target is local node.' });
  if (!state.nodes.some((one) => one.name === target)) throw failure(`no such cluster node '${target}'`);
  if ((await machines.isRunning(guest)) && !call.on('online')) {
    throw failure("can't migrate running VM without --online");
  }
  return call.task('qmigrate', String(call.vmid), async (task) => {
    await exclusively(call, call.vmid, task, async () => {
      await task.takeTime();
      guest.node = target;
      state.changed();
    });
  });
}

const PATH = '/nodes/{node}/qemu/{vmid}';

/** Deleting, resizing, cloning and moving machines. */
export const machineLifecycleEndpoints: readonly Endpoint[] = [
  {
    method: 'DELETE',
    path: PATH,
    params: { ...GUEST_PATH, 'destroy-unreferenced-disks': flag(), purge: flag(), skiplock: flag() },
    permission: onGuest('VM.Allocate'),
    handler: destroy,
  },
  {
    method: 'PUT',
    path: `${PATH}/resize`,
    params: {
      ...GUEST_PATH,
      disk: required(text({ enum: DRIVES })),
      size: required(text({ pattern: /^\+?\d+(\.\d+)?[KMGT]?$/ })),
      digest: text({ maxLength: 40 }),
      skiplock: flag(),
    },
    permission: onGuest('VM.Config.Disk'),
    handler: resize,
  },
  {
    method: 'POST',
    path: `${PATH}/move_disk`,
    params: {
      ...GUEST_PATH,
      disk: required(text({ enum: DRIVES })),
      storage: required(text({ format: formats.storageId })),
      delete: flag(),
      digest: text({ maxLength: 40 }),
      format: text({ enum: ['raw', 'qcow2', 'vmdk'] }),
    },
    permission: onGuest('VM.Config.Disk'),
    handler: moveDisk,
  },
  { method: 'POST', path: `${PATH}/clone`, params: CLONE, permission: onGuest('VM.Clone'), handler: clone },
  {
    method: 'POST',
    path: `${PATH}/template`,
    params: { ...GUEST_PATH, disk: text({ enum: DRIVES }) },
    permission: onGuest('VM.Allocate'),
    handler: toTemplate,
  },
  {
    method: 'POST',
    path: `${PATH}/migrate`,
    params: {
      ...GUEST_PATH,
      target: required(text({ format: formats.node })),
      bwlimit: text(),
      force: flag(),
      online: flag(),
      targetstorage: text(),
      'with-local-disks': flag(),
    },
    permission: onGuest('VM.Migrate'),
    handler: migrate,
  },
];
