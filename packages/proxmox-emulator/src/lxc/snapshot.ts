import { onGuest, type Endpoint } from '../endpoint';
import { failure } from '../errors';
import * as formats from '../formats';
import { CONTAINER, guestOf } from '../guests/kind';
import { GUEST_PATH } from '../guests/schema';
import { snapshotsEndpoint } from '../guests/snapshot';
import { required, text } from '../params';

/** Snapshots of a container: none can be made. */
export const snapshotEndpoints: readonly Endpoint[] = [
  snapshotsEndpoint(CONTAINER),
  {
    method: 'POST',
    path: `${CONTAINER.path}/snapshot`,
    params: {
      ...GUEST_PATH,
      snapname: required(text({ format: formats.configId, maxLength: 40 })),
      description: text(),
    },
    permission: onGuest('VM.Snapshot'),
    handler: (call) =>
      call.task('vzsnapshot', String(call.vmid), async (task) => {
        guestOf(CONTAINER, call);
        await task.takeTime();
        throw failure('snapshot feature is not available');
      }),
  },
];
