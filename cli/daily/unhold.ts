import type { Command } from 'commander';
import { kitProgram } from '../guest/program';
import { work } from '../guest/work';
import type { Output } from '../output';
import { envNamed, guestCommand } from './command';

/**
 * Adds `pvestack unhold`.
 * @param program the program
 * @param output where it prints to
 */
export function addUnhold(program: Command, output: Output): void {
  guestCommand(program, {
    name: 'unhold',
    description: 'end the hold of a rollback: the next deploy follows the inventory again',
    examples: [['pvestack unhold app-shop-prod', '']],
  }).action((stack: string) => {
    const env = envNamed(output, stack);
    return work(env, output, kitProgram(env, 'deploy_app.sh', ['--unhold']));
  });
}
