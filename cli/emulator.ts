import type { Command } from 'commander';
import { UserError } from '../inventory/user-error';
import type { Output } from './output';

/**
 * Adds `pvestack emulator`: an emulated Proxmox VE until it is interrupted. Its options are the emulator's own.
 * @param program the program
 * @param output where it prints to
 */
export function addEmulator(program: Command, output: Output): void {
  program
    .command('emulator')
    .description('start an emulated Proxmox VE on this machine, to try everything without a server')
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async (_options: unknown, command: Command) => {
      // Loaded here: the other commands start without its certificate library.
      const { runCommand } = await import('proxmox-emulator');
      await runCommand(command.args, {
        name: 'pvestack emulator',
        print: (line) => {
          output.print(line);
        },
      }).catch((error: unknown) => {
        throw new UserError(error instanceof Error ? error.message : String(error));
      });
    });
}
