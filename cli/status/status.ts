import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import type { Env } from '../../inventory/types';
import { openContext } from '../context';
import { exampleText } from '../daily/command';
import { eachOf } from '../each-of';
import { Ended } from '../ended';
import { SharedConnections } from '../guest/connection';
import { unvisited } from '../guest/one';
import type { Output } from '../output';
import { selectEnvs } from '../select';
import { table } from '../table';
import { ask } from './ask';
import type { Report } from './report';
import { isUnwell, STATUS_COLUMNS, statusRow } from './words';
import { paint } from '../paint';

interface Options {
  json?: boolean;
  watch?: number | true;
}

/** Guests that are asked at a time. */
const AT_A_TIME = 32;

/**
 * Adds `pvestack status`.
 * @param program the program
 * @param output where it prints to
 */
export function addStatus(program: Command, output: Output): void {
  program
    .command('status')
    .description('how the guests and their applications are, side by side; exit code 1 where one is unwell')
    .argument('[names...]', 'stacks or projects, * for anything; none: all')
    .option('--json', 'for programs')
    .option('--watch [seconds]', 'again and again, every 5 seconds', (value) => {
      if (/^[1-9]\d{0,4}$/.test(value)) return Number(value);
      throw new InvalidArgumentError('It must be a whole number of seconds, 1 or more.');
    })
    .addHelpText(
      'after',
      exampleText([
        ['pvestack status', 'all guests of the inventory'],
        ['pvestack status shop --watch', 'those of one project, again every 5 seconds'],
        ['pvestack status --json app-shop-prod', 'for a monitoring; exit code 1: unwell or out of reach'],
      ]),
    )
    .action((names: string[], options: Options) => status(output, names, options));
}

async function status(output: Output, names: readonly string[], { json, watch }: Options): Promise<void> {
  const { inventory } = openContext(output, { deploys: false, warns: false });
  const asked = selectEnvs(inventory.envs, names);
  const envs = asked.filter((env) => unvisited(env) === undefined);
  if (!json) {
    for (const env of asked) if (!envs.includes(env)) output.warn(`${env.stack}: ${unvisited(env) ?? ''}.`);
  }
  if (watch === undefined) {
    const reports = await askAll(envs);
    show(output, reports, json);
    if (reports.some(isUnwell)) throw new Ended(1);
    return;
  }
  const shared = new SharedConnections();
  process.once('SIGINT', () => process.exit(130));
  for (;;) {
    const reports = await askAll(envs, shared);
    // Home, and what was there goes.
    if (output.color && !json) output.print('\u001b[H\u001b[2J\u001b[3J');
    show(output, reports, json);
    await sleep((watch === true ? 5 : watch) * 1000);
  }
}

async function askAll(envs: readonly Env[], shared?: SharedConnections): Promise<Report[]> {
  const reports = new Map<Env, Report>();
  await eachOf(envs, AT_A_TIME, async (env) => {
    reports.set(env, await ask(env, shared?.of(env)));
  });
  return envs.flatMap((env) => reports.get(env) ?? []);
}

function show(output: Output, reports: readonly Report[], json = false): void {
  if (json) {
    output.print(JSON.stringify(reports, null, 2));
    return;
  }
  if (reports.length === 0) return;
  const now = Date.now();
  const rows = reports.map((report) => statusRow(report, now));
  const [titles = '', ...lines] = table(STATUS_COLUMNS, rows, output.color);
  output.print(titles);
  for (const [i, line] of lines.entries()) {
    const state = reports[i]?.state ?? 'dead';
    const colored = paint(COLORS[state], state);
    output.print(output.color ? line.replace(new RegExp(`^(\\S+ +)${state}`), `$1${colored}`) : line);
  }
}

const COLORS = {
  well: 'green',
  unwell: 'red',
  dead: 'red',
  stranger: 'red',
  new: 'yellow',
  paused: 'yellow',
  maintenance: 'yellow',
} as const;
