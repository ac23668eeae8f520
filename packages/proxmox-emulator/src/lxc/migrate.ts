import { onGuest, type Call, type Endpoint, type Json } from '../endpoint';
import { badParameters, failure } from '../errors';
import * as formats from '../formats';
import { CONTAINER, guestOf } from '../guests/kind';
import { exclusively } from '../guests/locks';
import { GUEST_PATH } from '../guests/schema';
import { decimal, flag, integer, required, text } from '../params';

async function migrate(call: Call): Promise<Json> {
  const { state, driver } = call.services;
  const guest = guestOf(CONTAINER, call);
  call.checkLock(guest);
  const target = call.need('target');
  if (target === call.node) throw badParameters({ target: 'target is local node.' });
  if (!state.nodes.some((one) => one.name === target)) {
    throw badParameters({ target: `target node '${target}' does not exist` });
  }
  const running = await driver.isRunning(guest);
  if (running && !call.on('restart')) {
    throw failure('lxc live migration is currently not implemented');
  }
  return call.task('vzmigrate', String(call.vmid), async (task) => {
    await exclusively(call, call.vmid, task, async () => {
      task.log(`starting migration of CT ${String(call.vmid)} to node '${target}'`);
      await task.takeTime();
      guest.node = target;
      state.changed();
    });
  });
}

/** Moving a container to another node. */
export const migrateEndpoints: readonly Endpoint[] = [
  {
    method: 'POST',
    path: `${CONTAINER.path}/migrate`,
    params: {
      ...GUEST_PATH,
      target: required(text({ format: formats.node })),
      bwlimit: decimal(0),
      online: flag(),
      restart: flag(),
      'target-storage': text(),
      timeout: integer(),
    },
    permission: onGuest('VM.Migrate'),
    handler: migrate,
  },
];
