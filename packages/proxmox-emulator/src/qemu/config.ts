import { randomUUID } from 'node:crypto';
import { onGuest, type Call, type Endpoint, type Json } from '../endpoint';
import { badParameters, failure, forbidden } from '../errors';
import { configView, LOCK_TIMEOUT, pendingView } from '../lxc/config';
import * as formats from '../formats';
import { checkBridge } from '../lxc/apply';
import { exclusively } from '../lxc/power';
import { GUEST_PATH } from '../lxc/schema';
import { flag, required, specFor, splitList, text, type Value } from '../params';
import { can, isRoot } from '../privileges';
import { digestOf } from '../digest';
import type { Guest } from '../model';
import { free } from '../volumes';
import { checkDrive, makeDrive, parseDrive } from './drives';
import { normaliseMachineOption } from './normalise';
import { startMachine } from './power';
import { CREATE, isDrive, OPTIONS, UPDATE, UPDATE_ASYNC } from './schema';

/** Options of a running machine that take effect at once. */
const LIVE =
  /^(agent|cicustom|cipassword|citype|ciupgrade|ciuser|description|hookscript|hotplug|ipconfig\d+|lock|name|nameserver|net\d+|onboot|protection|searchdomain|sshkeys|startup|tablet|tags|unused\d+)$/;
const ROOT_ONLY = /^(args|hookscript|hostpci\d+|parallel\d+|virtiofs\d+)$/;
const CLOUD_INIT = /^(ci.+|ipconfig\d+|nameserver|searchdomain|sshkeys)$/;

function privilegeFor(option: string): string {
  if (isDrive(option) || /^unused\d+$/.test(option)) return 'VM.Config.Disk';
  if (/^(cores|sockets|vcpus|cpulimit|cpuunits|numa\d*|affinity|smp)$/.test(option)) return 'VM.Config.CPU';
  if (/^(memory|balloon|shares)$/.test(option)) return 'VM.Config.Memory';
  if (/^net\d+$/.test(option)) return 'VM.Config.Network';
  if (CLOUD_INIT.test(option)) return 'VM.Config.Cloudinit';
  if (/^(acpi|arch|bios|cpu|kvm|machine|rng0|scsihw|serial\d+|usb\d+|vga|watchdog|audio0)$/.test(option)) {
    return 'VM.Config.HWType';
  }
  return option === 'cdrom' ? 'VM.Config.CDROM' : 'VM.Config.Options';
}

function checkOptions(call: Call, vmid: number, options: Iterable<string>): void {
  if (isRoot(call.who)) return;
  for (const option of [...options].sort()) {
    if (ROOT_ONLY.test(option)) throw failure(`only root can set '${option}' config`);
    call.check(`/vms/${String(vmid)}`, privilegeFor(option));
  }
}

function dropOption(call: Call, guest: Guest, option: string, withVolume = false): void {
  const value = guest.config.get(option);
  guest.config.delete(option);
  if (value === undefined) return;
  if (/^unused\d+$/.test(option)) free(call.services.state, String(value));
  if (!isDrive(option)) return;
  const { file, rest } = parseDrive(String(value));
  if (withVolume || /-cloudinit(\.qcow2)?$/.test(file)) free(call.services.state, file);
  else if (call.services.state.volume(file) && rest.get('media') !== 'cdrom') {
    let number = 0;
    while (guest.config.has(`unused${String(number)}`)) number += 1;
    guest.config.set(`unused${String(number)}`, file);
  }
}

function setOption(call: Call, guest: Guest, option: string, value: Value): void {
  if (/^net\d+$/.test(option)) checkBridge(call, guest.node, String(value));
  if (!isDrive(option)) {
    guest.config.set(option, value);
    return;
  }
  const before = parseDrive(String(guest.config.get(option) ?? '')).file;
  const made = makeDrive(call, guest.vmid, option, String(value));
  if (before !== '' && before !== parseDrive(made).file) dropOption(call, guest, option);
  for (const [name, one] of guest.config) {
    if (/^unused\d+$/.test(name) && one === parseDrive(made).file) guest.config.delete(name);
  }
  guest.config.set(option, made);
}

/** Puts the pending changes of a machine into force, those of a running one as far as possible. */
export function applyMachine(call: Call, guest: Guest, running: boolean): void {
  const live = (option: string): boolean =>
    !running ||
    LIVE.test(option) ||
    (isDrive(option) && (!guest.config.has(option) || option.startsWith('ide')));
  for (const [option, value] of guest.pending) {
    if (guest.config.get(option) === value) guest.pending.delete(option);
  }
  for (const option of [...guest.pendingDelete]) {
    if (guest.config.has(option) && !live(option)) continue;
    dropOption(call, guest, option, call.on('force'));
    guest.pendingDelete.delete(option);
  }
  for (const [option, value] of [...guest.pending].filter(([name]) => live(name))) {
    setOption(call, guest, option, value);
    guest.pending.delete(option);
  }
  call.services.state.changed();
}

async function change(call: Call, work: () => Promise<void>): Promise<void> {
  const { state, locks, machines } = call.services;
  const set = new Map([...call.params].filter(([name]) => specFor(OPTIONS, name) !== undefined));
  const remove = splitList(call.str('delete') ?? call.str('idlist') ?? '');
  const revert = splitList(call.str('revert') ?? '');
  for (const option of [...remove, ...revert]) {
    const kind = remove.includes(option) ? 'delete' : 'revert';
    if (set.has(option)) {
      throw badParameters({ [kind]: `you can't use '-${option}' and '-${kind} ${option}' at the same time` });
    }
    if (!specFor(OPTIONS, option)) throw badParameters({ [kind]: `unknown option '${option}'` });
  }
  if (set.size + remove.length + revert.length === 0) throw failure('no options specified');
  checkOptions(call, call.vmid, [...set.keys(), ...remove, ...revert]);
  await locks.with(call.vmid, LOCK_TIMEOUT, async () => {
    const guest = state.guest('qemu', call.node, call.vmid);
    const digest = call.str('digest');
    if (digest !== undefined && digest !== digestOf(guest)) {
      throw failure('detected modified configuration - file changed by other user? Try again.');
    }
    if (!call.on('skiplock') && !remove.includes('lock')) call.checkLock(guest);
    for (const [option, value] of set) {
      if (isDrive(option)) checkDrive(call, option, String(value));
    }
    for (const option of revert) {
      guest.pending.delete(option);
      guest.pendingDelete.delete(option);
    }
    for (const option of remove) {
      guest.pending.delete(option);
      guest.pendingDelete.add(option);
    }
    for (const [option, value] of set) {
      // A volume that exists is looked up at once: also a change that waits shows its size.
      const known = isDrive(option) && state.volume(parseDrive(String(value)).file) !== undefined;
      const stored = known
        ? makeDrive(call, guest.vmid, option, String(value))
        : normaliseMachineOption(option, value);
      guest.pendingDelete.delete(option);
      if (stored === undefined) guest.pendingDelete.add(option);
      else guest.pending.set(option, stored);
    }
    applyMachine(call, guest, await machines.isRunning(guest));
    await work();
  });
}

function create(call: Call): Json {
  const { state } = call.services;
  const id = String(call.vmid);
  if (call.str('archive') !== undefined) throw failure('restoring backups is not part of this emulator');
  state.assertVmidUnused(call.vmid, 'unable to create VM '.concat(id, ': '));
  if (!can(call.who, `/vms/${id}`, 'VM.Allocate')) throw forbidden();
  const set = new Map([...call.params].filter(([name]) => specFor(OPTIONS, name) !== undefined));
  checkOptions(call, call.vmid, set.keys());
  for (const [option, value] of set) {
    if (isDrive(option)) checkDrive(call, option, String(value));
  }
  const guest = state.addGuest({
    vmid: call.vmid,
    type: 'qemu',
    node: call.node,
    config: new Map([['lock', 'create']]),
  });
  const onAbort = (): void => {
    state.removeGuest(guest.vmid);
  };
  return call.task(
    'qmcreate',
    id,
    async (task) => {
      await exclusively(call, call.vmid, task, async () => {
        await task.takeTime();
        guest.config = new Map<string, Value>([
          ['meta', `creation-qemu=10.1.2,ctime=${String(Math.floor(Date.now() / 1000))}`],
          ['smbios1', `uuid=${randomUUID()}`],
          ['vmgenid', randomUUID()],
        ]);
        try {
          for (const [option, value] of set) {
            const stored = normaliseMachineOption(option, value);
            if (stored !== undefined) setOption(call, guest, option, stored);
          }
        } catch (error) {
          onAbort();
          throw error;
        }
        state.changed();
      });
      if (call.on('start')) startMachine(call, call.node, call.vmid);
    },
    { onAbort },
  );
}

const PATH = '/nodes/{node}/qemu/{vmid}';
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

/** Creating machines, reading and changing their configuration. */
export const machineConfigEndpoints: readonly Endpoint[] = [
  { method: 'POST', path: '/nodes/{node}/qemu', params: CREATE, handler: create },
  {
    method: 'GET',
    path: `${PATH}/config`,
    params: { ...GUEST_PATH, current: flag(), snapshot: text({ maxLength: 40 }) },
    permission: onGuest('VM.Audit'),
    handler: (call) =>
      configView(call.services.state.guest('qemu', call.node, call.vmid), call.on('current')),
  },
  {
    method: 'PUT',
    path: `${PATH}/config`,
    params: UPDATE,
    permission,
    handler: async (call) => {
      await change(call, () => Promise.resolve());
      return null;
    },
  },
  {
    method: 'POST',
    path: `${PATH}/config`,
    params: UPDATE_ASYNC,
    permission,
    handler: (call) => {
      call.services.state.guest('qemu', call.node, call.vmid);
      return call.task('qmconfig', String(call.vmid), (task) => change(call, () => task.takeTime()));
    },
  },
  {
    method: 'PUT',
    path: `${PATH}/unlink`,
    params: {
      ...GUEST_PATH,
      idlist: required(text({ format: formats.listOf(formats.configId) })),
      force: flag(),
    },
    permission: onGuest('VM.Config.Disk'),
    handler: async (call) => {
      await change(call, () => Promise.resolve());
      return null;
    },
  },
  {
    method: 'GET',
    path: `${PATH}/pending`,
    params: GUEST_PATH,
    permission: onGuest('VM.Audit'),
    handler: (call) => pendingView(call.services.state.guest('qemu', call.node, call.vmid)),
  },
  {
    method: 'PUT',
    path: `${PATH}/cloudinit`,
    params: GUEST_PATH,
    permission: onGuest('VM.Config.Cloudinit'),
    handler: (call) => {
      call.checkLock(call.services.state.guest('qemu', call.node, call.vmid));
      return null;
    },
  },
];
