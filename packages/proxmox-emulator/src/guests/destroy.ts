import { onGuest, type Call, type Endpoint } from '../endpoint';
import type { Guest } from '../model';
import type { ParamSpecs } from '../params';
import { guestOf, type Kind } from './kind';
import { exclusively } from './locks';
import { GUEST_PATH } from './schema';

/**
 * The endpoint that destroys a guest.
 * @param check refuses with an ApiError; it is asked before the task is started and again when the guest's turn comes
 */
export function destroyEndpoint(
  kind: Kind,
  params: ParamSpecs,
  check: (call: Call, guest: Guest) => Promise<void>,
): Endpoint {
  return {
    method: 'DELETE',
    path: kind.path,
    params: { ...GUEST_PATH, ...params },
    permission: onGuest('VM.Allocate'),
    handler: async (call) => {
      const { state } = call.services;
      const driver = kind.driver(call.services);
      const name = `${kind.word} ${String(call.vmid)}`;
      const find = async (): Promise<Guest> => {
        const guest = guestOf(kind, call);
        await check(call, guest);
        return guest;
      };
      await find();
      return call.task(`${kind.prefix}destroy`, String(call.vmid), async (task) => {
        await exclusively(call, call.vmid, task, async () => {
          const guest = await find();
          if (await driver.isRunning(guest)) {
            task.log(`forced to stop ${name} before destroying!`);
            await driver.stop(guest);
          }
          await task.takeTime();
          await driver.destroy(guest);
          state.removeGuest(guest.vmid);
          if (call.on('purge')) task.log(`purging ${name} from related configurations..`);
        });
      });
    },
  };
}
