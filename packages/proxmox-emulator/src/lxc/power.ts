import { onGuest, type Call, type Endpoint } from '../endpoint';
import { badParameters, failure } from '../errors';
import { flag, integer } from '../params';
import { isRoot } from '../privileges';
import type { Guest } from '../model';
import type { TaskContext } from '../tasks';
import { applyPending, checkBridge } from './apply';
import { GUEST_PATH } from './schema';

/** How long a task waits for a guest that another one works on. */
const TASK_LOCK_TIMEOUT = 60_000;

/** Runs a worker's part that needs the guest to itself; says so in the log when it has to wait. */
export async function exclusively<T>(
  call: Call,
  vmid: number,
  task: TaskContext,
  work: () => Promise<T>,
): Promise<T> {
  const { locks } = call.services;
  const waiting = locks.busy(vmid);
  if (waiting) task.log('trying to acquire lock...');
  return locks.with(vmid, TASK_LOCK_TIMEOUT, () => {
    if (waiting) task.log(' OK');
    return work();
  });
}

/** Puts pending changes into force and starts a container; the caller holds its lock. */
async function boot(call: Call, guest: Guest): Promise<void> {
  if (guest.config.get('template') === 1) throw failure("you can't start a CT if it's a template");
  applyPending(call, guest, false);
  for (const [option, value] of guest.config) {
    if (/^net\d+$/.test(option)) checkBridge(call, guest.node, String(value));
  }
  await call.services.driver.start(guest);
}

/** Starts a container in a task. @returns the UPID */
export function startTask(call: Call, node: string, vmid: number): string {
  const { state, driver } = call.services;
  return call.task(
    'vzstart',
    String(vmid),
    async (task) => {
      await exclusively(call, vmid, task, async () => {
        const guest = state.guest('lxc', node, vmid);
        call.checkLock(guest);
        // Someone else may have started it while this task waited.
        if (await driver.isRunning(guest)) return;
        await boot(call, guest);
        await task.takeTime();
      });
    },
    { node },
  );
}

function onlyRootSkipsLocks(call: Call): void {
  if (call.on('skiplock') && !isRoot(call.who)) {
    throw badParameters({ skiplock: 'Only root may use this option.' });
  }
}

async function assertRunning(call: Call, word = 'CT'): Promise<void> {
  const guest = call.services.state.find('lxc', call.node, call.vmid);
  if (!guest || !(await call.services.driver.isRunning(guest))) {
    throw failure(`${word} ${String(call.vmid)} not running`);
  }
}

function powerTask(
  call: Call,
  type: string,
  work: (guest: Guest, task: TaskContext) => Promise<void>,
): string {
  return call.task(type, String(call.vmid), async (task) => {
    await exclusively(call, call.vmid, task, async () => {
      const guest = call.services.state.guest('lxc', call.node, call.vmid);
      if (!call.on('skiplock')) call.checkLock(guest);
      await work(guest, task);
    });
  });
}

const PATH = '/nodes/{node}/lxc/{vmid}/status';
const permission = onGuest('VM.PowerMgmt');

/** Starting and stopping containers. */
export const powerEndpoints: readonly Endpoint[] = [
  {
    method: 'POST',
    path: `${PATH}/start`,
    params: { ...GUEST_PATH, skiplock: flag(), debug: flag() },
    permission,
    handler: async (call) => {
      onlyRootSkipsLocks(call);
      const guest = call.services.state.find('lxc', call.node, call.vmid);
      if (guest && (await call.services.driver.isRunning(guest))) {
        throw failure(`CT ${String(call.vmid)} already running`);
      }
      return startTask(call, call.node, call.vmid);
    },
  },
  {
    method: 'POST',
    path: `${PATH}/stop`,
    params: { ...GUEST_PATH, skiplock: flag(), 'overrule-shutdown': flag() },
    permission,
    handler: async (call) => {
      onlyRootSkipsLocks(call);
      await assertRunning(call);
      return powerTask(call, 'vzstop', async (guest, task) => {
        await task.takeTime();
        await call.services.driver.stop(guest);
      });
    },
  },
  {
    method: 'POST',
    path: `${PATH}/shutdown`,
    params: { ...GUEST_PATH, timeout: integer(0), forceStop: flag() },
    permission,
    handler: async (call) => {
      await assertRunning(call);
      return powerTask(call, 'vzshutdown', async (guest, task) => {
        await task.takeTime();
        await call.services.driver.shutdown(guest, call.num('timeout') ?? 60, call.on('forceStop'));
      });
    },
  },
  {
    method: 'POST',
    path: `${PATH}/reboot`,
    params: { ...GUEST_PATH, timeout: integer(0) },
    permission,
    handler: async (call) => {
      await assertRunning(call, 'VM');
      return powerTask(call, 'vzreboot', async (guest, task) => {
        await task.takeTime();
        await call.services.driver.shutdown(guest, call.num('timeout') ?? 60, true);
        await boot(call, guest);
      });
    },
  },
  {
    method: 'POST',
    path: `${PATH}/suspend`,
    params: GUEST_PATH,
    permission,
    handler: async (call) => {
      await assertRunning(call);
      // Checkpointing needs CRIU, which Proxmox VE does not ship: this fails on a real node as well.
      return powerTask(call, 'vzsuspend', (guest) => {
        const id = String(guest.vmid);
        return Promise.reject(
          failure(`command 'lxc-checkpoint -n ${id} -s -D /var/lib/vz/dump' failed: exit code 1`),
        );
      });
    },
  },
];
