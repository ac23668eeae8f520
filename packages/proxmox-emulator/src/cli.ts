import { runCommand } from './command';

/** The program `proxmox-emulator`. */
runCommand(process.argv.slice(2), {
  print: (line) => {
    console.log(line);
  },
}).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  // Not only the exit code: a server may listen already.
  process.exit(1);
});
