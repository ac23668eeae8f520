import type { Command } from 'commander';
import { kitProgram } from '../guest/program';
import { work } from '../guest/work';
import type { Output } from '../output';
import { envNamed, guestCommand } from './command';

/**
 * Adds `pvestack db`.
 * @param program the program
 * @param output where it prints to
 */
export function addDb(program: Command, output: Output): void {
  guestCommand(program, {
    name: 'db',
    description: "psql in the application's database, as its role",
    examples: [
      ['pvestack db app-shop-dev', 'a session'],
      ['pvestack db app-shop-dev -- -c "select count(*) from users"', 'arguments of psql'],
      ['pvestack db app-shop-dev <fix.sql', 'statements on standard input'],
    ],
  })
    .argument('[arguments...]', 'behind --: of psql')
    .action((stack: string, args: string[]) => {
      const env = envNamed(output, stack);
      return work(env, output, kitProgram(env, 'db', args), { interactive: true, reads: true, raw: true });
    });
}
