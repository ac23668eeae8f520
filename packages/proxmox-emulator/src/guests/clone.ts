import { onGuest, type Call, type Endpoint, type Json } from '../endpoint';
import { failure, forbidden } from '../errors';
import * as formats from '../formats';
import type { Guest } from '../model';
import { flag, integer, required, text, type ParamSpecs, type Value } from '../params';
import { can } from '../privileges';
import type { TaskContext } from '../tasks';
import type { Kind } from './kind';
import { exclusively, LOCK_TIMEOUT } from './locks';
import { GUEST_PATH } from './schema';

/** What is to be cloned, and how. */
export interface ClonePlan {
  readonly source: Guest;
  /** With disks of its own, not on top of a template's. */
  readonly full: boolean;
  /** Where the disks are to go, unless to the storage of the source's. */
  readonly storage: string | undefined;
}

/** How one kind of guests is cloned. */
export interface Cloning {
  /** The lock that the new guest carries until it is complete. */
  readonly lock: string;
  /** The refusal because of an id that is taken; undefined for the one that a create gets. */
  readonly taken?: (newid: number) => string;
  /** Parameters besides those that both kinds have. */
  readonly params: ParamSpecs;
  /** Checks a request while nobody else works on the source. @throws ApiError for what cannot be done */
  readonly plan: (call: Call) => Promise<ClonePlan> | ClonePlan;
  /** Makes the disks of the new guest. @returns its configuration */
  readonly copy: (call: Call, plan: ClonePlan, newid: number, task: TaskContext) => Map<string, Value>;
}

const PARAMS: ParamSpecs = {
  ...GUEST_PATH,
  newid: required(integer(undefined, undefined, { format: formats.vmid })),
  description: text(),
  full: flag(),
  pool: text({ format: formats.poolId }),
  snapname: text({ maxLength: 40 }),
  storage: text({ format: formats.storageId }),
  target: text({ format: formats.node }),
};

/** Whether a request wants a full clone: of a template only when it says so. */
export function wantsFull(call: Call, source: Guest): boolean {
  return call.num('full') === undefined ? source.config.get('template') !== 1 : call.on('full');
}

async function clone(kind: Kind, cloning: Cloning, call: Call): Promise<Json> {
  const { state, locks } = call.services;
  const newid = Number(call.need('newid'));
  if (!can(call.who, `/vms/${String(newid)}`, 'VM.Allocate')) throw forbidden();
  if (cloning.taken && state.guests.has(newid)) throw failure(cloning.taken(newid));
  state.assertVmidUnused(newid);
  const onAbort = (): void => {
    state.removeGuest(newid);
  };
  return locks.with(call.vmid, LOCK_TIMEOUT, async () => {
    const plan = await cloning.plan(call);
    const target = state.addGuest({
      vmid: newid,
      type: kind.type,
      node: call.str('target') ?? call.node,
      config: new Map([['lock', cloning.lock]]),
      origin: plan.source.origin,
    });
    const work = async (task: TaskContext): Promise<void> => {
      try {
        const config = cloning.copy(call, plan, newid, task);
        await task.takeTime();
        target.config = config;
        await kind.driver(call.services).clone(plan.source, target);
        state.changed();
      } catch (error) {
        onAbort();
        throw error;
      }
    };
    return call.task(
      `${kind.prefix}clone`,
      String(call.vmid),
      (task) => exclusively(call, newid, task, () => work(task)),
      { onAbort },
    );
  });
}

/** The endpoint that clones a guest. */
export function cloneEndpoint(kind: Kind, cloning: Cloning): Endpoint {
  return {
    method: 'POST',
    path: `${kind.path}/clone`,
    params: { ...PARAMS, ...cloning.params },
    permission: onGuest('VM.Clone'),
    handler: (call) => clone(kind, cloning, call),
  };
}
