import { paint } from './paint';

/**
 * A table for people: columns aligned, no borders.
 * @param head the titles
 * @param rows the cells
 * @param color whether to use colours
 * @returns its lines
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  color: boolean,
): string[] {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  const titles = line(head);
  return [color ? paint('bold', titles) : titles, ...rows.map(line)];
}
