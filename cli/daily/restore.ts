import type { Command } from 'commander';
import { UserError } from '../../inventory/user-error';
import { call, unreachable } from '../guest/call';
import { plain, plainLine } from '../guest/plain';
import { kitProgram } from '../guest/program';
import { work } from '../guest/work';
import type { Output } from '../output';
import { table } from '../table';
import { askByName } from './ask-by-name';
import { envNamed, guestCommand } from './command';

/** Where the dumps of a guest lie. */
const FOLDER = '/var/backups/pvestack';

/**
 * Adds `pvestack restore`.
 * @param program the program
 * @param output where it prints to
 */
export function addRestore(program: Command, output: Output): void {
  guestCommand(program, {
    name: 'restore',
    description:
      "put the application's database back to a dump on the guest; what is there now is dumped first",
    examples: [
      ['pvestack restore app-shop-dev', 'which dumps there are'],
      [
        'pvestack restore app-shop-dev shop-daily-n000007-20260131T023000Z.dump',
        'asks for the name of the stack',
      ],
    ],
  })
    .argument('[dump]', 'a dump, as pvestack restore lists them; or a path on the guest')
    .option('--yes <stack>', 'the answer to the question')
    .action(async (stack: string, dump: string | undefined, { yes }: { yes?: string }) => {
      const env = envNamed(output, stack);
      if (dump === undefined) {
        const { code, stdout, stderr } = await call(env, kitProgram(env, 'dumps'));
        if (code === 255) throw new UserError(`${env.stack} ${unreachable(env, stderr)}.`);
        if (code !== 0) throw new UserError(plain(stderr).trim());
        output.print(dumpTable(stdout, output.color));
        return;
      }
      const file = dump.includes('/') ? dump : `${FOLDER}/${dump}`;
      await askByName(env.stack, `The database of ${env.stack} goes back to ${plainLine(file)}.`, yes);
      await work(env, output, kitProgram(env, 'restore_app_db.sh', [file]));
    });
}

/**
 * The dumps of a guest, for people.
 * @param stdout of kit/dumps
 * @param color whether to use colours
 * @returns a table, or that there are none
 */
export function dumpTable(stdout: string, color: boolean): string {
  const rows = stdout
    .split('\n')
    .map((line) => plainLine(line).split(' '))
    .filter((cells) => cells.length === 3)
    .map(([time = '', bytes = '', name = '']) => [
      time,
      `${(Number(bytes) / 1024 / 1024).toFixed(1)} MiB`,
      name,
    ]);
  if (rows.length === 0) return 'There are no dumps yet.';
  return table(['made', 'size', 'dump'], rows, color).join('\n');
}
