import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../../inventory');

/** The files of inventory/ that a file imports, types included. */
function importsOf(file: string): string[] {
  const text = readFileSync(path.join(ROOT, file), 'utf8');
  return [...text.matchAll(/ from '(\.[^']+)'/g)].map(([, target = '']) => {
    const base = path.join(path.dirname(file), target);
    return existsSync(path.join(ROOT, `${base}.ts`)) ? `${base}.ts` : path.join(base, 'index.ts');
  });
}

/** The first way from a file back to itself, if there is one. */
function circleAt(file: string, way: readonly string[] = [], done = new Set<string>()): string[] | undefined {
  if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
  if (done.has(file)) return undefined;
  for (const next of importsOf(file)) {
    const circle = circleAt(next, [...way, file], done);
    if (circle) return circle;
  }
  done.add(file);
  return undefined;
}

test('no file imports itself by way of others', () => {
  const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  expect(files.length).toBeGreaterThan(30);
  expect(files.map((file) => circleAt(file)).filter((circle) => circle !== undefined)).toEqual([]);
});
