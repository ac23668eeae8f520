import type { Command } from 'commander';
import { UserError } from '../../inventory/user-error';
import { call, unreachable } from '../guest/call';
import { plain, plainLine } from '../guest/plain';
import { kitProgram } from '../guest/program';
import type { Output } from '../output';
import { table } from '../table';
import { envNamed, guestCommand } from './command';

/**
 * Adds `pvestack releases`.
 * @param program the program
 * @param output where it prints to
 */
export function addReleases(program: Command, output: Output): void {
  guestCommand(program, {
    name: 'releases',
    description: 'what was deployed when, by whom, and what came of it; the newest first',
    examples: [
      ['pvestack releases app-shop-prod', 'the last 20'],
      ['pvestack releases app-shop-prod --all', 'as many as the guest keeps (500)'],
    ],
  })
    .option('--all', 'all that the guest remembers')
    .option('--json', 'for programs')
    .action(async (stack: string, { all, json }: { all?: boolean; json?: boolean }) => {
      const env = envNamed(output, stack);
      const { code, stdout, stderr } = await call(env, kitProgram(env, 'deploy_app.sh', ['--history']));
      if (code === 255) throw new UserError(`${env.stack} ${unreachable(env, stderr)}.`);
      if (code !== 0) throw new UserError(plain(stderr).trim());
      const entries = parseHistory(stdout).slice(0, all ? undefined : 20);
      output.print(json ? JSON.stringify(entries, null, 2) : releaseTable(entries, output.color));
    });
}

/** One entry of a guest's history. Text in it is a guest's, made harmless. */
interface Entry {
  /** Whether its commit is live, or stands on the guest and can be gone back to. */
  is: 'live' | 'kept' | 'gone';
  time: string;
  commit: string;
  result: string;
  by: string;
  subject: string;
}

/**
 * Reads the history of a guest.
 * @param stdout of `deploy_app.sh --history`
 * @returns its entries, the newest first; of several of the live commit only the newest is live
 */
export function parseHistory(stdout: string): Entry[] {
  const entries = stdout
    .split('\n')
    .map((line) => line.split('\t').map((cell) => plainLine(cell)))
    .filter((cells) => cells.length === 6)
    .map(([mark = '', time = '', commit = '', how = '', by = '', subject = '']): Entry => {
      const failed = /^failed-(\d+)$/.exec(how)?.[1];
      const result =
        failed === undefined ? how.replace('-', ' ') : `failed: ${FAILURES[failed] ?? `code ${failed}`}`;
      const is = failed !== undefined ? 'gone' : mark === '*' ? 'live' : mark === '+' ? 'kept' : 'gone';
      return { is, time, commit, result, by, subject };
    })
    .reverse();
  const live = entries.findIndex(({ is }) => is === 'live');
  return entries.map((entry, i) => (entry.is === 'live' && i !== live ? { ...entry, is: 'kept' } : entry));
}

/** The exit codes of deploy_app.sh. */
const FAILURES: Readonly<Record<string, string>> = {
  10: 'fetch',
  11: 'install',
  12: 'build',
  13: 'migration',
  14: 'start',
  15: 'health',
  130: 'interrupted',
};

/**
 * A history for people.
 * @param entries its entries
 * @param color whether to use colours
 * @returns a table, or that nothing was deployed
 */
export function releaseTable(entries: readonly Entry[], color: boolean): string {
  if (entries.length === 0) return 'Nothing was deployed yet.';
  const rows = entries.map(({ is, time, commit, result, by, subject }) => [
    is === 'gone' ? '' : is,
    time,
    commit.slice(0, 7),
    result,
    by,
    subject,
  ]);
  return table(['', 'when', 'commit', 'result', 'by', 'subject'], rows, color).join('\n');
}
