import { setTimeout as sleep } from 'node:timers/promises';
import * as formats from '../formats';
import { onGuest, type Call, type Endpoint, type Json } from '../endpoint';
import { ApiError, badParameters, failure, forbidden } from '../errors';
import { normaliseDescription } from '../normalise';
import { flag, integer, required, text, type Value } from '../params';
import { can } from '../privileges';
import { formatSize, parseSize } from '../sizes';
import { newMac } from '../mac';
import type { Guest } from '../model';
import { allocate, formatLog, splitVolid, volumePath } from '../volumes';
import { LOCK_TIMEOUT } from './config';
import { diskProps, isDisk, printDisk } from './disks';
import { exclusively } from './power';
import { DISKS, GUEST_PATH } from './schema';
import { templateFacts } from './templates';

function destroy(call: Call): Promise<Json> {
  const { state, driver } = call.services;
  const id = String(call.vmid);
  const check = async (): Promise<Guest> => {
    const guest = state.guest('lxc', call.node, call.vmid);
    if (guest.config.get('protection') === 1)
      throw failure(`can't remove CT ${id} - protection mode enabled`);
    call.checkLock(guest);
    if (!call.on('force') && (await driver.isRunning(guest))) {
      throw failure(`unable to destroy CT ${id} - container is running`);
    }
    return guest;
  };
  return check().then(() =>
    call.task('vzdestroy', id, async (task) => {
      await exclusively(call, call.vmid, task, async () => {
        const guest = await check();
        if (await driver.isRunning(guest)) {
          task.log(`forced to stop CT ${id} before destroying!`);
          await driver.stop(guest);
        }
        await task.takeTime();
        await driver.destroy(guest);
        state.removeGuest(guest.vmid);
        if (call.on('purge')) task.log(`purging CT ${id} from related configurations..`);
      });
    }),
  );
}

function resize(call: Call): Promise<Json> {
  const { state, locks, driver } = call.services;
  const disk = call.need('disk');
  return locks.with(call.vmid, LOCK_TIMEOUT, () => {
    const guest = state.guest('lxc', call.node, call.vmid);
    call.checkLock(guest);
    const value = guest.config.get(disk);
    if (value === undefined) {
      const missing = 'property is missing and it is not optional';
      throw new ApiError(500, 'format error', { mp: missing, volume: missing });
    }
    const props = diskProps(disk, String(value));
    const volid = props.get('volume') ?? '';
    const volume = state.volume(volid);
    const current = volume?.size ?? parseSize(props.get('size') ?? '') ?? 0;
    const asked = call.need('size');
    const plus = asked.startsWith('+');
    const size = (parseSize(plus ? asked.slice(1) : asked) ?? 0) + (plus ? current : 0);
    if (size < current) throw failure('unable to shrink disk size');
    if (size === current) throw failure('disk is already at specified size');
    return call.task('resize', String(call.vmid), async (task) => {
      await exclusively(call, call.vmid, task, async () => {
        task.log('Image resized.');
        await task.takeTime();
        if (volume) volume.size = size;
        guest.config.set(disk, printDisk(new Map([...props, ['size', formatSize(size)]])));
        state.changed();
        const parts = splitVolid(volid);
        if (parts && !(await driver.isRunning(guest))) {
          const path = volumePath(state.storage(parts.storage), parts.name);
          task.log(`The filesystem on ${path} is now ${String(size / 4096)} (4k) blocks long.`);
        }
      });
    });
  });
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

async function clone(call: Call): Promise<Json> {
  const { state, locks, driver } = call.services;
  const newid = Number(call.need('newid'));
  if (!can(call.who, `/vms/${String(newid)}`, 'VM.Allocate')) throw forbidden();
  state.assertVmidUnused(newid);
  const { source, full, storageName } = await locks.with(call.vmid, LOCK_TIMEOUT, async () => {
    const guest = state.guest('lxc', call.node, call.vmid);
    call.checkLock(guest);
    const template = guest.config.get('template') === 1;
    const copy = call.num('full') === undefined ? !template : call.on('full');
    if (copy && (await driver.isRunning(guest))) {
      throw failure('Full clone of a running container is only possible from a snapshot');
    }
    const wanted = call.str('storage');
    if (wanted !== undefined) {
      if (!copy) throw badParameters({ storage: "parameter 'storage' not allowed for linked clones" });
      state.storage(wanted, call.str('target') ?? call.node);
    }
    const snapshot = call.str('snapname');
    if (snapshot !== undefined) throw failure(`snapshot '${snapshot}' does not exist`);
    if (!copy) {
      const volid = diskProps('rootfs', String(guest.config.get('rootfs') ?? '')).get('volume') ?? '';
      const type = state.storage(splitVolid(volid)?.storage ?? '').type;
      if (!template || type === 'dir') throw failure(`Linked clone feature for '${volid}' is not available`);
    }
    return { source: guest, full: copy, storageName: wanted };
  });
  const target = state.addGuest({
    vmid: newid,
    type: 'lxc',
    node: call.str('target') ?? call.node,
    config: new Map([['lock', 'create']]),
    origin: source.origin,
  });
  return call.task(
    'vzclone',
    String(call.vmid),
    async (task) => {
      await exclusively(call, newid, task, async () => {
        try {
          task.log(`creating a clone of container ${String(call.vmid)} with ID ${String(newid)}`);
          const config = clonedConfig(call, source, newid);
          for (const [option, value] of source.config) {
            if (!isDisk(option)) continue;
            const props = diskProps(option, String(value));
            const volid = props.get('volume') ?? '';
            const original = state.volume(volid);
            const kind = full ? 'full' : 'linked';
            task.log(`create ${kind} clone of mountpoint ${option} (${volid})`);
            if (!original) {
              config.set(option, value);
              continue;
            }
            const storage = state.storage(storageName ?? splitVolid(volid)?.storage ?? '');
            const volume = allocate(state, storage, newid, original.size, 'rootdir');
            if (full) {
              formatLog(storage, volume, '00000000-0000-0000-0000-000000000000').forEach((line) => {
                task.log(line);
              });
            }
            config.set(
              option,
              printDisk(new Map([...props, ['volume', volume.volid], ['size', formatSize(volume.size)]])),
            );
          }
          await task.takeTime();
          const inside = templateFacts(source.origin.ostemplate ?? '').ostype;
          const ostype = config.get('ostype');
          if (ostype !== 'unmanaged' && inside !== 'unmanaged' && inside !== ostype) {
            task.log(`got unexpected ostype (${inside} != ${String(ostype)})`);
          }
          target.config = config;
          await driver.clone(source, target);
          state.changed();
        } catch (error) {
          state.removeGuest(newid);
          throw error;
        }
      });
    },
    {
      onAbort: () => {
        state.removeGuest(newid);
      },
    },
  );
}

async function toTemplate(call: Call): Promise<Json> {
  const { state, locks, driver, tasks } = call.services;
  await locks.with(call.vmid, LOCK_TIMEOUT, async () => {
    const guest = state.guest('lxc', call.node, call.vmid);
    call.checkLock(guest);
    if (guest.config.get('template') === 1) {
      throw failure("you can't convert a CT to template if it's already a template");
    }
    if (await driver.isRunning(guest)) {
      throw failure("you can't convert a CT to template if the CT is running");
    }
  });
  // Proxmox forks for the conversion and answers at once, without a task.
  void locks.with(call.vmid, LOCK_TIMEOUT, async () => {
    await sleep(Math.min(tasks.taskMs, 100));
    const guest = state.guests.get(call.vmid);
    if (!guest) return;
    guest.config.set('template', 1);
    for (const [option, value] of guest.config) {
      if (!isDisk(option)) continue;
      const volid = diskProps(option, String(value)).get('volume') ?? '';
      const base = volid.replace(/(vm|subvol)-(\d+-disk)/, (_all, kind: string, rest: string) =>
        kind === 'vm' ? `base-${rest}` : `basevol-${rest}`,
      );
      guest.config.set(option, String(value).replace(volid, base));
      const storage = state.storages.find((one) => one.storage === splitVolid(volid)?.storage);
      if (storage) {
        storage.volumes = storage.volumes.map((one) => (one.volid === volid ? { ...one, volid: base } : one));
      }
    }
    state.changed();
  });
  return null;
}

async function migrate(call: Call): Promise<Json> {
  const { state, driver } = call.services;
  const guest = state.guest('lxc', call.node, call.vmid);
  call.checkLock(guest);
  const target = call.need('target');
  if (target === call.node) throw badParameters({ target: 'target is local node.' });
  if (!state.nodes.some((one) => one.name === target)) {
    throw badParameters({ target: `target node '${target}' does not exist` });
  }
  const running = await driver.isRunning(guest);
  if (running && !call.on('restart')) {
    throw failure('lxc live migration is currently not implemented');
  }
  return call.task('vzmigrate', String(call.vmid), async (task) => {
    await exclusively(call, call.vmid, task, async () => {
      task.log(`starting migration of CT ${String(call.vmid)} to node '${target}'`);
      await task.takeTime();
      guest.node = target;
      state.changed();
    });
  });
}

const PATH = '/nodes/{node}/lxc/{vmid}';

/** Deleting, resizing, cloning and moving containers. */
export const lifecycleEndpoints: readonly Endpoint[] = [
  {
    method: 'DELETE',
    path: PATH,
    params: { ...GUEST_PATH, force: flag(), purge: flag(), 'destroy-unreferenced-disks': flag() },
    permission: onGuest('VM.Allocate'),
    handler: destroy,
  },
  {
    method: 'PUT',
    path: `${PATH}/resize`,
    params: {
      ...GUEST_PATH,
      disk: required(text({ enum: DISKS })),
      size: required(text({ pattern: /^\+?\d+(\.\d+)?[KMGT]?$/ })),
      digest: text({ maxLength: 64 }),
    },
    permission: onGuest('VM.Config.Disk'),
    handler: resize,
  },
  {
    method: 'POST',
    path: `${PATH}/clone`,
    params: {
      ...GUEST_PATH,
      newid: required(integer(undefined, undefined, { format: formats.vmid })),
      bwlimit: { type: 'number', optional: true, minimum: 0 },
      description: text(),
      full: flag(),
      hostname: text({ format: formats.dnsName }),
      pool: text({ format: formats.poolId }),
      snapname: text({ maxLength: 40 }),
      storage: text({ format: formats.storageId }),
      target: text({ format: formats.node }),
    },
    permission: onGuest('VM.Clone'),
    handler: clone,
  },
  {
    method: 'POST',
    path: `${PATH}/template`,
    params: GUEST_PATH,
    permission: onGuest('VM.Allocate'),
    handler: toTemplate,
  },
  {
    method: 'POST',
    path: `${PATH}/migrate`,
    params: {
      ...GUEST_PATH,
      target: required(text({ format: formats.node })),
      bwlimit: { type: 'number', optional: true, minimum: 0 },
      online: flag(),
      restart: flag(),
      'target-storage': text(),
      timeout: integer(),
    },
    permission: onGuest('VM.Migrate'),
    handler: migrate,
  },
  {
    method: 'POST',
    path: `${PATH}/snapshot`,
    params: {
      ...GUEST_PATH,
      snapname: required(text({ format: formats.configId, maxLength: 40 })),
      description: text(),
    },
    permission: onGuest('VM.Snapshot'),
    handler: (call) =>
      call.task('vzsnapshot', String(call.vmid), async (task) => {
        call.services.state.guest('lxc', call.node, call.vmid);
        await task.takeTime();
        throw failure('snapshot feature is not available');
      }),
  },
];
