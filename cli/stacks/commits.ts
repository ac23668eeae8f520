import { randomBytes } from 'node:crypto';
import type { Env } from '../../inventory/types';
import { UserError } from '../../inventory/user-error';
import { KIT } from '../../renderers/layers/paths';
import { call } from '../guest/call';
import { plainLine } from '../guest/plain';
import { asRoot } from '../guest/program';
import { valueOf } from '../value';
import { commitsOf, lookOf } from '../plan/layers';
import type { PlanJson } from '../plan/plan-json';
import type { Commits } from '../plan/release';

/** Of a guest that does not say it. */
const NOTHING: Commits = { subjects: new Map() };

/** Seconds in which a guest has to say it: the plan is whole without. */
const LIMIT = 12;

/**
 * Asks the guest, which has the repository's key and its mirror, what the commits are that a plan goes between. Not at
 * plan time by terraform: a subject is a stranger's text, and nothing of it is to be in triggers or states.
 * @param env the stack's
 * @param plan the plan
 * @returns what it says; of a guest that does not answer nothing
 */
export async function knownCommits(env: Env, plan: PlanJson): Promise<Commits> {
  const commits = commitsOf(plan);
  const { repo, branch } = env.app;
  // Where the plan did not get to the guest, this would not either.
  if (!commits || !repo || lookOf(plan, 'asked') !== 'yes') return NOTHING;
  try {
    return await asked(env, commits, [valueOf(repo), valueOf(branch)]);
  } catch (error) {
    // A variable that terraform has from elsewhere, as from a workspace.
    if (error instanceof UserError) return NOTHING;
    throw error;
  }
}

async function asked(
  env: Env,
  { from, to }: { from: string; to: string },
  repository: readonly string[],
): Promise<Commits> {
  const mark = `commits-${randomBytes(8).toString('hex')}`;
  const input = `${[mark, ...repository, from, to].join('\n')}\n`;
  const { stdout } = await call(env, asRoot(env, `exec ${KIT}/commits`), { input, limit: LIMIT });
  const [, said] = stdout.split(`${mark} begin\n`);
  const [answer, rest] = said?.split(`${mark} end\n`) ?? [];
  if (answer === undefined || rest === undefined) return NOTHING;
  const one = (name: string): string =>
    plainLine(new RegExp(`^${name} (.*)$`, 'm').exec(answer)?.[1] ?? '', 72);
  const subjects = new Map(
    [
      [from, one('from')],
      [to, one('to')],
    ].filter((entry): entry is [string, string] => entry[1] !== ''),
  );
  const count = /^[1-9]\d{0,6}$/.exec(one('count'))?.[0];
  return { subjects, ...(count === undefined ? {} : { count: Number(count) }) };
}
