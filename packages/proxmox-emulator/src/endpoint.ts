import type { Authenticator } from './auth';
import type { Driver } from './driver';
import { forbidden, failure } from './errors';
import type { ConfigLocks } from './locks';
import type { ParamSpecs, Value } from './params';
import { can, type Principal } from './privileges';
import type { ClusterState } from './state';
import type { Guest } from './model';
import type { TaskContext, TaskFault, TaskManager } from './tasks';

/** What stays the same for all requests. */
export interface Services {
  readonly state: ClusterState;
  /** How long `cluster/resources` knows neither name nor status of a new guest. */
  readonly statusMs: number;
  readonly tasks: TaskManager;
  readonly locks: ConfigLocks;
  readonly auth: Authenticator;
  /** Runs containers. */
  readonly driver: Driver;
  /** Runs virtual machines, which are always data only. */
  readonly machines: Driver;
  /** Version of Proxmox VE to report, e.g. `9.2.11`. */
  readonly version: string;
  /** Fingerprint of the certificate. */
  readonly fingerprint: string;
}

/** One request on its way through a handler. */
export class Call {
  /** Added to the answer besides `data` (the number of all log lines, for example). */
  readonly extra: Record<string, Value> = {};

  constructor(
    readonly services: Services,
    readonly who: Principal,
    readonly params: ReadonlyMap<string, Value>,
    /** Set when a fault lets guests look locked. */
    readonly lockFault?: string,
    /** Makes the first task of the request fail; tasks that follow from it are not hit. */
    private taskFault?: TaskFault,
  ) {}

  /** A parameter as text, or undefined. */
  str(name: string): string | undefined {
    const value = this.params.get(name);
    return value === undefined ? undefined : String(value);
  }

  /** A parameter that verification guarantees. */
  need(name: string): string {
    return this.str(name) ?? '';
  }

  /** A numeric parameter, or undefined. */
  num(name: string): number | undefined {
    const value = this.params.get(name);
    return value === undefined ? undefined : Number(value);
  }

  /** Whether a boolean parameter is set to 1. */
  on(name: string): boolean {
    return this.num(name) === 1;
  }

  /** The node of the path. */
  get node(): string {
    return this.need('node');
  }

  /** The guest id of the path or body. */
  get vmid(): number {
    return Number(this.params.get('vmid'));
  }

  /** @throws ApiError 403 unless the caller has the privilege there */
  check(path: string, privilege: string): void {
    if (!can(this.who, path, privilege)) throw forbidden(`${path}, ${privilege}`);
  }

  /** @throws ApiError 403 unless the caller has one of the privileges there */
  checkAny(path: string, privileges: readonly string[]): void {
    if (!privileges.some((one) => can(this.who, path, one))) {
      throw forbidden(`${path}, ${privileges.join('|')}`);
    }
  }

  /** @throws ApiError 500 when the guest carries a lock */
  checkLock(guest: Guest): void {
    const lock = this.lockFault ?? guest.config.get('lock');
    if (lock === undefined) return;
    throw failure(guest.type === 'lxc' ? `CT is locked (${String(lock)})` : `VM is locked (${String(lock)})`);
  }

  /** Starts a task in the caller's name, on the node of the path unless told otherwise. @returns its UPID */
  task(
    type: string,
    id: string,
    work: (task: TaskContext) => Promise<void>,
    more: { readonly node?: string; readonly onAbort?: () => void } = {},
  ): string {
    const { node = this.node, onAbort } = more;
    const spec = { node, type, id, who: this.who, fault: this.taskFault, onAbort };
    this.taskFault = undefined;
    return this.services.tasks.start(spec, work);
  }
}

/** JSON that an endpoint can answer. */
export type Json = null | string | number | boolean | readonly Json[] | { readonly [key: string]: Json };

/** An endpoint of the API, declared as data. */
export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path with parts in braces, e.g. `/nodes/{node}/lxc/{vmid}/config`. */
  readonly path: string;
  /** Parameters of path, query and body. */
  readonly params: ParamSpecs;
  /** Reachable without ticket or token. */
  readonly open?: boolean;
  /** Checked before the parameters; throws ApiError 403. Only the parts of the path are there. */
  readonly permission?: (call: Call) => void;
  /** @returns the `data` of the answer; throws ApiError for a refusal */
  readonly handler: (call: Call) => Promise<Json> | Json;
}

/** A permission check for endpoints about one guest: one of the privileges on `/vms/{vmid}`. */
export function onGuest(...privileges: readonly string[]): (call: Call) => void {
  return (call) => {
    call.checkAny(`/vms/${call.need('vmid')}`, privileges);
  };
}
