import type { Report, Size } from './report';

/** The columns of a status. */
export const STATUS_COLUMNS = [
  'stack',
  'state',
  'commit',
  'live',
  'by',
  'behind',
  'disk',
  'memory',
  'backup',
  '',
] as const;

/**
 * A report as a row for people.
 * @param report the report
 * @param now milliseconds since 1970
 * @returns its cells
 */
export function statusRow(report: Report, now: number): string[] {
  const { stack, state, commit, subject, since, by, behind, disk, memory, backup } = report;
  if (['dead', 'new', 'stranger'].includes(state))
    return [stack, state, '', '', '', '', '', '', '', report.why ?? ''];
  const head =
    commit === undefined
      ? '-'
      : `${commit.slice(0, 7)}${subject === undefined ? '' : ` ${shortened(subject)}`}`;
  return [
    stack,
    state,
    head,
    since === undefined ? '-' : age(since, now),
    by ?? '-',
    behind === undefined ? '-' : String(behind).replace('unknown', '?'),
    disk ? percent(disk) : '-',
    memory ? percent(memory) : '-',
    backup === undefined ? '-' : backup === null ? 'never' : age(backup, now),
    remarks(report).join('; '),
  ];
}

/** What else people should know. */
function remarks({ state, why, held, pinned, failed, drift }: Report): string[] {
  return [
    ...(why === undefined
      ? []
      : [state === 'maintenance' || state === 'paused' ? `since ${why.replace(/^since /, '')}` : why]),
    ...(held === undefined ? [] : [`held at ${held.slice(0, 7)} by a rollback`]),
    ...(pinned === undefined ? [] : [`pinned at ${pinned} by the inventory`]),
    ...(failed === undefined ? [] : [`${failed.slice(0, 7)} was tried since and failed`]),
    ...drift.map((words) => `drift ${words}`),
  ];
}

/**
 * How long ago something was.
 * @param time in ISO 8601
 * @param now milliseconds since 1970
 * @returns e.g. `5 min`; of a time to come `just now`
 */
export function age(time: string, now: number): string {
  const seconds = Math.floor((now - Date.parse(time)) / 1000);
  if (seconds < 60) return 'just now';
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

const percent = ({ used, all }: Size): string => (all === 0 ? '-' : `${Math.round((used / all) * 100)} %`);

function shortened(subject: string): string {
  return subject.length > 32 ? `${subject.slice(0, 31).trimEnd()}…` : subject;
}

/**
 * Whether somebody has to look at it: what a monitoring is told.
 * @param report the report
 * @returns true unless it is well, or stands still on purpose
 */
export function isUnwell({ state }: Report): boolean {
  return !['well', 'paused', 'maintenance'].includes(state);
}
