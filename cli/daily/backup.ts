import type { Command } from 'commander';
import { kitProgram } from '../guest/program';
import { work } from '../guest/work';
import type { Output } from '../output';
import { envNamed, guestCommand } from './command';

/**
 * Adds `pvestack backup`.
 * @param program the program
 * @param output where it prints to
 */
export function addBackup(program: Command, output: Output): void {
  guestCommand(program, {
    name: 'backup',
    description: "dump the application's database now, on the guest; prints the path of the dump",
    examples: [['pvestack backup app-shop-prod', '']],
  }).action((stack: string) => {
    const env = envNamed(output, stack);
    return work(env, output, `${kitProgram(env, 'pg-backup', ['by-hand'])}`);
  });
}
