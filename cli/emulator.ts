import { runCommand } from 'proxmox-emulator';
import { run, UserError } from './run';

/** `pvestack emulator`: an emulated Proxmox VE until it is interrupted. */
void run(() =>
  runCommand(process.argv.slice(3), {
    name: 'pvestack emulator',
    print: (line) => {
      console.log(line);
    },
  }).catch((error: unknown) => {
    throw new UserError(error instanceof Error ? error.message : String(error));
  }),
);
