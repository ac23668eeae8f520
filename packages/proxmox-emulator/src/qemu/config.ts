import { onGuest, type Call, type Endpoint } from '../endpoint';
import * as formats from '../formats';
import { checkDigest, note, readChange } from '../guests/change';
import { guestOf, MACHINE } from '../guests/kind';
import { LOCK_TIMEOUT } from '../guests/locks';
import { GUEST_PATH } from '../guests/schema';
import { configView, pendingView } from '../guests/view';
import { flag, required, text, type Value } from '../params';
import { applyMachine } from './apply';
import { checkDrive, makeDrive, parseDrive } from './disks';
import { normaliseMachineOption } from './normalise';
import { checkOptions } from './permissions';
import { isDrive, OPTIONS, UPDATE, UPDATE_ASYNC } from './schema';

async function update(call: Call, work: () => Promise<void>): Promise<void> {
  const { state, locks, machines } = call.services;
  const change = readChange(
    call,
    OPTIONS,
    (option, kind) => `you can't use '-${option}' and '-${kind} ${option}' at the same time`,
  );
  const { set, remove, revert } = change;
  checkOptions(call, call.vmid, [...set.keys(), ...remove, ...revert]);
  await locks.with(call.vmid, LOCK_TIMEOUT, async () => {
    const guest = guestOf(MACHINE, call);
    checkDigest(call, guest);
    if (!call.on('skiplock') && !remove.includes('lock')) call.checkLock(guest);
    for (const [option, value] of set) {
      if (isDrive(option)) checkDrive(call, option, String(value));
    }
    const stored = (option: string, value: Value): Value | undefined => {
      // A volume that exists is looked up at once: also a change that waits shows its size.
      const known = isDrive(option) && state.volume(parseDrive(String(value)).file) !== undefined;
      return known
        ? makeDrive(call, guest.vmid, option, String(value))
        : normaliseMachineOption(option, value);
    };
    note(guest, change, stored);
    applyMachine(call, guest, await machines.isRunning(guest));
    await work();
  });
}

const permission = onGuest(
  'VM.Config.Disk',
  'VM.Config.CDROM',
  'VM.Config.CPU',
  'VM.Config.Memory',
  'VM.Config.Network',
  'VM.Config.HWType',
  'VM.Config.Options',
  'VM.Config.Cloudinit',
);

/** Reading and changing the configuration of machines. */
export const configEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: `${MACHINE.path}/config`,
    params: { ...GUEST_PATH, current: flag(), snapshot: text({ maxLength: 40 }) },
    permission: onGuest('VM.Audit'),
    handler: (call) => configView(guestOf(MACHINE, call), call.on('current')),
  },
  {
    method: 'PUT',
    path: `${MACHINE.path}/config`,
    params: UPDATE,
    permission,
    handler: async (call) => {
      await update(call, () => Promise.resolve());
      return null;
    },
  },
  {
    method: 'POST',
    path: `${MACHINE.path}/config`,
    params: UPDATE_ASYNC,
    permission,
    handler: (call) => {
      guestOf(MACHINE, call);
      return call.task('qmconfig', String(call.vmid), (task) => update(call, () => task.takeTime()));
    },
  },
  {
    method: 'PUT',
    path: `${MACHINE.path}/unlink`,
    params: {
      ...GUEST_PATH,
      idlist: required(text({ format: formats.listOf(formats.configId) })),
      force: flag(),
    },
    permission: onGuest('VM.Config.Disk'),
    handler: async (call) => {
      await update(call, () => Promise.resolve());
      return null;
    },
  },
  {
    method: 'GET',
    path: `${MACHINE.path}/pending`,
    params: GUEST_PATH,
    permission: onGuest('VM.Audit'),
    handler: (call) => pendingView(guestOf(MACHINE, call)),
  },
  {
    method: 'PUT',
    path: `${MACHINE.path}/cloudinit`,
    params: GUEST_PATH,
    permission: onGuest('VM.Config.Cloudinit'),
    handler: (call) => {
      call.checkLock(guestOf(MACHINE, call));
      return null;
    },
  },
];
