import type { Call } from '../endpoint';
import { checkBridge } from '../guests/bridges';
import { keepUnused } from '../guests/disks';
import type { Guest } from '../model';
import type { Value } from '../params';
import { free } from '../volumes';
import { makeDrive, parseDrive } from './disks';
import { isDrive } from './schema';

/** Options of a running machine that take effect at once. */
const LIVE =
  /^(agent|cicustom|cipassword|citype|ciupgrade|ciuser|description|hookscript|hotplug|ipconfig\d+|lock|name|nameserver|net\d+|onboot|protection|searchdomain|sshkeys|startup|tablet|tags|unused\d+)$/;

function dropOption(call: Call, guest: Guest, option: string, withVolume = false): void {
  const value = guest.config.get(option);
  guest.config.delete(option);
  if (value === undefined) return;
  if (/^unused\d+$/.test(option)) free(call.services.state, String(value));
  if (!isDrive(option)) return;
  const { file, rest } = parseDrive(String(value));
  if (withVolume || /-cloudinit(\.qcow2)?$/.test(file)) free(call.services.state, file);
  else if (call.services.state.volume(file) && rest.get('media') !== 'cdrom') keepUnused(guest, file);
}

/** Puts one option into force; makes the volume that it asks for. */
export function setOption(call: Call, guest: Guest, option: string, value: Value): void {
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
    // Only who runs is connected at once.
    if (running && /^net\d+$/.test(option)) checkBridge(call, guest.node, String(value));
    setOption(call, guest, option, value);
    guest.pending.delete(option);
  }
  call.services.state.changed();
}
