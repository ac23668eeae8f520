import { rmSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../../inventory/user-error';
import { type Ask, terminalAsk } from '../ask';
import { openContext } from '../context';
import { eachOf } from '../each-of';
import { Ended } from '../ended';
import type { Output } from '../output';
import { pageOf } from '../plan/page';
import { keepStatesPrivate, temporaryFolder } from '../private';
import { selectEnvs } from '../select';
import { stackFolder } from '../settings';
import { checkTerraform } from '../terraform-version';
import { applyStack } from './apply-stack';
import { agreed } from './confirm';
import { type Interrupt, onInterrupt } from './interrupt';
import type { Operation } from './operation';
import type { Options } from './options';
import { planStack } from './plan-stack';
import { Progress } from './progress';
import { ProviderServers } from './providers';
import { recap } from './recap';
import type { Run } from './run';

/**
 * Synthesizes, plans side by side, shows, asks and applies. A stack that fails does not stop the others.
 * @param output where it prints to
 * @param operation what is done
 * @param names which stacks, as the user named them
 * @param options of the command
 * @throws Ended with the exit code where it is not 0
 * @throws UserError for what is wrong before anything has begun
 */
export async function runStacks(
  output: Output,
  operation: Operation,
  names: readonly string[],
  options: Options,
): Promise<void> {
  // Asked while the inventory is read; its answer comes first.
  const terraformIsThere = checkTerraform();
  terraformIsThere.catch(() => undefined);
  const ask = terminalAsk();
  const known = openContext(options.json ? quiet(output) : output, { deploys: true });
  const { settings, inventory } = known;
  const envs = chosen(known.inventory.envs, operation, names);
  if (!operation.onlyPlans && !options.autoApprove && !ask) {
    const names =
      operation.name === 'destroy' ? ', and --yes-destroy <stack> for each stack that is to go' : '';
    throw new UserError(
      `This is no terminal to ask in: give --auto-approve to apply without asking${names}.`,
    );
  }
  // Loaded here: `pvestack --help` needs no CDKTF.
  const { synthesize } = await import('../../main');
  const { requiredProviders } = await import('../../constructs/providers');
  const plans = temporaryFolder('plans');
  const servers = new ProviderServers(plans, requiredProviders());
  const cleanUp = (): void => {
    servers.stop();
    rmSync(plans, { recursive: true, force: true });
  };
  process.once('exit', cleanUp);
  try {
    await terraformIsThere;
    // They start while the stacks are written.
    const [first] = envs.filter(isPlannedHere);
    if (first) servers.begin(stackFolder(settings, first.stack));
    const runs = synthesize(settings, inventory)
      .filter(({ env }) => envs.includes(env))
      .map(({ env, stack }): Run => {
        const [name, folder] = [env.stack, stackFolder(settings, env.stack)];
        return {
          ...{ env, stack, name, folder, plan: path.join(plans, name) },
          providers: async () =>
            isPlannedHere(env) ? servers.environment(folder, operation.planEnv?.(env)) : {},
          ...{ outcome: 'not begun', finished: [] },
        };
      });
    await planAndApply(output, operation, runs, options, ask);
    keepStatesPrivate(settings.root, envs);
    finish(output, operation, runs, options);
  } finally {
    cleanUp();
    process.off('exit', cleanUp);
  }
}

/** Whether terraform plans it on this machine. */
function isPlannedHere({ backend }: Run['env']): boolean {
  return backend.type !== 'cloud';
}

async function planAndApply(
  output: Output,
  operation: Operation,
  runs: readonly Run[],
  options: Options,
  ask: Ask,
): Promise<void> {
  const progress = new Progress(options.json ? quiet(output) : output, runs.length > 1, options.full);
  const interrupt = onInterrupt((text) => {
    progress.print(text);
  });
  try {
    await planAll(runs, operation, options, progress, interrupt);
    if (!options.json) showPages(output, runs);
    const planned = runs.filter(({ outcome }) => outcome === 'planned');
    if (!operation.onlyPlans && !interrupt.came && planned.length > 0) {
      // Answered at the terminal itself, which has its own way to end a question.
      const accepted = await agreed(operation.name, planned, options, ask);
      for (const run of accepted) run.outcome = 'not begun';
      await eachOf(accepted, options.parallel, async (run) => {
        if (!interrupt.came) await applyStack(run, operation, options, progress, interrupt);
      });
    }
  } finally {
    progress.close();
    interrupt.stop();
  }
}

/** What the user named; nothing is done with all unless somebody says so. */
function chosen(
  envs: Parameters<typeof selectEnvs>[0],
  operation: Operation,
  names: readonly string[],
): Run['env'][] {
  if (names.length === 0) {
    throw new UserError(
      [
        `pvestack ${operation.name} needs to know which stacks: their names, projects, project:env, * for anything, or all.`,
        ...envs.map(({ stack }) => `  ${stack}`),
      ].join('\n'),
    );
  }
  const selected = selectEnvs(envs, names);
  const refusals = selected.flatMap((env) => {
    const why = operation.refusal?.(env);
    return why === undefined ? [] : [`${env.stack}: ${why}`];
  });
  if (refusals.length > 0) throw new UserError(refusals.join('\n'));
  return selected;
}

/** A program that reads standard output is not to find words there. */
function quiet(output: Output): Output {
  return {
    color: false,
    print: (text) => {
      output.warn(text);
    },
    warn: (text) => {
      output.warn(text);
    },
  };
}

async function planAll(
  runs: readonly Run[],
  operation: Operation,
  options: Options,
  progress: Progress,
  interrupt: Interrupt,
): Promise<void> {
  await eachOf(runs, options.parallel, async (run) => {
    if (interrupt.came) return;
    await planStack(run, operation, options, progress);
    if (interrupt.came && run.outcome === 'failed') {
      run.outcome = 'interrupted';
      run.reason = 'while it was planned; nothing was touched';
    }
    progress.end(run.name);
  });
  progress.close();
}

function showPages(output: Output, runs: readonly Run[]): void {
  for (const { name, words, text, outcome } of runs) {
    if (text !== undefined && outcome === 'planned') output.print(`${name}\n${text}`);
    else if (words) output.print(pageOf(name, words, output.color).join('\n'));
  }
}

function finish(output: Output, operation: Operation, runs: readonly Run[], options: Options): void {
  const wrong = runs.filter(({ outcome }) =>
    ['failed', 'interrupted', 'not begun', 'not done'].includes(outcome),
  );
  const code =
    wrong.length > 0
      ? // As a shell says it of a program that Ctrl-C ended.
        runs.some(({ outcome }) => outcome === 'interrupted' || outcome === 'not begun')
        ? 130
        : 1
      : options.detailedExitcode && runs.some(({ outcome }) => outcome === 'planned')
        ? 2
        : 0;
  if (options.json) {
    output.print(
      JSON.stringify(
        runs.map(({ name, outcome, reason, words, took }) => ({
          stack: name,
          outcome,
          reason,
          milliseconds: took,
          ...words,
        })),
        null,
        2,
      ),
    );
  } else if (wrong.length > 0 || (!operation.onlyPlans && runs.some(({ outcome }) => outcome === 'done'))) {
    (wrong.length > 0 ? output.warn : output.print)(recap(runs, operation.name, output.color).join('\n'));
  }
  if (code !== 0) throw new Ended(code);
}
