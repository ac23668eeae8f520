import { type Command, InvalidArgumentError } from 'commander';
import { kitProgram } from '../guest/program';
import { work } from '../guest/work';
import type { Output } from '../output';
import { envNamed, guestCommand } from './command';

interface Options {
  follow?: boolean;
  since?: string;
  lines: number;
}

/**
 * Adds `pvestack logs`.
 * @param program the program
 * @param output where it prints to
 */
export function addLogs(program: Command, output: Output): void {
  guestCommand(program, {
    name: 'logs',
    description: 'what the services of an application said, or one of them, or a job',
    examples: [
      ['pvestack logs app-shop-dev', 'the last 100 lines of all services'],
      ['pvestack logs app-shop-dev backend -f', 'one service, and what comes'],
      ['pvestack logs app-shop-dev --since "1 hour ago" -n 1000', ''],
    ],
  })
    .argument('[service]', 'a service or a job')
    .option('-f, --follow', 'go on with what comes')
    .option('--since <time>', 'no older ones, e.g. "1 hour ago" or 2026-01-31 (systemd.time(7))')
    .option('-n, --lines <n>', 'at most so many', wholeNumber, 100)
    .action((stack: string, service: string | undefined, { follow, since, lines }: Options) => {
      const env = envNamed(output, stack);
      const args = [
        String(lines),
        since ?? '',
        follow ? 'yes' : 'no',
        ...(service === undefined ? [] : [service]),
      ];
      return work(env, output, kitProgram(env, 'logs', args));
    });
}

function wholeNumber(value: string): number {
  if (/^[1-9]\d{0,6}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('It must be a whole number, 1 or more.');
}
