import type { Call } from '../endpoint';
import { badParameters, messageOf } from '../errors';
import { checkInterface } from '../guests/bridges';
import { keepUnused } from '../guests/disks';
import type { Value } from '../params';
import type { Guest } from '../model';
import { free } from '../volumes';
import { diskProps, isDisk, makeDisk, planDisk } from './disks';

/** Options of a running container that take effect at once; the others wait for its next start. */
const LIVE =
  /^(cores|cpulimit|cpuunits|description|hookscript|hostname|lock|memory|net\d+|onboot|protection|startup|swap|tags|unused\d+)$/;

function drop(call: Call, guest: Guest, option: string): void {
  const value = guest.config.get(option);
  guest.config.delete(option);
  if (value === undefined) return;
  const volid = isDisk(option) ? (diskProps(option, String(value)).get('volume') ?? '') : String(value);
  if (/^unused\d+$/.test(option)) free(call.services.state, volid);
  if (/^mp\d+$/.test(option) && !volid.startsWith('/')) keepUnused(guest, volid);
}

function setOption(call: Call, guest: Guest, option: string, value: Value): void {
  if (/^net\d+$/.test(option)) checkInterface(call, guest.node, option, String(value));
  if (isDisk(option)) {
    const plan = planDisk(call, option, String(value));
    // The options of a volume that exists already are kept as they were sent.
    guest.config.set(option, plan.create ? makeDisk(call, guest.vmid, plan) : value);
  } else {
    guest.config.set(option, value);
  }
}

/** Forgets changes that would change nothing. */
function dropEqual(guest: Guest): void {
  for (const [option, value] of guest.pending) {
    if (guest.config.get(option) === value) guest.pending.delete(option);
  }
  for (const option of guest.pendingDelete) {
    if (!guest.config.has(option)) guest.pendingDelete.delete(option);
  }
}

/**
 * Puts pending changes into force: all of them for a stopped container, those that can be for a running one.
 * @param running whether it runs; `starting` when it is about to.
 * @returns the options that changed
 * @throws ApiError 500 (stopped) or 400 (running) for what cannot be done; that change stays pending
 */
export function applyPending(call: Call, guest: Guest, running: boolean): string[] {
  dropEqual(guest);
  const done: string[] = [];
  const errors: Record<string, string> = {};
  const live = (option: string): boolean =>
    !running || LIVE.test(option) || (/^mp\d+$/.test(option) && !guest.config.has(option));
  for (const option of [...guest.pendingDelete].filter(live)) {
    drop(call, guest, option);
    guest.pendingDelete.delete(option);
    done.push(option);
  }
  for (const [option, value] of [...guest.pending].filter(([name]) => live(name))) {
    try {
      setOption(call, guest, option, value);
    } catch (error) {
      if (!running) throw error;
      errors[option] = `unable to hotplug ${option}: ${messageOf(error)}\n`;
      continue;
    }
    guest.pending.delete(option);
    done.push(option);
  }
  call.services.state.changed();
  if (Object.keys(errors).length > 0) throw badParameters(errors);
  return done;
}
