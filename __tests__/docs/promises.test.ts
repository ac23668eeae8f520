import { readFileSync } from 'node:fs';
import path from 'node:path';

const DOCS = path.join(__dirname, '..', '..', 'docs');
const ROWS = [
  ...readFileSync(path.join(DOCS, 'promises.md'), 'utf8').matchAll(/\[\S+\]\((\S+)\) "([^"|]+)"/g),
];

test('each promise names its test', () => {
  const table = readFileSync(path.join(DOCS, 'promises.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (The attack|---)/.test(line));
  expect(ROWS).toHaveLength(table.length);
});

test.each(ROWS.map(([, file = '', title = '']) => [path.basename(file), title, file]))(
  '%s has "%s"',
  (_name, title, file) => {
    expect(readFileSync(path.join(DOCS, file), 'utf8')).toContain(title);
  },
);
