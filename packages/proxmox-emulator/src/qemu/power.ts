import type { Call, Endpoint } from '../endpoint';
import { failure } from '../errors';
import { checkBridge } from '../guests/bridges';
import { MACHINE } from '../guests/kind';
import { needsRunning, powerEndpoint, powerTask, type PowerAction, type Work } from '../guests/power';
import type { Guest } from '../model';
import { flag, integer, text, type ParamSpecs } from '../params';
import { applyMachine } from './apply';

/** @throws ApiError for an interface whose bridge is not there, which nobody looked at before */
function checkBridges(call: Call, guest: Guest): void {
  for (const [option, value] of guest.config) {
    if (/^net\d+$/.test(option)) checkBridge(call, guest.node, String(value));
  }
}

/** Nothing boots. */
const start: Work = async (call, guest, task) => {
  const { machines } = call.services;
  if (guest.config.get('template') === 1) throw failure("you can't start a vm if it's a template");
  if (await machines.isRunning(guest)) throw failure(`VM ${String(call.vmid)} already running`);
  applyMachine(call, guest, false);
  checkBridges(call, guest);
  await machines.start(guest);
  await task.takeTime();
};

const stop: Work = async (call, guest, task) => {
  await task.takeTime();
  await call.services.machines.stop(guest);
};

const restart: Work = async (call, guest, task) => {
  await stop(call, guest, task);
  applyMachine(call, guest, false);
  checkBridges(call, guest);
  await call.services.machines.start(guest);
};

const nothing: Work = (_call, _guest, task) => task.takeTime();

/** Starts a machine in a task. @returns the UPID */
export function startMachine(call: Call): string {
  return powerTask(MACHINE, call, 'start', start);
}

const timeout = integer(0);
const check = needsRunning(MACHINE);

function action(
  word: string,
  work: Work,
  params: ParamSpecs,
  more: Pick<PowerAction, 'check'> = { check },
): PowerAction {
  return { word, work, params: { skiplock: flag(), ...params }, ...more };
}

const START: ParamSpecs = {
  'force-cpu': text(),
  machine: text(),
  migratedfrom: text(),
  stateuri: text(),
  timeout,
};

/** Starting and stopping machines. */
export const powerEndpoints: readonly Endpoint[] = [
  action('start', start, START, {}),
  action('stop', stop, { timeout, keepActive: flag(), 'overrule-shutdown': flag() }, {}),
  action('shutdown', stop, { timeout, forceStop: flag(), keepActive: flag() }),
  action('reset', nothing, {}),
  action('suspend', nothing, { todisk: flag(), statestorage: text() }),
  action('resume', nothing, { nocheck: flag() }),
  action('reboot', restart, { timeout }),
].map((one) => powerEndpoint(MACHINE, one));
