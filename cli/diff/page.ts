import { paint } from '../paint';
import { pageOf } from '../plan/page';
import type { Entry } from './entries';

/** How many stacks are named of those that change alike. */
const NAMED = 4;

/**
 * What changes, in one line.
 * @param entries the changes
 * @param all how many stacks there are
 * @returns e.g. `2 of 5 stacks change: 1 is replaced or destroyed, 1 is new`
 */
export function headOf(entries: readonly Entry[], all: number): string {
  const count = (isMeant: (entry: Entry) => boolean): number =>
    entries.filter(isMeant).reduce((sum, { stacks }) => sum + stacks.length, 0);
  const said = (number: number, words: string): string[] => (number === 0 ? [] : [`${number} ${words}`]);
  const total = count(() => true);
  if (total === 0) return `No stack changes, of ${all}.`;
  const kinds = [
    ...said(
      count(({ words }) => words.dangers.length > 0),
      'replaced or DESTROYED',
    ),
    ...said(
      count(({ kind }) => kind === 'new'),
      'new',
    ),
    ...said(
      count(({ kind }) => kind === 'removed'),
      'removed from the inventory',
    ),
  ];
  return `${total} of ${all} ${all === 1 ? 'stack' : 'stacks'} ${total === 1 ? 'changes' : 'change'}${kinds.length > 0 ? `: ${kinds.join(', ')}` : ''}.`;
}

/**
 * What an entry is about.
 * @param entry the entry
 * @returns e.g. `app-shop-dev, app-shop-qa (2 stacks)`
 */
export function titleOf({ stacks, kind, like }: Entry): string {
  const named = stacks.slice(0, NAMED).join(', ');
  const more = stacks.length > NAMED ? ` and ${stacks.length - NAMED} more` : '';
  const count = stacks.length > 1 ? ` (${stacks.length} stacks)` : '';
  const what = kind === 'new' ? `, new${like === undefined ? '' : `: as ${like}, but for`}` : '';
  return `${named}${more}${count}${what}`;
}

/**
 * An entry for a terminal.
 * @param entry the entry
 * @param color whether to use colours
 * @returns its lines
 */
export function entryLines(entry: Entry, color: boolean): string[] {
  return pageOf(titleOf(entry), entry.words, color);
}

/**
 * A line of a unified diff for a terminal.
 * @param line the line
 * @param color whether to use colours
 * @returns the line
 */
export function diffLine(line: string, color: boolean): string {
  const style = line.startsWith('+') ? 'green' : line.startsWith('-') ? 'red' : undefined;
  return color && style ? paint(style, line) : line;
}
