import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { Env } from '../inventory/types';
import { layersOf } from '../renderers/layers';
import { templateSource } from '../renderers/template-source';
import { readInventoryOf, readSettings, synthesize } from '../main';
import { findRoot } from './root';
import { printWarnings, UserError } from './run';
import { selectEnvs } from './select';
import { changesOf, inWords, terraform } from './terraform';

/** What the user may choose. */
export interface StageOptions {
  /** Do not ask. */
  autoApprove?: boolean;
  /** Stacks at a time. */
  parallel?: number;
}

/** A part of a deploy that can run alone. */
interface Stage {
  /** Its name on the command line. */
  name: 'provision' | 'configure';
  /** Why it makes no sense for an env; undefined: it does. */
  refusal(env: Env): string | undefined;
  /** Arguments of `terraform plan`. */
  planArguments(env: Env): string[];
  /** Whether a change of the plan is none of its business. */
  isForeign(env: Env, address: string): boolean;
  /** What to do about foreign changes. */
  advice: string;
}

const RESOURCES = {
  lxc: 'proxmox_virtual_environment_container.guest',
  kvm: 'proxmox_virtual_environment_vm.guest',
};

/** The resources of the guest itself, without what is done inside of it. */
function guestAddresses(env: Env): string[] {
  if (env.guest.type === 'external') return [];
  return [
    RESOURCES[env.guest.type],
    'null_resource.preflight',
    'terraform_data.protection',
    ...(env.guest.adopt ? ['terraform_data.adopted'] : []),
  ];
}

/** The layers of an env, as addresses. */
function layerAddresses(env: Env): string[] {
  return layersOf(env, templateSource([])).map(({ name }) => `null_resource.${name}`);
}

const absent = (env: Env): string | undefined =>
  env.present ? undefined : 'its state is absent in the inventory; cdktf deploy destroys it';

/** Only the guest: what the seed's provision_vms.yml did. */
export const PROVISION: Stage = {
  name: 'provision',
  refusal: (env) =>
    env.guest.type === 'external' ? 'it is external: somebody else makes its host' : absent(env),
  planArguments: (env) => guestAddresses(env).map((address) => `-target=${address}`),
  isForeign: (env, address) => !guestAddresses(env).includes(address),
  advice: 'Run: npx cdktf deploy',
};

/** Only what is done inside of a guest that is there: what configure_app.yml did. */
export const CONFIGURE: Stage = {
  name: 'configure',
  refusal: (env) =>
    env.configure ? absent(env) : 'nothing connects to it (configure or lxc_start_after_create is false)',
  // Not -target: that takes the guest along, and changes it (measured: it rebooted).
  planArguments: (env) => layerAddresses(env).map((address) => `-replace=${address}`),
  isForeign: (env, address) => ![...layerAddresses(env), 'null_resource.ssh'].includes(address),
  advice: 'Nothing was touched. Review and deploy these first: npx cdktf deploy',
};

/** What became of a stack. */
interface Outcome {
  env: Env;
  folder: string;
  plan: string;
  failure?: string;
  changes: number;
}

/**
 * Runs a stage on stacks: plans them all, shows the plans, asks once, applies. A stack that fails does not stop
 * the others.
 * @param stage the stage
 * @param names stacks, projects or `all`
 * @param options what the user chose
 * @throws UserError for unknown names, and at the end where a stack failed
 */
export async function runStage(stage: Stage, names: readonly string[], options: StageOptions): Promise<void> {
  const settings = readSettings(findRoot());
  const inventory = readInventoryOf(settings);
  const envs = selectEnvs(inventory.envs, names);
  const refusals = envs.flatMap((env) => {
    const why = stage.refusal(env);
    return why === undefined ? [] : [`${env.stack}: ${why}`];
  });
  if (refusals.length > 0) throw new UserError(refusals.join('\n'));
  if (!options.autoApprove && !process.stdin.isTTY) {
    throw new UserError('This is no terminal to ask in: give --auto-approve to apply without asking.');
  }
  printWarnings(inventory);
  synthesize(settings, inventory);

  const plans = mkdtempSync(path.join(os.tmpdir(), 'pvestack-'));
  const removePlans = (): void => {
    rmSync(plans, { recursive: true, force: true });
  };
  process.once('exit', removePlans);
  // Terraform is interrupted with us and ends in its own time; the files go when we end.
  process.on('SIGINT', () => undefined);
  try {
    const limit = options.parallel ?? 4;
    const outcomes = envs.map((env): Outcome => {
      const folder = path.resolve(settings.root, settings.output, 'stacks', env.stack);
      return { env, folder, plan: path.join(plans, env.stack), changes: 0 };
    });
    await eachOf(outcomes, limit, (outcome) => planStack(stage, outcome));
    const planned = outcomes.filter(({ failure, changes }) => failure === undefined && changes > 0);
    if (planned.length > 0 && (options.autoApprove || (await confirmed(stage.name, planned.length)))) {
      const prefix = outcomes.length > 1;
      await eachOf(planned, limit, (outcome) => applyStack(outcome, prefix));
    }
    report(stage, outcomes);
  } finally {
    removePlans();
  }
}

async function planStack(stage: Stage, outcome: Outcome): Promise<void> {
  const { env, folder, plan } = outcome;
  const init = await terraform(folder, ['init', '-no-color', '-input=false']);
  if (init.code !== 0) {
    outcome.failure = `terraform init failed:\n${init.stderr.trim()}`;
    return;
  }
  const run = await terraform(folder, ['plan', '-no-color', `-out=${plan}`, ...stage.planArguments(env)]);
  if (run.code !== 0) {
    outcome.failure = `terraform plan failed:\n${run.stderr.trim()}`;
    return;
  }
  // A plan holds the values of variables (measured), in a folder that only this user can enter.
  chmodSync(plan, 0o600);
  const changes = await changesOf(folder, plan);
  const foreign = changes.filter(({ address }) => stage.isForeign(env, address));
  if (foreign.length > 0) {
    const list = foreign.map(({ address, actions }) => `  ${address} would be ${inWords(actions)}`);
    outcome.failure = `more than ${stage.name} would happen:\n${list.join('\n')}\n${stage.advice} ${env.stack}`;
    return;
  }
  outcome.changes = changes.length;
  console.log(`${env.stack}:`);
  for (const { address, actions } of changes) console.log(`  ${address} will be ${inWords(actions)}`);
  if (changes.length === 0) console.log('  nothing to do');
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

async function applyStack(outcome: Outcome, prefixed: boolean): Promise<void> {
  const { env, folder, plan } = outcome;
  const prefix = prefixed ? `${env.stack}  ` : '';
  const onLine = (line: string): void => {
    if (NOISE.test(line) || /^(Outputs:|[a-z_]+ = |[ \]}])/.test(line)) return;
    console.log(`${prefix}${line.replace(/^null_resource\.(\w+) \(remote-exec\): /, '$1: ')}`);
  };
  const { code, stderr } = await terraform(folder, ['apply', '-no-color', plan], { onLine });
  if (code !== 0) outcome.failure = `terraform apply failed:\n${stderr.trim()}`;
}

function report(stage: Stage, outcomes: readonly Outcome[]): void {
  const failed = outcomes.filter(({ failure }) => failure !== undefined);
  for (const { env, failure } of failed) console.error(`${env.stack}: ${failure ?? ''}`);
  if (outcomes.length > 1) {
    console.log(`${stage.name}: ${outcomes.length - failed.length} of ${outcomes.length} stacks`);
  }
  if (failed.length > 0) process.exitCode = 1;
}

/** Runs work on items, some at a time. */
async function eachOf<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
}
