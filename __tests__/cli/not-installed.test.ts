import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

jest.setTimeout(60_000);

const ROOT = path.join(__dirname, '..', '..');
const { prepare, ...scripts } = (
  JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
).scripts;
const REFUSED = { status: 1, out: '', err: 'The packages are not installed: run `npm ci` first.\n' };

/** A clone without node_modules, as far as the commands need it. */
let clone: string;

beforeAll(() => {
  clone = mkdtempSync(path.join(os.tmpdir(), 'clone-'));
  for (const name of [
    'pvestack',
    'cdktf',
    'bin',
    'scripts',
    'bench',
    'package.json',
    'cdktf.json',
    'schemas',
  ])
    cpSync(path.join(ROOT, name), path.join(clone, name), { recursive: true, verbatimSymlinks: true });
});

afterAll(() => {
  rmSync(clone, { recursive: true, force: true });
});

function inClone(command: string): { status: number | null; out: string; err: string } {
  const inherited = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
  const run = spawnSync('sh', ['-c', command], {
    cwd: clone,
    encoding: 'utf8',
    // Nobody answers there: what asks the registry fails.
    env: {
      ...Object.fromEntries(inherited),
      npm_config_registry: 'http://127.0.0.1:9/',
      npm_config_fetch_retries: '0',
      npm_config_update_notifier: 'false',
      npm_config_cache: path.join(clone, 'cache'),
    },
  });
  return { status: run.status, out: run.stdout, err: run.stderr };
}

test.each([
  ...Object.entries(scripts).filter(([name]) => name !== 'test'),
  ...['app', 'pvestack'].map((name) => [name, `node bin/${name}.js`]),
  ...['check', 'plan app-pote-dev', 'deploy app-pote-dev'].map((rest) => [
    `./pvestack ${rest}`,
    `./pvestack ${rest}`,
  ]),
  ...['plan app-pote-dev', 'synth'].map((rest) => [`./cdktf ${rest}`, `./cdktf ${rest}`]),
  ...['scripts/build.js', 'scripts/get.js', 'bench/commands.js'].map((file) => [file, `node ${file}`]),
])('without its packages %s says to install them', (_name, command) => {
  expect(inClone(command)).toEqual(REFUSED);
});

test('so does npm test', () => {
  expect(inClone('npm --silent test')).toEqual(REFUSED);
});

test('npx pvestack is the clone itself, asks no registry, and says so each time', () => {
  expect(prepare).toBe('node scripts/build.js');
  expect(inClone('npx pvestack check')).toEqual(REFUSED);
  expect(inClone('npx pvestack check')).toEqual(REFUSED);
});
