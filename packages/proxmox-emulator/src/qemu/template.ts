import { onGuest, type Call, type Endpoint, type Json } from '../endpoint';
import { failure } from '../errors';
import { guestOf, MACHINE } from '../guests/kind';
import { exclusively } from '../guests/locks';
import { GUEST_PATH } from '../guests/schema';
import { text } from '../params';
import { parseDrive } from './disks';
import { DRIVES, isDrive } from './schema';

async function toTemplate(call: Call): Promise<Json> {
  const { state, machines } = call.services;
  const guest = guestOf(MACHINE, call);
  call.checkLock(guest);
  if (guest.config.get('template') === 1) throw failure("you can't convert a template to a template");
  if (await machines.isRunning(guest)) throw failure("you can't convert a VM to template if VM is running");
  return call.task('qmtemplate', String(call.vmid), async (task) => {
    await exclusively(call, call.vmid, task, async () => {
      await task.takeTime();
      guest.config.set('template', 1);
      for (const [option, value] of guest.config) {
        if (!isDrive(option)) continue;
        const { file } = parseDrive(String(value));
        const base = file.replace(/vm-(\d+-disk)/, 'base-$1');
        if (base === file || !state.volume(file)) continue;
        for (const storage of state.storages) {
          storage.volumes = storage.volumes.map((one) =>
            one.volid === file ? { ...one, volid: base } : one,
          );
        }
        guest.config.set(option, String(value).replace(file, base));
      }
      state.changed();
    });
  });
}

/** Making a template of a machine. */
export const templateEndpoints: readonly Endpoint[] = [
  {
    method: 'POST',
    path: `${MACHINE.path}/template`,
    params: { ...GUEST_PATH, disk: text({ enum: DRIVES }) },
    permission: onGuest('VM.Allocate'),
    handler: toTemplate,
  },
];
