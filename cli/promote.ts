import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import type { Env } from '../inventory/types';
import { UserError } from '../inventory/user-error';
import { type Context, openContext } from './context';
import type { Output } from './output';
import { lineDiff } from './plan/line-diff';
import { readInventoryOf } from './read-inventory';
import { selectOne } from './select';
import { ask } from './status/ask';
import { writeRelease } from './write-release';

/**
 * Adds `pvestack promote`.
 * @param program the program
 * @param output where it prints to
 */
export function addPromote(program: Command, output: Output): void {
  program
    .command('promote')
    .description('write the commit that runs on one env as `release` of another into the inventory')
    .argument('<from>', 'the stack, or project:env, whose commit it is')
    .argument('<to>', 'the one that is to get it')
    .addHelpText('after', '\nExample:\n  $ pvestack promote pote:qa pote:prod')
    .action((from: string, to: string) => promote(openContext(output, { deploys: true }), from, to));
}

async function promote(context: Context, from: string, to: string): Promise<void> {
  const { settings, inventory, output } = context;
  const [source, target] = [selectOne(inventory.envs, from), selectOne(inventory.envs, to)];
  if (source.project !== target.project) {
    throw new UserError(
      `${source.stack} and ${target.stack} are of two projects, which have no commit in common.`,
    );
  }
  for (const env of [source, target]) {
    const why = nothingDeployed(env);
    if (why !== undefined) throw new UserError(`${env.stack}: ${why}`);
  }
  const commit = await running(source, output);
  const file = path.resolve(settings.root, settings.inventory);
  const before = readFileSync(file, 'utf8');
  const after = writeRelease(before, target.project, target.env, commit);
  if (after === before) {
    output.print(`${target.stack} has release: ${commit} already.`);
    return;
  }
  writeFileSync(file, after);
  try {
    readInventoryOf(settings);
  } catch (error) {
    writeFileSync(file, before);
    throw error;
  }
  const name = path.relative(process.cwd(), file);
  output.print(
    [
      `${name}: what runs on ${source.stack}, for ${target.stack}`,
      ...lineDiff(before, after).map((line) => `  ${line}`),
    ].join('\n'),
  );
}

/** Why no commit ever runs on an env; undefined: one may. */
function nothingDeployed({ app, configure }: Env): string | undefined {
  if (!configure) return 'its guest is not configured (configure: false), so no commit runs on it';
  return app.type === 'none' ? 'it has no application (app_type: none), so no commit runs on it' : undefined;
}

/** What runs on a guest, as it says itself. */
async function running(env: Env, output: Output): Promise<string> {
  const { state, why, commit, subject, since, by } = await ask(env);
  if (commit === undefined || ['dead', 'stranger', 'new'].includes(state)) {
    throw new UserError(
      `${env.stack} ${why ?? 'runs no commit yet'}: nobody can tell which commit runs there.`,
    );
  }
  const words = [
    `${commit.slice(0, 7)}${subject === undefined ? '' : ` "${subject}"`}`,
    ...(since === undefined ? [] : [`since ${since}`]),
    ...(by === undefined ? [] : [`by ${by}`]),
  ];
  output.print(`${env.stack} runs ${words.join(', ')}`);
  if (state === 'unwell') output.warn(`${env.stack} is not well with it: ${why ?? ''}`);
  return commit;
}
