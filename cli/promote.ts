import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import type { Env } from '../inventory/types';
import { UserError } from '../inventory/user-error';
import { type Context, openContext } from './context';
import type { Output } from './output';
import { lineDiff } from './plan/line-diff';
import { lookOf } from './plan/layers';
import type { PlanJson } from './plan/plan-json';
import { temporaryFolder } from './private';
import { readInventoryOf } from './read-inventory';
import { selectOne } from './select';
import { stackFolder } from './settings';
import { terraform } from './terraform';
import { checkTerraform } from './terraform-version';
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
  await checkTerraform();
  const commit = await runningCommit(context, source);
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

/** What the guest says that runs, by a plan's look at it. */
async function runningCommit({ settings, inventory }: Context, env: Env): Promise<string> {
  const { synthesize } = await import('../main');
  synthesize(settings, inventory);
  const folder = stackFolder(settings, env.stack);
  const plans = temporaryFolder('plans');
  const file = path.join(plans, env.stack);
  try {
    const must = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await terraform(folder, args);
      if (code !== 0)
        throw new UserError(`${env.stack}: terraform ${args[0] ?? ''} failed:\n${stderr.trim()}`);
      return stdout;
    };
    await must('init', '-input=false', '-no-color');
    await must('plan', '-input=false', '-no-color', `-out=${file}`);
    const commit = lookOf(JSON.parse(await must('show', '-json', file)) as PlanJson, 'runs');
    if (!/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(commit))
      throw new UserError(
        `${env.stack}: nobody could see which commit runs: deploy it first, or look at it with pvestack plan.`,
      );
    return commit;
  } finally {
    rmSync(plans, { recursive: true, force: true });
  }
}
