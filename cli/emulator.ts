import { explain, main } from '../emulator/main';
import { run, UserError } from './run';

/** `pvestack emulator`: an emulated Proxmox VE until it is interrupted. */
void run(async () => {
  const emulator = await main(process.argv.slice(3), (line) => {
    console.log(line);
  }).catch((error: unknown) => {
    throw new UserError(explain(error));
  });
  if (!emulator) return;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void emulator.stop().then(() => process.exit(0));
    });
  }
});
