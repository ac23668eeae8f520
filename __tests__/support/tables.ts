/** A table of a Markdown page. */
export interface Table {
  /** The heading above it. */
  title: string;
  columns: string[];
  rows: string[][];
}

const cells = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

/**
 * The tables of a page, each with the last heading above it.
 * @param markdown the page
 * @returns the tables, in order
 */
export function readTables(markdown: string): Table[] {
  const tables: Table[] = [];
  let title = '';
  let open: Table | undefined;
  for (const line of markdown.split('\n')) {
    if (line.startsWith('#')) title = line.replace(/^#+ /, '');
    if (!line.startsWith('|')) open = undefined;
    else if (!open) tables.push((open = { title, columns: cells(line), rows: [] }));
    else if (!/^\|[ |:-]+\|$/.test(line)) open.rows.push(cells(line));
  }
  return tables;
}

/**
 * Replaces the rows of a page's tables.
 * @param markdown the page
 * @param tables as readTables returned them, with other cells
 * @returns the page; its columns are not aligned, which the formatter does
 */
export function writeTables(markdown: string, tables: readonly Table[]): string {
  const rest = [...tables];
  const lines: string[] = [];
  let inTable = false;
  for (const line of markdown.split('\n')) {
    const begins = line.startsWith('|') && !inTable;
    inTable = line.startsWith('|');
    if (!inTable) lines.push(line);
    const table = begins ? rest.shift() : undefined;
    if (!table) continue;
    const all = [table.columns, table.columns.map(() => '---'), ...table.rows];
    lines.push(...all.map((row) => `| ${row.join(' | ')} |`));
  }
  return lines.join('\n');
}
