import { onGuest, type Call, type Endpoint, type Json } from '../endpoint';
import { failure } from '../errors';
import * as formats from '../formats';
import { keepUnused } from '../guests/disks';
import { guestOf, MACHINE } from '../guests/kind';
import { exclusively, LOCK_TIMEOUT } from '../guests/locks';
import { GUEST_PATH } from '../guests/schema';
import { flag, required, text } from '../params';
import { allocate, free, splitVolid } from '../volumes';
import { changeableDrive, driveSize, printDrive, storageFor } from './disks';
import { DRIVES } from './schema';

function moveDisk(call: Call): Promise<Json> {
  const { state, locks } = call.services;
  const disk = call.need('disk');
  return locks.with(call.vmid, LOCK_TIMEOUT, () => {
    const guest = guestOf(MACHINE, call);
    call.checkLock(guest);
    const { value, drive } = changeableDrive(guest, disk, 'move');
    const storage = storageFor(call, call.need('storage'));
    if (splitVolid(drive.file)?.storage === storage.storage) {
      throw failure("you can't move to the same storage with same format");
    }
    return call.task('qmmove', String(call.vmid), async (task) => {
      await exclusively(call, call.vmid, task, async () => {
        task.log(`create full clone of drive ${disk} (${drive.file})`);
        await task.takeTime();
        const bytes = driveSize(call, value);
        const moved = allocate(state, storage, call.vmid, bytes, 'images');
        guest.config.set(disk, printDrive({ ...drive, file: moved.volid }));
        if (call.on('delete')) free(state, drive.file);
        else keepUnused(guest, drive.file);
        state.changed();
      });
    });
  });
}

/** Moving a machine's disk to another storage. */
export const moveEndpoints: readonly Endpoint[] = [
  {
    method: 'POST',
    path: `${MACHINE.path}/move_disk`,
    params: {
      ...GUEST_PATH,
      disk: required(text({ enum: DRIVES })),
      storage: required(text({ format: formats.storageId })),
      delete: flag(),
      digest: text({ maxLength: 40 }),
      format: text({ enum: ['raw', 'qcow2', 'vmdk'] }),
    },
    permission: onGuest('VM.Config.Disk'),
    handler: moveDisk,
  },
];
