import type { Call, Endpoint } from '../endpoint';
import { failure } from '../errors';
import { checkInterface } from '../guests/bridges';
import { CONTAINER } from '../guests/kind';
import { isRunning, needsRunning, powerEndpoint, powerTask, type PowerAction } from '../guests/power';
import type { Guest } from '../model';
import { flag, integer } from '../params';
import { applyPending } from './apply';

/** Puts pending changes into force and starts a container; the caller holds its lock. */
async function boot(call: Call, guest: Guest): Promise<void> {
  if (guest.config.get('template') === 1) throw failure("you can't start a CT if it's a template");
  applyPending(call, guest, false);
  for (const [option, value] of guest.config) {
    if (/^net\d+$/.test(option)) checkInterface(call, guest.node, option, String(value));
  }
  await call.services.driver.start(guest);
}

/** Starts a container in a task. @returns the UPID */
export function startContainer(call: Call): string {
  return powerTask(CONTAINER, call, 'start', START.work);
}

const START: PowerAction = {
  word: 'start',
  params: { skiplock: flag(), debug: flag() },
  check: async (call) => {
    if (await isRunning(CONTAINER, call)) throw failure(`CT ${String(call.vmid)} already running`);
  },
  work: async (call, guest, task) => {
    // Skipping locks lets the request pass, but not the task.
    call.checkLock(guest);
    // Someone else may have started it while this task waited.
    if (await call.services.driver.isRunning(guest)) return;
    await boot(call, guest);
    await task.takeTime();
  },
};

const STOP: PowerAction = {
  word: 'stop',
  params: { skiplock: flag(), 'overrule-shutdown': flag() },
  check: needsRunning(CONTAINER),
  work: async (call, guest, task) => {
    await task.takeTime();
    await call.services.driver.stop(guest);
  },
};

const SHUTDOWN: PowerAction = {
  word: 'shutdown',
  params: { timeout: integer(0), forceStop: flag() },
  check: needsRunning(CONTAINER),
  work: async (call, guest, task) => {
    await task.takeTime();
    await call.services.driver.shutdown(guest, call.num('timeout') ?? 60, call.on('forceStop'));
  },
};

const REBOOT: PowerAction = {
  word: 'reboot',
  params: { timeout: integer(0) },
  check: needsRunning(CONTAINER, 'VM'),
  work: async (call, guest, task) => {
    await task.takeTime();
    await call.services.driver.shutdown(guest, call.num('timeout') ?? 60, true);
    await boot(call, guest);
  },
};

const SUSPEND: PowerAction = {
  word: 'suspend',
  params: {},
  check: needsRunning(CONTAINER),
  // Checkpointing needs CRIU, which Proxmox VE does not ship: this fails on a real node as well.
  work: (_call, guest) => {
    const id = String(guest.vmid);
    const command = `command 'lxc-checkpoint -n ${id} -s -D /var/lib/vz/dump'`;
    return Promise.reject(failure(`${command} failed: exit code 1`));
  },
};

/** Starting and stopping containers. */
export const powerEndpoints: readonly Endpoint[] = [START, STOP, SHUTDOWN, REBOOT, SUSPEND].map((action) =>
  powerEndpoint(CONTAINER, action),
);
