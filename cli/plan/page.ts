import type { Item, Words } from './item';
import { paint as painted, type Style } from '../paint';

const COLORS = { '+': 'green', '-': 'red', '~': 'yellow', '!': 'magenta' } as const;

/**
 * The part of a page that is one stack's.
 * @param stack its name
 * @param words what happens to it
 * @param color whether to use colours
 * @returns its lines; one where there is nothing to do
 */
export function pageOf(stack: string, { dangers, items, notes }: Words, color: boolean): string[] {
  const paint = (style: Style, text: string): string => (color ? painted(style, text) : text);
  const noted = notes.map((note) => paint('yellow', `  note: ${note}`));
  if (dangers.length + items.length === 0) return [`${paint('bold', stack)}: nothing to do`, ...noted];
  const lines = ({ sign, text, effect, lines: changed = [] }: Item): string[] => [
    `  ${paint(COLORS[sign], sign)} ${text}${effect === undefined ? '' : paint('bold', ` (${effect})`)}`,
    ...changed.map((line) => {
      const own = line.startsWith('+ ') ? 'green' : line.startsWith('- ') ? 'red' : undefined;
      return `      ${own ? paint(own, line) : line}`;
    }),
  ];
  return [
    paint('bold', stack),
    ...dangers.map((danger) => paint(['bold', 'red'], `  !! ${danger}`)),
    ...items.flatMap(lines),
    ...noted,
  ];
}
