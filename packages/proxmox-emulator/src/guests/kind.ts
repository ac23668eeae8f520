import type { Driver } from '../driver';
import type { Call, Services } from '../endpoint';
import type { Guest, GuestType } from '../model';

/** What tells containers and virtual machines apart where both are handled alike. */
export interface Kind {
  readonly type: GuestType;
  /** What messages call one. */
  readonly word: 'CT' | 'VM';
  /** What the names of its tasks begin with. */
  readonly prefix: 'vz' | 'qm';
  /** The path of one guest. */
  readonly path: string;
  /** What runs it. */
  readonly driver: (services: Services) => Driver;
}

/** Containers. */
export const CONTAINER: Kind = {
  type: 'lxc',
  word: 'CT',
  prefix: 'vz',
  path: '/nodes/{node}/lxc/{vmid}',
  driver: (services) => services.driver,
};

/** Virtual machines. */
export const MACHINE: Kind = {
  type: 'qemu',
  word: 'VM',
  prefix: 'qm',
  path: '/nodes/{node}/qemu/{vmid}',
  driver: (services) => services.machines,
};

/** The guest that a request is about. @throws ApiError 500 where there is none of this kind on this node */
export function guestOf(kind: Kind, call: Call): Guest {
  return call.services.state.guest(kind.type, call.node, call.vmid);
}
