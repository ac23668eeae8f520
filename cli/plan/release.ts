import type { Item } from './item';
import type { PlanJson } from './plan-json';

const COMMIT = /\b[0-9a-f]{40}(?:[0-9a-f]{24})?\b/;

/** What a person should know of commits besides their ids. */
export interface Commits {
  /** First line of the message, by commit. */
  subjects: ReadonlyMap<string, string>;
  /** How many there are between the two; undefined: nobody knows. */
  count?: number;
}

/** What decided which commit it is: nothing but the branch, or a name that somebody wrote. */
interface Choice {
  /** A commit, a tag or a branch; empty: the head of the env's branch. */
  wanted: string;
  /** Whether the inventory says so (`release`), and not this run (`TF_VAR_release`). */
  isPinned: boolean;
}

/**
 * What decided which commit a plan deploys.
 * @param plan the plan
 * @returns the variable `release`, and where its value comes from
 */
export function choiceOf({ variables, configuration }: PlanJson): Choice {
  const value = variables?.['release']?.value;
  const wanted = typeof value === 'string' ? value : '';
  return {
    wanted,
    isPinned: wanted !== '' && configuration?.root_module?.variables?.['release']?.default === wanted,
  };
}

/**
 * Between which commits a plan goes.
 * @param before the token of the last deploy, if there was one
 * @param after the one that is planned
 * @returns the commit that runs, and the one that will; undefined where the token does not say
 */
export function ends(
  before: string | undefined,
  after: string,
): { runs: string | undefined; target: string | undefined } {
  return {
    runs: COMMIT.exec(/\(after ([0-9a-f]+)\)/.exec(after)?.[1] ?? before ?? '')?.[0],
    target: COMMIT.exec(after.replace(/\(after [^)]*\)/, ''))?.[0],
  };
}

/**
 * What a plan deploys. Its trigger is a token: the commit, what it was asked for by, and the one that runs where that is
 * another one than the last deploy left.
 * @param before the token of the last deploy, if there was one
 * @param after the one that is planned
 * @param known what is known of the commits
 * @param choice what decided
 * @returns one item
 */
export function releaseItem(before: string | undefined, after: string, known: Commits, choice: Choice): Item {
  const { runs, target } = ends(before, after);
  const named = (commit: string): string => {
    const subject = known.subjects.get(commit);
    return `${commit.slice(0, 7)}${subject === undefined ? '' : ` "${subject}"`}`;
  };
  const name = COMMIT.test(choice.wanted) ? '' : `: ${choice.wanted}`;
  const by =
    choice.wanted === ''
      ? ''
      : choice.isPinned
        ? ` (release in the inventory${name})`
        : ` (TF_VAR_release${name})`;
  if (target === undefined) {
    if (after.endsWith(': not configured')) {
      const what = choice.wanted === '' ? 'the head of the branch by then' : `${choice.wanted}${by}`;
      return { sign: '+', text: `commit ${what}: nothing is deployed yet` };
    }
    const branch = after.replace(/, not looked at$/, '');
    const what = branch === after ? after : `what ${branch} is at by then, as nobody could look`;
    return { sign: '~', text: `commit ${runs === undefined ? '' : `${named(runs)} → `}${what}` };
  }
  if (runs === undefined) return { sign: '+', text: `commit ${named(target)}${by}` };
  if (runs === target) return { sign: '~', text: `commit ${named(target)}${by} is deployed once more` };
  const count =
    known.count === undefined ? '' : `, ${known.count} ${known.count === 1 ? 'commit' : 'commits'}`;
  return { sign: '~', text: `commit ${named(runs)} → ${named(target)}${by}${count}` };
}
