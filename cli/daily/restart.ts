import type { Command } from 'commander';
import { kitProgram } from '../guest/program';
import { work } from '../guest/work';
import type { Output } from '../output';
import { envNamed, guestCommand } from './command';

/**
 * Adds `pvestack restart`.
 * @param program the program
 * @param output where it prints to
 */
export function addRestart(program: Command, output: Output): void {
  guestCommand(program, {
    name: 'restart',
    description: 'restart the services of an application, or one of them, and see whether they are well',
    examples: [
      ['pvestack restart app-shop-dev', ''],
      ['pvestack restart app-shop-dev backend', 'one service'],
    ],
  })
    .argument('[service]', 'a service')
    .action((stack: string, service?: string) => {
      const env = envNamed(output, stack);
      const args = ['--restart', ...(service === undefined ? [] : [service])];
      return work(env, output, kitProgram(env, 'deploy_app.sh', args));
    });
}
