import type { Entry } from './entries';
import { entryLines, titleOf } from './page';

/** The first line, by which a workflow finds the comment that it changes. */
export const MARK = '<!-- pvestack diff -->';

/** What a comment is made from. */
interface Comment {
  /** What is compared, and what changes, in a line each. */
  head: readonly string[];
  /** The most dangerous first. */
  entries: readonly Entry[];
  /** The unified diff of an entry's JSON. */
  diff: (entry: Entry) => readonly string[];
  /** Characters that it may have. */
  most: number;
}

/** The words of one diff are for one screen. */
const LINES = 400;

/**
 * A comment for a pull request. What does not fit is left out from the end, and said: first the JSON of the last ones,
 * then the words of the last ones.
 * @param comment what it is made from
 * @returns Markdown, not longer than it may be
 */
export function markdownOf({ head, entries, diff, most }: Comment): string {
  const top = [MARK, ...head].join('\n\n');
  const words = entries.map((entry) => block('text', entryLines(entry, false)));
  const leftOut = (count: number): string =>
    `${count} more ${count === 1 ? 'entry is' : 'entries are'} left out: \`pvestack diff\` shows all.`;
  let room = most - top.length - leftOut(entries.length).length - 4;
  const fitting = words.filter((text) => (room -= text.length + 2) >= 0).length;
  const shown = words.slice(0, fitting);
  room = most - [top, ...shown, leftOut(entries.length)].join('\n\n').length - 2;
  const folded = entries.slice(0, fitting).map((entry) => {
    const text = `<details><summary>cdk.tf.json of ${titleOf(entry).replace(/[<>&]/g, '')}</summary>\n\n${block('diff', shortened(diff(entry)))}\n\n</details>`;
    room -= text.length + 2;
    return room >= 0 ? text : undefined;
  });
  const parts = shown.flatMap((text, i) => [text, ...(folded[i] === undefined ? [] : [folded[i]])]);
  return `${[top, ...parts, ...(fitting < entries.length ? [leftOut(entries.length - fitting)] : [])].join('\n\n')}\n`;
}

function shortened(lines: readonly string[]): string[] {
  return lines.length <= LINES
    ? [...lines]
    : [...lines.slice(0, LINES), `… ${lines.length - LINES} more lines`];
}

/** Nothing in it ends it: its fence is longer than any in it. */
function block(language: string, lines: readonly string[]): string {
  const text = lines.join('\n');
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}
