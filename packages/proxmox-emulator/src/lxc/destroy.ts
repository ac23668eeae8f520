import type { Endpoint } from '../endpoint';
import { failure } from '../errors';
import { destroyEndpoint } from '../guests/destroy';
import { CONTAINER } from '../guests/kind';
import { flag } from '../params';

/** Destroying a container. */
export const destroyEndpoints: readonly Endpoint[] = [
  destroyEndpoint(
    CONTAINER,
    { force: flag(), purge: flag(), 'destroy-unreferenced-disks': flag() },
    async (call, guest) => {
      const id = String(call.vmid);
      if (guest.config.get('protection') === 1)
        throw failure(`can't remove CT ${id} - protection mode enabled`);
      call.checkLock(guest);
      if (!call.on('force') && (await call.services.driver.isRunning(guest))) {
        throw failure(`unable to destroy CT ${id} - container is running`);
      }
    },
  ),
];
