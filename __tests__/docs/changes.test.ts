import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CHANGES } from '../../cli/plan/changes';
import { readTables, writeTables } from '../support/tables';

const PAGE = path.join(__dirname, '..', '..', 'docs', 'changes.md');

test('the tables of docs/changes.md are those that the words of a plan come from (UPDATE_DOCS=1 writes them)', () => {
  const page = readFileSync(PAGE, 'utf8');
  const tables = readTables(page);
  expect(tables.map(({ title }) => title)).toEqual(['Containers', 'VMs']);
  const fresh = Object.values(CHANGES).map((rows, i) => ({
    ...(tables[i] ?? { title: '', columns: [] }),
    rows: rows.map(({ name, effect, note = '' }) => [name, effect, note]),
  }));
  // The formatter aligns the columns.
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(PAGE, writeTables(page, fresh));
  expect(readTables(readFileSync(PAGE, 'utf8'))).toEqual(fresh);
});
