import { onGuest, type Call, type Endpoint, type Json } from '../endpoint';
import { ApiError, failure } from '../errors';
import { askedSize } from '../guests/disks';
import { CONTAINER, guestOf } from '../guests/kind';
import { exclusively, LOCK_TIMEOUT } from '../guests/locks';
import { GUEST_PATH } from '../guests/schema';
import { required, text } from '../params';
import { formatSize, parseSize } from '../sizes';
import { splitVolid, volumePath } from '../volumes';
import { diskProps, printDisk } from './disks';
import { DISKS } from './schema';

function resize(call: Call): Promise<Json> {
  const { state, locks, driver } = call.services;
  const disk = call.need('disk');
  return locks.with(call.vmid, LOCK_TIMEOUT, () => {
    const guest = guestOf(CONTAINER, call);
    call.checkLock(guest);
    const value = guest.config.get(disk);
    if (value === undefined) {
      const missing = 'property is missing and it is not optional';
      throw new ApiError(500, 'format error', { mp: missing, volume: missing });
    }
    const props = diskProps(disk, String(value));
    const volid = props.get('volume') ?? '';
    const volume = state.volume(volid);
    const current = volume?.size ?? parseSize(props.get('size') ?? '') ?? 0;
    const size = askedSize(call, current);
    if (size < current) throw failure('unable to shrink disk size');
    if (size === current) throw failure('disk is already at specified size');
    return call.task('resize', String(call.vmid), async (task) => {
      await exclusively(call, call.vmid, task, async () => {
        task.log('Image resized.');
        await task.takeTime();
        if (volume) volume.size = size;
        guest.config.set(disk, printDisk(new Map([...props, ['size', formatSize(size)]])));
        state.changed();
        const parts = splitVolid(volid);
        if (parts && !(await driver.isRunning(guest))) {
          const path = volumePath(state.storage(parts.storage), parts.name);
          task.log(`The filesystem on ${path} is now ${String(size / 4096)} (4k) blocks long.`);
        }
      });
    });
  });
}

/** Making a container's disks larger. */
export const resizeEndpoints: readonly Endpoint[] = [
  {
    method: 'PUT',
    path: `${CONTAINER.path}/resize`,
    params: {
      ...GUEST_PATH,
      disk: required(text({ enum: DISKS })),
      size: required(text({ pattern: /^\+?\d+(\.\d+)?[KMGT]?$/ })),
      digest: text({ maxLength: 64 }),
    },
    permission: onGuest('VM.Config.Disk'),
    handler: resize,
  },
];
