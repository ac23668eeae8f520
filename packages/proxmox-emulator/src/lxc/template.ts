import { setTimeout as sleep } from 'node:timers/promises';
import { onGuest, type Call, type Endpoint, type Json } from '../endpoint';
import { failure } from '../errors';
import { CONTAINER, guestOf } from '../guests/kind';
import { LOCK_TIMEOUT } from '../guests/locks';
import { GUEST_PATH } from '../guests/schema';
import { splitVolid } from '../volumes';
import { diskProps, isDisk } from './disks';

async function toTemplate(call: Call): Promise<Json> {
  const { state, locks, driver, tasks } = call.services;
  await locks.with(call.vmid, LOCK_TIMEOUT, async () => {
    const guest = guestOf(CONTAINER, call);
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

/** Making a template of a container. */
export const templateEndpoints: readonly Endpoint[] = [
  {
    method: 'POST',
    path: `${CONTAINER.path}/template`,
    params: GUEST_PATH,
    permission: onGuest('VM.Allocate'),
    handler: toTemplate,
  },
];
