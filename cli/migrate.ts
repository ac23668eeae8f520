import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import type { Env } from '../inventory/types';
import { UserError } from '../inventory/user-error';
import { type Backend, localStatePath, renderBackend } from '../renderers/backend';
import { type Context, openContext } from './context';
import type { Output } from './output';
import { temporaryFolder } from './private';
import { selectEnvs } from './select';
import { type Settings, stackFolder } from './settings';
import { terraform } from './terraform';

/** What is read of a state. */
interface State {
  lineage: string;
  serial: number;
  resources: unknown[];
}

/**
 * Adds `pvestack migrate`.
 * @param program the program
 * @param output where it prints to
 */
export function addMigrate(program: Command, output: Output): void {
  program
    .command('migrate')
    .description(
      'bring the states of stacks to the backend that the inventory now names; a local state is removed only when the next plan is empty',
    )
    .argument('<names...>', 'stacks or projects, * for anything, or `all`')
    .addHelpText('after', '\nExample:\n  $ pvestack migrate pote')
    .action(async (names: string[]) => {
      const context = openContext(output, { deploys: true });
      const envs = selectEnvs(context.inventory.envs, names);
      // Loaded here: `pvestack --help` needs no CDKTF.
      const { synthesize } = await import('../main');
      synthesize(context.settings, context.inventory);
      const failures: string[] = [];
      for (const env of envs) {
        try {
          await migrate(context, env);
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          failures.push(`${env.stack}: ${error.message}`);
        }
      }
      if (failures.length > 0) throw new UserError(failures.join('\n'));
    });
}

/** One at a time: each asks several times for its backend. */
async function migrate({ settings, output }: Context, env: Env): Promise<void> {
  const { stack } = env;
  const folder = stackFolder(settings, stack);
  const target = renderBackend(env, path.relative(folder, settings.root));
  const former = formerBackend(folder) ?? leftBehind(settings, env, folder);
  if (!former) {
    throw new UserError(
      `nothing here knows where its state was: no .terraform in ${path.relative(process.cwd(), folder)}, and no ${localStatePath(env)}. Migrate where it was deployed from; or write the old backend back, run terraform init in that folder, then write the new one and migrate.`,
    );
  }
  if (isSame(former, target)) {
    output.print(`${stack}: its state is in ${target.name} already; nothing was done.`);
    return;
  }
  const work = temporaryFolder('migrate');
  try {
    const [from, to] = [await open(work, 'from', former, folder), await open(work, 'to', target, folder)];
    const before = await pull(from);
    if (!before) throw new UserError(`there is no state in ${former.name}, so nothing was done.`);
    const there = await pull(to);
    // A run that was cut off behind the copy goes on here.
    if (there && !isCopy(before, there)) {
      throw new UserError(
        `${target.name} has another state of this stack already (${there.resources.length} resources, lineage ${there.lineage}). Nothing was done. Find out whose it is; if it is of no use, remove it there.`,
      );
    }
    if (!there) {
      const file = path.join(work, 'state.json');
      writeFileSync(file, JSON.stringify(before), { mode: 0o600 });
      await run(
        to,
        ['state', 'push', '-lock-timeout=30s', file],
        `the state could not be written to ${target.name}`,
      );
    }
    const after = await pull(to);
    if (!after || !isCopy(before, after))
      throw new UserError(`what ${target.name} gives back is not what was written. ${STAYS}`);
    const again = await pull(from);
    if (again?.serial !== before.serial)
      throw new UserError(
        `somebody has deployed meanwhile, to ${former.name}. Nothing was removed. Remove the copy in ${target.name}, then migrate again.`,
      );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  await verify(env, folder, former, target);
  const removed =
    former.name === 'local' && target.name !== 'local' ? removeLocal(former, folder) : undefined;
  const old =
    removed === undefined
      ? `The old state in ${former.name} was left where it is.`
      : `${path.relative(settings.root, removed)} was removed.`;
  output.print(`${stack}: its state is in ${target.name} now, and the next plan is empty. ${old}`);
}

const STAYS = 'The old state is where it was.';

/** The stack's folder takes the new backend, and its plan has nothing to do. */
async function verify(env: Env, folder: string, former: Backend, target: Backend): Promise<void> {
  // It would ask whether to copy the state, which is done.
  rmSync(record(folder), { force: true });
  await run(folder, ['init', '-no-color', '-input=false'], `terraform init failed behind the copy. ${STAYS}`);
  const { code, stdout, stderr } = await terraform(folder, [
    'plan',
    '-no-color',
    '-detailed-exitcode',
    '-lock-timeout=30s',
  ]);
  if (code === 0) return;
  const local = former.name === 'local' && target.name !== 'local';
  const rest = local ? ` ${STAYS} Remove it (${localStatePath(env)}) when all is well.` : ` ${STAYS}`;
  const summary = /^Plan: .*$/m.exec(stdout)?.[0];
  throw new UserError(
    code === 2
      ? `its state is in ${target.name} now, but the next plan is not empty${summary ? ` (${summary})` : ''}: look at it, pvestack plan ${env.stack}.${rest}`
      : `its state is in ${target.name} now, but terraform plan failed:\n${stderr.trim()}\n${rest.trim()}`,
  );
}

function removeLocal({ settings }: Backend, folder: string): string {
  const file = path.resolve(folder, String(settings['path']));
  for (const one of [file, `${file}.backup`]) rmSync(one, { force: true });
  return file;
}

/** A folder that knows a backend and no more: no provider is needed to read or write a state. */
async function open(
  work: string,
  name: string,
  { name: type, settings }: Backend,
  folder: string,
): Promise<string> {
  const at = temporaryFolder(name, work);
  const absolute =
    type === 'local' ? { ...settings, path: path.resolve(folder, String(settings['path'])) } : settings;
  const block = type === 'cloud' ? { cloud: absolute } : { backend: { [type]: absolute } };
  writeFileSync(path.join(at, 'main.tf.json'), JSON.stringify({ terraform: block }));
  await run(at, ['init', '-no-color', '-input=false'], `${type} cannot be used`);
  return at;
}

async function pull(folder: string): Promise<State | undefined> {
  const said = await run(folder, ['state', 'pull'], 'the state cannot be read');
  if (said.trim() === '') return undefined;
  const state = JSON.parse(said) as State;
  return state.resources.length === 0 ? undefined : state;
}

/**
 * Whether two states hold the same, the owner's id among it. Terraform writes resources and attributes in an order of its
 * own, and a remote backend gives what is pushed another lineage (measured).
 */
function isCopy(a: State, b: State): boolean {
  const resources = (state: State): string => state.resources.map(text).sort().join();
  return resources(a) === resources(b);
}

async function run(folder: string, args: readonly string[], failure: string): Promise<string> {
  const { code, stdout, stderr } = await terraform(folder, args);
  if (code !== 0) throw new UserError(`${failure}:\n${stderr.trim()}`);
  return stdout;
}

/** Where Terraform remembers the backend of a folder. */
const record = (folder: string): string => path.join(folder, '.terraform', 'terraform.tfstate');

/** The backend that a stack's folder was used with last. */
function formerBackend(folder: string): Backend | undefined {
  try {
    const { backend } = JSON.parse(readFileSync(record(folder), 'utf8')) as {
      backend?: { type: string; config: Record<string, unknown> };
    };
    return backend && { name: backend.type, settings: withoutNulls(backend.config) };
  } catch {
    return undefined;
  }
}

/** A local state of a folder that was made anew, as by a fresh clone. */
function leftBehind({ root }: Settings, env: Env, folder: string): Backend | undefined {
  const file = path.resolve(root, localStatePath(env));
  return env.backend.type !== 'local' && existsSync(file)
    ? { name: 'local', settings: { path: path.relative(folder, file) } }
    : undefined;
}

function isSame(a: Backend, b: Backend): boolean {
  return a.name === b.name && text(a.settings) === text(withoutNulls(b.settings));
}

const text = (value: unknown): string =>
  JSON.stringify(value, (_key, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );

/** Terraform writes every setting that a backend knows, null for those that are not set. */
function withoutNulls(settings: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(settings).flatMap(([name, value]): [string, unknown][] => {
    if (value === null || value === undefined) return [];
    const isMap = typeof value === 'object' && !Array.isArray(value);
    return [[name, isMap ? withoutNulls(value as Record<string, unknown>) : value]];
  });
  return Object.fromEntries(entries);
}
