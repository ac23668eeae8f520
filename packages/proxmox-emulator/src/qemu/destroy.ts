import type { Endpoint } from '../endpoint';
import { failure } from '../errors';
import { destroyEndpoint } from '../guests/destroy';
import { MACHINE } from '../guests/kind';
import { flag } from '../params';

/** Destroying a machine. */
export const destroyEndpoints: readonly Endpoint[] = [
  destroyEndpoint(
    MACHINE,
    { 'destroy-unreferenced-disks': flag(), purge: flag(), skiplock: flag() },
    async (call, guest) => {
      const id = String(call.vmid);
      call.checkLock(guest);
      if (guest.config.get('protection') === 1)
        throw failure(`can't remove VM ${id} - protection mode enabled`);
      if (await call.services.machines.isRunning(guest))
        throw failure(`VM ${id} is running - destroy failed`);
    },
  ),
];
