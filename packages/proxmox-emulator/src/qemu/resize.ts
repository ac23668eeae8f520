import { onGuest, type Call, type Endpoint, type Json } from '../endpoint';
import { failure } from '../errors';
import { askedSize } from '../guests/disks';
import { guestOf, MACHINE } from '../guests/kind';
import { exclusively, LOCK_TIMEOUT } from '../guests/locks';
import { GUEST_PATH } from '../guests/schema';
import { flag, required, text } from '../params';
import { formatSize } from '../sizes';
import { changeableDrive, driveSize, printDrive } from './disks';
import { DRIVES } from './schema';

function resize(call: Call): Promise<Json> {
  const { state, locks } = call.services;
  const disk = call.need('disk');
  return locks.with(call.vmid, LOCK_TIMEOUT, () => {
    const guest = guestOf(MACHINE, call);
    call.checkLock(guest);
    // Proxmox looks for it in the task only (measured).
    if (!guest.config.has(disk)) {
      return call.task('resize', String(call.vmid), () =>
        Promise.reject(failure(`disk '${disk}' does not exist`)),
      );
    }
    const { value, drive } = changeableDrive(guest, disk, 'resize');
    const current = driveSize(call, value);
    const size = askedSize(call, current);
    if (size < current) throw failure('shrinking disks is not supported');
    return call.task('resize', String(call.vmid), async (task) => {
      await exclusively(call, call.vmid, task, async () => {
        await task.takeTime();
        const volume = state.volume(drive.file);
        if (volume) volume.size = size;
        guest.config.set(
          disk,
          printDrive({ ...drive, rest: new Map([...drive.rest, ['size', formatSize(size)]]) }),
        );
        state.changed();
      });
    });
  });
}

/** Making a machine's disks larger. */
export const resizeEndpoints: readonly Endpoint[] = [
  {
    method: 'PUT',
    path: `${MACHINE.path}/resize`,
    params: {
      ...GUEST_PATH,
      disk: required(text({ enum: DRIVES })),
      size: required(text({ pattern: /^\+?\d+(\.\d+)?[KMGT]?$/ })),
      digest: text({ maxLength: 40 }),
      skiplock: flag(),
    },
    permission: onGuest('VM.Config.Disk'),
    handler: resize,
  },
];
