import { onGuest, type Call, type Endpoint } from '../endpoint';
import { badParameters, failure } from '../errors';
import { exclusively } from '../lxc/power';
import { GUEST_PATH } from '../lxc/schema';
import { flag, integer, text, type ParamSpecs } from '../params';
import { isRoot } from '../privileges';
import type { Guest } from '../model';
import type { TaskContext } from '../tasks';
import { applyMachine } from './config';

/** Starts a machine in a task; nothing boots. @returns the UPID */
export function startMachine(call: Call, node: string, vmid: number): string {
  const { state, machines } = call.services;
  return call.task(
    'qmstart',
    String(vmid),
    async (task) => {
      await exclusively(call, vmid, task, async () => {
        const guest = state.guest('qemu', node, vmid);
        if (!call.on('skiplock')) call.checkLock(guest);
        if (guest.config.get('template') === 1) throw failure("you can't start a vm if it's a template");
        if (await machines.isRunning(guest)) throw failure(`VM ${String(vmid)} already running`);
        applyMachine(call, guest, false);
        await machines.start(guest);
        await task.takeTime();
      });
    },
    { node },
  );
}

async function running(call: Call): Promise<boolean> {
  const guest = call.services.state.find('qemu', call.node, call.vmid);
  return guest !== undefined && (await call.services.machines.isRunning(guest));
}

function onlyRootSkipsLocks(call: Call): void {
  if (call.on('skiplock') && !isRoot(call.who)) {
    throw badParameters({ skiplock: 'Only root may use this option.' });
  }
}

type Work = (call: Call, guest: Guest, task: TaskContext) => Promise<void>;

function power(word: string, type: string, params: ParamSpecs, needsRunning: boolean, work: Work): Endpoint {
  return {
    method: 'POST',
    path: `/nodes/{node}/qemu/{vmid}/status/${word}`,
    params: { ...GUEST_PATH, skiplock: flag(), ...params },
    permission: onGuest('VM.PowerMgmt'),
    handler: async (call) => {
      onlyRootSkipsLocks(call);
      if (needsRunning && !(await running(call))) throw failure(`VM ${String(call.vmid)} not running`);
      return call.task(type, String(call.vmid), async (task) => {
        await exclusively(call, call.vmid, task, async () => {
          const guest = call.services.state.guest('qemu', call.node, call.vmid);
          if (!call.on('skiplock')) call.checkLock(guest);
          await task.takeTime();
          await work(call, guest, task);
        });
      });
    },
  };
}

const halt: Work = (call, guest) => call.services.machines.stop(guest);
const nothing: Work = () => Promise.resolve();
const timeout = integer(0);

/** Starting and stopping machines. */
export const machinePowerEndpoints: readonly Endpoint[] = [
  {
    method: 'POST',
    path: '/nodes/{node}/qemu/{vmid}/status/start',
    params: {
      ...GUEST_PATH,
      skiplock: flag(),
      'force-cpu': text(),
      machine: text(),
      migratedfrom: text(),
      stateuri: text(),
      timeout,
    },
    permission: onGuest('VM.PowerMgmt'),
    handler: (call) => {
      onlyRootSkipsLocks(call);
      return startMachine(call, call.node, call.vmid);
    },
  },
  power('stop', 'qmstop', { timeout, keepActive: flag(), 'overrule-shutdown': flag() }, false, halt),
  power('shutdown', 'qmshutdown', { timeout, forceStop: flag(), keepActive: flag() }, true, halt),
  power('reset', 'qmreset', {}, true, nothing),
  power('suspend', 'qmsuspend', { todisk: flag(), statestorage: text() }, true, nothing),
  power('resume', 'qmresume', { nocheck: flag() }, true, nothing),
  power('reboot', 'qmreboot', { timeout }, true, async (call, guest) => {
    await call.services.machines.stop(guest);
    applyMachine(call, guest, false);
    await call.services.machines.start(guest);
  }),
];
