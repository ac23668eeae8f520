import type { Run } from './run';
import { paint, type Style } from '../paint';

/** Recaps are for several stacks, or for what went wrong. */
const STYLES: Partial<Record<Run['outcome'], Style>> = {
  done: 'green',
  failed: ['bold', 'red'],
  interrupted: ['bold', 'yellow'],
  'not done': 'yellow',
  'not begun': 'yellow',
};

/** What went wrong comes last. */
const ORDER: readonly Run['outcome'][] = [
  'nothing to do',
  'planned',
  'done',
  'not begun',
  'not done',
  'interrupted',
  'failed',
];

/**
 * The end of a command: what became of each stack, failures last.
 * @param runs the stacks
 * @param command the command, with what it was given besides names
 * @param color whether to use colours
 * @returns its lines
 */
export function recap(runs: readonly Run[], command: string, color: boolean): string[] {
  const width = Math.max(...runs.map(({ name }) => name.length));
  const sorted = [...runs].sort((a, b) => ORDER.indexOf(a.outcome) - ORDER.indexOf(b.outcome));
  const lines = sorted.map((run) => {
    const style = STYLES[run.outcome];
    const outcome = color && style ? paint(style, run.outcome) : run.outcome;
    const took = run.took === undefined ? '' : `, ${(run.took / 1000).toFixed(1)} s`;
    const reason =
      run.reason === undefined ? '' : `: ${run.reason.replaceAll('\n', `\n${' '.repeat(width + 4)}`)}`;
    return `  ${run.name.padEnd(width)}  ${outcome}${took}${reason}`;
  });
  const again = runs.filter(({ outcome }) => ['failed', 'interrupted', 'not begun'].includes(outcome));
  return [
    ...lines,
    ...(again.length > 0 ? [`To go on: pvestack ${command} ${again.map(({ name }) => name).join(' ')}`] : []),
  ];
}
