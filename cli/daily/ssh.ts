import type { Command } from 'commander';
import { work } from '../guest/work';
import type { Output } from '../output';
import { envNamed, guestCommand } from './command';

/**
 * Adds `pvestack ssh`.
 * @param program the program
 * @param output where it prints to
 */
export function addSsh(program: Command, output: Output): void {
  guestCommand(program, {
    name: 'ssh',
    description: 'log in to a guest as deploys do, or run a command line there',
    examples: [
      ['pvestack ssh app-shop-dev', ''],
      ['pvestack ssh app-shop-dev -- df -h', 'a command line; the exit code is its own'],
    ],
  })
    .argument('[command...]', 'behind --: a command line for its shell')
    .action((stack: string, command: string[]) =>
      work(envNamed(output, stack), output, command.join(' '), {
        interactive: true,
        reads: true,
        raw: true,
      }),
    );
}
