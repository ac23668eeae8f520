import { plainLine } from '../guest/plain';

/** How a guest and its application are. Text in it is a guest's, made harmless. */
export interface Report {
  stack: string;
  /**
   * `well`; `unwell`: the application is not; `paused`, or in `maintenance`; `dead`: there is no way to the guest; `new`:
   * nothing was configured on it; `stranger`: it is another stack's.
   */
  state: 'well' | 'unwell' | 'paused' | 'maintenance' | 'dead' | 'new' | 'stranger';
  /** Why it is not well, or since when it is paused. */
  why?: string;
  commit?: string;
  subject?: string;
  /** When the commit went live, in ISO 8601. */
  since?: string;
  by?: string;
  /** Commits that the branch is ahead: a number, `elsewhere` where it does not lead on from what is live, `unknown`. */
  behind?: number | 'elsewhere' | 'unknown';
  /** The commit that a rollback by hand holds. */
  held?: string;
  /** The commit or tag that the inventory pins (`release`). */
  pinned?: string;
  /** What was tried since and failed: a commit. */
  failed?: string;
  /** Of each layer what deviates, in words. */
  drift: string[];
  /** KiB. */
  disk?: Size;
  /** KiB. */
  memory?: Size;
  /** When the last dump of the database was made; null: never. */
  backup?: string | null;
}

/** How much of something is used. */
export interface Size {
  used: number;
  all: number;
}

/**
 * Reads what kit/status said.
 * @param whose guest it is to be: the stack and, where it is known, its owner id
 * @param mark frames the answer
 * @param stdout what came
 * @returns the report; undefined where it is no whole answer
 */
export function parseReport(
  { stack, owner }: { stack: string; owner?: string },
  mark: string,
  stdout: string,
): Report | undefined {
  const lines = stdout.replaceAll('\r', '').split('\n');
  const begin = lines.indexOf(`${mark} begin`);
  const end = lines.indexOf(`${mark} end`, begin);
  if (lines.includes(`${mark} none`))
    return { stack, state: 'new', why: 'nothing is configured on it yet', drift: [] };
  if (begin < 0 || end < 0) return undefined;
  const said = lines.slice(begin + 1, end).map((line): [string, string] => {
    const [name = '', ...rest] = line.split(' ');
    return [name, plainLine(rest.join(' '))];
  });
  const one = (name: string): string | undefined =>
    said.find(([key, value]) => key === name && value !== '')?.[1];
  const says = one('owner');
  const [whose, id] = says?.split(' ') ?? [];
  if (says !== undefined && (whose !== stack || (owner !== undefined && id !== owner))) {
    return { stack, state: 'stranger', why: `says that it belongs to the stack ${says}`, drift: [] };
  }
  const health = one('health');
  const paused = one('paused');
  const maintenance = one('maintenance');
  const backup = one('backup');
  const report: Report = {
    stack,
    state: paused ? 'paused' : health ? 'unwell' : maintenance ? 'maintenance' : 'well',
    why: paused ?? health ?? maintenance,
    commit: hexOf(one('commit')),
    subject: one('subject'),
    since: timeOf(one('since')),
    by: one('by'),
    behind: behindOf(one('behind')),
    held: hexOf(one('held')),
    failed: hexOf(one('failed')?.split(' ')[1]),
    drift: said.filter(([name]) => name === 'drift').map(([, value]) => value),
    disk: sizeOf(one('disk')),
    memory: sizeOf(one('memory')),
    backup: backup === undefined ? undefined : (timeOf(backup.split(' ')[0]) ?? null),
  };
  return report;
}

const hexOf = (text = ''): string | undefined => /^[0-9a-f]{7,64}\b/.exec(text)?.[0];

const timeOf = (text = ''): string | undefined =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) ? text : undefined;

function sizeOf(text = ''): Size | undefined {
  const [, used, all] = /^(\d{1,15}) (\d{1,15})$/.exec(text) ?? [];
  return used === undefined || all === undefined ? undefined : { used: Number(used), all: Number(all) };
}

function behindOf(text = ''): Report['behind'] {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  return text === 'elsewhere' || text === 'unknown' ? text : undefined;
}
