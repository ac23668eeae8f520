import { chmodSync, existsSync } from 'node:fs';
import path from 'node:path';
import { changesOf, isEmpty, type PlanJson } from '../plan/plan-json';
import { wordsOf } from '../plan/words';
import { terraform } from '../terraform';
import { knownCommits } from './commits';
import { reasonOf } from './failure';
import type { Operation } from './operation';
import type { Options } from './options';
import type { Progress } from './progress';
import type { Run } from './run';

/** Terraform's own word that the folder has to be initialized: it compares providers, lock file and backend. */
const NEEDS_INIT =
  /terraform init|tofu init|Required plugins are not installed|Inconsistent dependency lock file|initialization required|Module not installed/i;

/**
 * Plans one stack. It is initialized only where Terraform asks for it.
 * @param run the stack
 * @param operation what is planned
 * @param options of the command
 * @param progress where to say what happens
 */
export async function planStack(
  run: Run,
  operation: Operation,
  options: Options,
  progress: Progress,
): Promise<void> {
  const { name, folder } = run;
  const where = { stack: name, folder: path.relative(process.cwd(), folder) || '.', command: operation.name };
  const fail = (text: string, tainted?: string): void => {
    run.outcome = 'failed';
    run.reason = reasonOf(text, { ...where, tainted });
  };
  const init = async (): Promise<boolean> => {
    progress.step(name, 'terraform init');
    const { code, stdout, stderr } = await terraform(folder, ['init', '-no-color', '-input=false'], {
      shielded: true,
    });
    if (code !== 0) fail(`${stderr.trim() || stdout.trim()}`);
    return code === 0;
  };
  const plan = async () => {
    progress.step(name, 'plan');
    const env = { ...operation.planEnv?.(run.env), ...(await run.providers()) };
    return terraform(
      folder,
      [
        'plan',
        '-no-color',
        '-input=false',
        '-detailed-exitcode',
        `-out=${run.plan}`,
        ...(options.lockTimeout === undefined ? [] : [`-lock-timeout=${options.lockTimeout}`]),
        ...(operation.planArguments?.(run.stack) ?? []),
      ],
      { shielded: true, onLine: sayRemote(name, progress), env },
    );
  };
  const isFresh = !existsSync(path.join(folder, process.env['TF_DATA_DIR'] ?? '.terraform'));
  if (isFresh && !(await init())) return;
  let planning = await plan();
  if (planning.code === 1 && !isFresh && NEEDS_INIT.test(planning.stderr)) {
    if (!(await init())) return;
    planning = await plan();
  }
  if (planning.code !== 0 && planning.code !== 2) {
    const [, tainted] = /^ *# (\S+) is tainted, so (?:it )?must be replaced$/m.exec(planning.stdout) ?? [];
    fail(planning.stderr.trim() || planning.stdout.trim(), tainted);
    return;
  }
  // A plan holds the values of variables (measured), in a folder that only this user can enter.
  if (existsSync(run.plan)) chmodSync(run.plan, 0o600);
  // Where Terraform has nothing to do and nothing to warn of, there is nothing to read.
  if (planning.code === 0 && !/^Warning: /m.test(planning.stdout + planning.stderr)) {
    run.outcome = 'nothing to do';
    run.words = { dangers: [], items: [], notes: [] };
    return;
  }
  const env = await run.providers();
  const shown = await terraform(folder, ['show', '-json', run.plan], { shielded: true, env });
  if (shown.code !== 0) {
    fail(shown.stderr);
    return;
  }
  // It holds the values of variables as well, so it stays in memory.
  const json = JSON.parse(shown.stdout) as PlanJson;
  const changes = changesOf(json);
  const own = operation.own?.(run.stack);
  const foreign = own ? changes.filter(({ address }) => !own.includes(address)) : [];
  if (foreign.length > 0) {
    run.words = wordsOf(json);
    run.outcome = 'failed';
    run.reason = `more than ${operation.name} would happen: ${foreign.map(({ address }) => address).join(', ')}. Nothing was touched. Review and deploy these first: pvestack deploy ${name}`;
    return;
  }
  run.words = wordsOf(json, await knownCommits(run.env, json));
  run.outcome = isEmpty(json) ? 'nothing to do' : 'planned';
  if (options.full) {
    run.text = (
      await terraform(folder, ['show', '-no-color', run.plan], { shielded: true, env })
    ).stdout.trim();
  }
}

/** A run that does not happen here says where, and that it waits. */
function sayRemote(name: string, progress: Progress): (line: string) => void {
  let isRemote = false;
  return (line) => {
    const [, place] = /^Running (?:plan|apply) in (.+?)\. Output will stream/.exec(line) ?? [];
    if (place !== undefined) {
      isRemote = true;
      progress.print(
        `${name}: runs in ${place}, not here. It needs a way from there to Proxmox VE and to the guests, and gets the TF_VAR_… of this environment as its run's variables, which others there may read.`,
      );
    } else if (isRemote && /^(https:\/\/|Waiting for )/.test(line.trim()))
      progress.print(`${name}: ${line.trim()}`);
  };
}
