import { randomUUID } from 'node:crypto';
import type { Call, Endpoint, Json } from '../endpoint';
import { failure, forbidden } from '../errors';
import { optionsOf } from '../guests/change';
import { exclusively } from '../guests/locks';
import type { Value } from '../params';
import { can } from '../privileges';
import { setOption } from './apply';
import { checkDrive } from './disks';
import { normaliseMachineOption } from './normalise';
import { checkOptions } from './permissions';
import { startMachine } from './power';
import { CREATE, isDrive, OPTIONS } from './schema';

function create(call: Call): Json {
  const { state } = call.services;
  const id = String(call.vmid);
  if (call.str('archive') !== undefined) throw failure('restoring backups is not part of this emulator');
  state.assertVmidUnused(call.vmid, `unable to create VM ${id} - `);
  if (!can(call.who, `/vms/${id}`, 'VM.Allocate')) throw forbidden();
  const set = optionsOf(call, OPTIONS);
  checkOptions(call, call.vmid, set.keys());
  for (const [option, value] of set) {
    if (isDrive(option)) checkDrive(call, option, String(value));
  }
  const guest = state.addGuest({
    vmid: call.vmid,
    type: 'qemu',
    node: call.node,
    config: new Map([['lock', 'create']]),
  });
  const onAbort = (): void => {
    state.removeGuest(guest.vmid);
  };
  return call.task(
    'qmcreate',
    id,
    async (task) => {
      await exclusively(call, call.vmid, task, async () => {
        await task.takeTime();
        guest.config = new Map<string, Value>([
          ['meta', `creation-qemu=10.1.2,ctime=${String(Math.floor(Date.now() / 1000))}`],
          ['smbios1', `uuid=${randomUUID()}`],
          ['vmgenid', randomUUID()],
        ]);
        try {
          for (const [option, value] of set) {
            const stored = normaliseMachineOption(option, value);
            if (stored !== undefined) setOption(call, guest, option, stored);
          }
        } catch (error) {
          onAbort();
          throw error;
        }
        state.changed();
      });
      if (call.on('start')) startMachine(call);
    },
    { onAbort },
  );
}

/** Creating a machine. */
export const createEndpoints: readonly Endpoint[] = [
  { method: 'POST', path: '/nodes/{node}/qemu', params: CREATE, handler: create },
];
