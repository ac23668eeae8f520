import type { Command } from 'commander';
import { kitProgram } from '../guest/program';
import { work } from '../guest/work';
import type { Output } from '../output';
import { envNamed, guestCommand } from './command';

/**
 * Adds `pvestack run`.
 * @param program the program
 * @param output where it prints to
 */
export function addRun(program: Command, output: Output): void {
  guestCommand(program, {
    name: 'run',
    description:
      'run a command as the application: its user, environment and sandbox, in the release that is live',
    examples: [
      ['pvestack run app-shop-dev -- node scripts/report.js', 'the exit code is its own'],
      [
        'pvestack run app-shop-dev --service backend -- node',
        'in the folder of a service; a console on a terminal',
      ],
      ['pvestack run app-shop-dev -- sh -c \'echo "$LOG_LEVEL"\'', 'a command line of a shell'],
    ],
  })
    .argument('<command...>', 'behind --: a program and its arguments')
    .option('--service <name>', 'in the folder and with the environment of this service')
    .action((stack: string, command: string[], { service }: { service?: string }) => {
      const env = envNamed(output, stack);
      const terminal = process.stdin.isTTY && process.stdout.isTTY;
      const args = [terminal ? 'yes' : 'no', service ?? '', ...command];
      return work(env, output, kitProgram(env, 'run', args), { interactive: true, reads: true, raw: true });
    });
}
