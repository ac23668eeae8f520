import { chmodSync, rmSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Env } from '../inventory/types';
import { UserError } from '../inventory/user-error';
import type { Synthesized } from '../main';
import { type Context, openContext } from './context';
import { eachOf } from './each-of';
import type { Output } from './output';
import { temporaryFolder } from './private';
import { selectEnvs } from './select';
import { stackFolder } from './settings';
import { changesOf, inWords, terraform } from './terraform';

/** A part of a deploy that can run alone, on stacks that the user names. */
interface Stage {
  /** Its name on the command line. */
  name: string;
  /** What it does, for the help. */
  description: string;
  /** Why it makes no sense for an env; undefined: it does. */
  refusal(env: Env): string | undefined;
  /** Arguments of `terraform plan`. */
  planArguments(stack: AppStack): string[];
  /** The only addresses that a plan may change. */
  own(stack: AppStack): readonly string[];
  /** What to do about other changes. */
  advice: string;
}

type AppStack = Synthesized['stack'];

interface Options {
  autoApprove?: boolean;
  parallel: number;
}

/**
 * Adds the command of a stage: plans the stacks, shows the plans, asks once, applies. A stack that fails does not stop
 * the others.
 * @param program the program
 * @param output where it prints to
 * @param stage the stage
 */
export function addStage(program: Command, output: Output, stage: Stage): void {
  program
    .command(stage.name)
    .description(`${stage.description}: plans, shows, asks, applies`)
    .argument('<names...>', 'stacks or projects, * for anything, or `all`')
    .option('--auto-approve', 'do not ask')
    .addOption(
      new Option('--parallel <stacks>', 'stacks at a time').default(4).argParser((value) => {
        if (/^[1-9]\d{0,3}$/.test(value)) return Number(value);
        throw new InvalidArgumentError('It must be a whole number, 1 or more.');
      }),
    )
    .action((names: string[], options: Options) =>
      runStage(openContext(output, { deploys: true }), stage, names, options),
    );
}

/**
 * Why no stage makes sense for an env that is absent.
 * @param env the env
 * @returns the reason; undefined where it is present
 */
export function absent(env: Env): string | undefined {
  return env.present ? undefined : 'its state is absent in the inventory; cdktf deploy destroys it';
}

/** What becomes of a stack. */
interface Run {
  stack: AppStack;
  name: string;
  folder: string;
  plan: string;
  failure?: string;
  changes: number;
}

async function runStage(
  { settings, inventory, output }: Context,
  stage: Stage,
  names: readonly string[],
  { autoApprove, parallel }: Options,
): Promise<void> {
  const envs = selectEnvs(inventory.envs, names);
  const refusals = envs.flatMap((env) => {
    const why = stage.refusal(env);
    return why === undefined ? [] : [`${env.stack}: ${why}`];
  });
  if (refusals.length > 0) throw new UserError(refusals.join('\n'));
  if (!autoApprove && !process.stdin.isTTY) {
    throw new UserError('This is no terminal to ask in: give --auto-approve to apply without asking.');
  }
  // Loaded here: `pvestack --help` needs no CDKTF.
  const { synthesize } = await import('../main');
  const stacks = synthesize(settings, inventory).filter(({ env }) => envs.includes(env));

  const plans = temporaryFolder('plans');
  const removePlans = (): void => {
    rmSync(plans, { recursive: true, force: true });
  };
  process.once('exit', removePlans);
  // Terraform is interrupted with us and ends in its own time; the files go when we end.
  process.on('SIGINT', () => undefined);
  try {
    const runs = stacks.map(({ env: { stack: name }, stack }): Run => {
      return { stack, name, folder: stackFolder(settings, name), plan: path.join(plans, name), changes: 0 };
    });
    await eachOf(runs, parallel, (run) => planStack(output, stage, run));
    const planned = runs.filter(({ failure, changes }) => failure === undefined && changes > 0);
    if (planned.length > 0 && (autoApprove || (await confirmed(stage.name, planned.length)))) {
      await eachOf(planned, parallel, (run) => applyStack(output, run, runs.length > 1));
    }
    report(output, stage, runs);
  } finally {
    removePlans();
  }
}

async function planStack(output: Output, stage: Stage, run: Run): Promise<void> {
  const { stack, name, folder, plan } = run;
  const init = await terraform(folder, ['init', '-no-color', '-input=false']);
  if (init.code !== 0) {
    run.failure = `terraform init failed:\n${init.stderr.trim()}`;
    return;
  }
  const planning = await terraform(folder, [
    'plan',
    '-no-color',
    `-out=${plan}`,
    ...stage.planArguments(stack),
  ]);
  if (planning.code !== 0) {
    run.failure = `terraform plan failed:\n${planning.stderr.trim()}`;
    return;
  }
  // A plan holds the values of variables (measured), in a folder that only this user can enter.
  chmodSync(plan, 0o600);
  const changes = await changesOf(folder, plan);
  const own = stage.own(stack);
  const foreign = changes.filter(({ address }) => !own.includes(address));
  if (foreign.length > 0) {
    const list = foreign.map(({ address, actions }) => `  ${address} would be ${inWords(actions)}`);
    run.failure = `more than ${stage.name} would happen:\n${list.join('\n')}\n${stage.advice} ${name}`;
    return;
  }
  run.changes = changes.length;
  output.print(`${name}:`);
  for (const { address, actions } of changes) output.print(`  ${address} will be ${inWords(actions)}`);
  if (changes.length === 0) output.print('  nothing to do');
}

async function confirmed(stage: string, count: number): Promise<boolean> {
  const ask = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await ask.question(
    `${stage} ${count === 1 ? 'this stack' : `these ${count} stacks`}? yes: `,
  );
  ask.close();
  return answer.trim() === 'yes';
}

/** What terraform says of its connections is noise beside what the guest says. */
const NOISE =
  /\(remote-exec\): (Connecting to remote host|Connected!| {2}(Host|User|Password|Private key|Certificate|SSH Agent|Checking Host Key|Target Platform|Bastion|Port):)|: Provisioning with|: (Destroying|Destruction complete|Creating|Creation complete)|: Still |: Refreshing state|^\s*$/;

async function applyStack(output: Output, run: Run, prefixed: boolean): Promise<void> {
  const { name, folder, plan } = run;
  const prefix = prefixed ? `${name}  ` : '';
  const onLine = (line: string): void => {
    if (NOISE.test(line) || /^(Outputs:|[a-z_]+ = |[ \]}])/.test(line)) return;
    output.print(`${prefix}${line.replace(/^null_resource\.(\w+) \(remote-exec\): /, '$1: ')}`);
  };
  const { code, stderr } = await terraform(folder, ['apply', '-no-color', plan], { onLine });
  if (code !== 0) run.failure = `terraform apply failed:\n${stderr.trim()}`;
}

function report(output: Output, stage: Stage, runs: readonly Run[]): void {
  const failures = runs.flatMap(({ name, failure }) =>
    failure === undefined ? [] : [`${name}: ${failure}`],
  );
  if (runs.length > 1) {
    output.print(`${stage.name}: ${runs.length - failures.length} of ${runs.length} stacks`);
  }
  if (failures.length > 0) throw new UserError(failures.join('\n'));
}
