import type { Env } from '../../inventory/types';
import type { Ask } from '../ask';
import type { Options } from './options';
import type { Run } from './run';

/** What asks for itself, and why. */
function alone({ env, words }: Run): string | undefined {
  if ((words?.dangers ?? []).length > 0) return words?.dangers.join('; ');
  return isProduction(env) ? `is ${env.env}` : undefined;
}

/** Whether an env is one that people depend on, by its name. */
function isProduction({ env }: Env): boolean {
  return ['prod', 'production'].includes(env.toLowerCase());
}

/**
 * Asks for what was planned: one question for all, and one for each stack of prod and each that loses something. What is
 * not agreed to says why.
 * @param command the command, for the question
 * @param planned the stacks
 * @param options what was answered already
 * @param ask asks
 * @returns what was agreed to
 */
export async function agreed(
  command: string,
  planned: readonly Run[],
  { autoApprove = false, yes = [], yesDestroy = [] }: Options,
  ask: Ask,
): Promise<Run[]> {
  const common = planned.filter((run) => alone(run) === undefined);
  const word = command[0]?.toUpperCase() + command.slice(1);
  const many = common.length === 1 ? `${common[0]?.name ?? ''}` : `these ${common.length} stacks`;
  const isCommon =
    common.length > 0 &&
    (autoApprove || (await ask?.(`${word} ${many}? Only yes is a yes: `))?.toLowerCase() === 'yes');
  for (const run of common) if (!isCommon) decline(run, 'nobody said yes');
  const accepted = isCommon ? common : [];
  for (const run of planned) {
    const why = alone(run);
    if (why === undefined) continue;
    const isLoss = (run.words?.dangers ?? []).length > 0;
    const answer = isLoss ? '--yes-destroy' : '--yes';
    if (yesDestroy.includes(run.name) || (!isLoss && yes.includes(run.name))) accepted.push(run);
    else if (!ask)
      decline(run, `it ${why}, so it asks for itself, and here is no terminal: ${answer} ${run.name}`);
    else if ((await ask(`${run.name} ${why}. ${word} it? Its name is a yes: `)) === run.name)
      accepted.push(run);
    else decline(run, 'its name was not given');
  }
  return planned.filter((run) => accepted.includes(run));
}

function decline(run: Run, reason: string): void {
  run.outcome = 'not done';
  run.reason = reason;
}
