import { onGuest, type Call, type Endpoint, type Json } from '../endpoint';
import { failure } from '../errors';
import { checkDigest, note, readChange } from '../guests/change';
import { CONTAINER, guestOf } from '../guests/kind';
import { LOCK_TIMEOUT } from '../guests/locks';
import { GUEST_PATH } from '../guests/schema';
import { configView, pendingView } from '../guests/view';
import { flag, text } from '../params';
import { applyPending } from './apply';
import { normaliseOption } from './normalise';
import { checkOptions } from './permissions';
import { OPTIONS, UPDATE } from './schema';

function refuseDelete(option: string): void {
  if (option === 'memory' || option === 'rootfs')
    throw failure(`unable to delete required option '${option}'`);
  if (option === 'unprivileged') throw failure(`unable to delete read-only option: '${option}'`);
}

async function update(call: Call): Promise<Json> {
  const { locks, driver } = call.services;
  const change = readChange(
    call,
    OPTIONS,
    // The quotation mark is missing in Proxmox as well.
    (option, kind) => `you can't use '-${option}' and -${kind} ${option}' at the same time`,
  );
  await locks.with(call.vmid, LOCK_TIMEOUT, async () => {
    const guest = guestOf(CONTAINER, call);
    call.checkLock(guest);
    checkDigest(call, guest);
    const touched = new Map<string, string | undefined>(change.remove.map((option) => [option, undefined]));
    change.set.forEach((value, option) => touched.set(option, String(value)));
    checkOptions(call, guest.vmid, touched, guest.config.get('unprivileged') === 1);
    change.remove.forEach(refuseDelete);
    if (change.set.has('unprivileged')) throw failure("unable to modify read-only option: 'unprivileged'");
    note(guest, change, normaliseOption);
    const running = await driver.isRunning(guest);
    const changed = applyPending(call, guest, running);
    if (running && changed.length > 0) await driver.update(guest, changed);
  });
  return null;
}

/** Reading and changing a container's configuration. */
export const configEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: `${CONTAINER.path}/config`,
    params: { ...GUEST_PATH, current: flag(), snapshot: text({ maxLength: 40 }) },
    permission: onGuest('VM.Audit'),
    handler: (call) => {
      const guest = guestOf(CONTAINER, call);
      const snapshot = call.str('snapshot');
      if (snapshot !== undefined) throw failure(`snapshot '${snapshot}' does not exist`);
      return configView(guest, call.on('current'));
    },
  },
  {
    method: 'PUT',
    path: `${CONTAINER.path}/config`,
    params: UPDATE,
    permission: onGuest(
      'VM.Config.Disk',
      'VM.Config.CPU',
      'VM.Config.Memory',
      'VM.Config.Network',
      'VM.Config.Options',
    ),
    handler: update,
  },
  {
    method: 'GET',
    path: `${CONTAINER.path}/pending`,
    params: GUEST_PATH,
    permission: onGuest('VM.Audit'),
    handler: (call) => pendingView(guestOf(CONTAINER, call)),
  },
];
