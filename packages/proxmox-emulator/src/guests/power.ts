import { onGuest, type Call, type Endpoint } from '../endpoint';
import { badParameters, failure } from '../errors';
import type { Guest } from '../model';
import type { ParamSpecs } from '../params';
import { isRoot } from '../privileges';
import type { TaskContext } from '../tasks';
import { guestOf, type Kind } from './kind';
import { exclusively } from './locks';
import { GUEST_PATH } from './schema';

/** What a power task does to a guest that it has to itself. */
export type Work = (call: Call, guest: Guest, task: TaskContext) => Promise<void>;

/** One thing that can be done with the power of a guest. */
export interface PowerAction {
  /** Last part of the path; the task is named after it as well. */
  readonly word: string;
  readonly params: ParamSpecs;
  /** Refuses the request before a task is started. */
  readonly check?: (call: Call) => Promise<void>;
  readonly work: Work;
}

/** Whether the guest of a request is there and runs. */
export async function isRunning(kind: Kind, call: Call): Promise<boolean> {
  const guest = call.services.state.find(kind.type, call.node, call.vmid);
  return guest !== undefined && (await kind.driver(call.services).isRunning(guest));
}

/** A check that refuses with ApiError 500 where the guest does not run. */
export function needsRunning(kind: Kind, word: string = kind.word): (call: Call) => Promise<void> {
  return async (call) => {
    if (!(await isRunning(kind, call))) throw failure(`${word} ${String(call.vmid)} not running`);
  };
}

/** Starts a power task. @returns its UPID */
export function powerTask(kind: Kind, call: Call, word: string, work: Work): string {
  return call.task(`${kind.prefix}${word}`, String(call.vmid), async (task) => {
    await exclusively(call, call.vmid, task, async () => {
      const guest = guestOf(kind, call);
      if (!call.on('skiplock')) call.checkLock(guest);
      await work(call, guest, task);
    });
  });
}

/** The endpoint of one power action. */
export function powerEndpoint(kind: Kind, { word, params, check, work }: PowerAction): Endpoint {
  return {
    method: 'POST',
    path: `${kind.path}/status/${word}`,
    params: { ...GUEST_PATH, ...params },
    permission: onGuest('VM.PowerMgmt'),
    handler: async (call) => {
      if (call.on('skiplock') && !isRoot(call.who)) {
        throw badParameters({ skiplock: 'Only root may use this option.' });
      }
      await check?.(call);
      return powerTask(kind, call, word, work);
    },
  };
}
