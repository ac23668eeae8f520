import { onGuest, type Call, type Endpoint, type Json } from '../endpoint';
import { badParameters, failure } from '../errors';
import * as formats from '../formats';
import { guestOf, MACHINE } from '../guests/kind';
import { exclusively } from '../guests/locks';
import { GUEST_PATH } from '../guests/schema';
import { flag, required, text } from '../params';

async function migrate(call: Call): Promise<Json> {
  const { state, machines } = call.services;
  const guest = guestOf(MACHINE, call);
  call.checkLock(guest);
  const target = call.need('target');
  if (target === call.node) throw badParameters({ target: 'target is local node.' });
  if (!state.nodes.some((one) => one.name === target)) throw failure(`no such cluster node '${target}'`);
  if ((await machines.isRunning(guest)) && !call.on('online')) {
    throw failure("can't migrate running VM without --online");
  }
  return call.task('qmigrate', String(call.vmid), async (task) => {
    await exclusively(call, call.vmid, task, async () => {
      await task.takeTime();
      guest.node = target;
      state.changed();
    });
  });
}

/** Moving a machine to another node. */
export const migrateEndpoints: readonly Endpoint[] = [
  {
    method: 'POST',
    path: `${MACHINE.path}/migrate`,
    params: {
      ...GUEST_PATH,
      target: required(text({ format: formats.node })),
      bwlimit: text(),
      force: flag(),
      online: flag(),
      targetstorage: text(),
      'with-local-disks': flag(),
    },
    permission: onGuest('VM.Migrate'),
    handler: migrate,
  },
];
