import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { node } from '../../../renderers/app-types/node';
import { templateSource } from '../../../renderers/template-source';
import { command, describeWith } from '../../support/requirements';
import { envOf } from '../envs';

const source = templateSource([]);
const unescaped = (lines: readonly string[]): string =>
  lines.join('\n').replaceAll('$${', '${').replaceAll('%%{', '%{');
const fileOf = (name: string, project = ''): string =>
  unescaped(
    node.files(envOf({ project }), source).find(({ path: where }) => where.endsWith(name))?.lines ?? [],
  );

test.each<[string, string]>([
  ['', '/usr/local/lib/pvestack/npm-script start'],
  ['backend_start: npm start', '/usr/local/lib/pvestack/npm-script start'],
  ['backend_start: npm run start', '/usr/bin/env npm run start'],
  ['backend_start: node server.js', '/usr/bin/env node server.js'],
  ['backend_start: "serve --format %H"', '/usr/bin/env serve --format %%H'],
])('%s starts by ExecStart=%s', (project, started) => {
  expect(fileOf('app-backend.service', project)).toContain(`\nExecStart=${started}\n`);
});

test.each<[string, string, string[]]>([
  ['service_memory: 256', 'app-backend.service', ['MemoryMax=256M']],
  ['backend_port: 8001', 'app-backend.service', ['Environment=PORT=8001']],
  [
    'frontend_dir: apps/web',
    'app-frontend.service',
    ['ConditionPathIsDirectory=/srv/app/current/apps/web', 'WorkingDirectory=/srv/app/current/apps/web'],
  ],
])('%s in %s: %s', (project, unit, lines) => {
  const file = fileOf(unit, project).split('\n');
  for (const line of lines) expect(file).toContain(line);
  expect(fileOf(unit).split('\n')).not.toContain(lines[0]);
});

describeWith([command('jq')], 'in a folder with a package.json', () => {
  let folder: string;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'node-')));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs a script there, with an npm that says how it was called. */
  const run = (script: string, args: string[], files: Record<string, string>): string => {
    const write = (name: string, text: string): void => {
      const file = path.join(folder, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
      chmodSync(file, 0o755);
    };
    for (const [name, text] of Object.entries(files)) write(name, text);
    write('bin/npm', '#!/bin/sh\necho "npm $*"\n');
    const { stdout, stderr, status } = spawnSync('/bin/sh', ['-c', script, 'sh', ...args], {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: `${folder}/bin:${process.env['PATH'] ?? ''}` },
    });
    return `${stdout}${stderr}${status === 0 ? '' : `(${String(status)})`}`.replaceAll(folder, '.').trim();
  };
  const json = (value: unknown): string => JSON.stringify(value);

  test.each<[string, string, Record<string, string>]>([
    ['a script', 'hello x', { 'package.json': json({ scripts: { start: 'echo hello "$WORD"x' } }) }],
    [
      'its environment',
      'shop 1.2.3 start echo',
      {
        'package.json': json({
          name: 'shop',
          version: '1.2.3',
          scripts: {
            start:
              'echo $npm_package_name $npm_package_version $npm_lifecycle_event ${npm_lifecycle_script%% *}',
          },
        }),
      },
    ],
    [
      'a program of its packages',
      'built all',
      {
        'package.json': json({ scripts: { start: 'tool all' } }),
        'node_modules/.bin/tool': '#!/bin/sh\necho "built $1"\n',
      },
    ],
    ['several commands', 'a\nb', { 'package.json': json({ scripts: { start: 'echo a && echo b' } }) }],
    ['a failing script', '(3)', { 'package.json': json({ scripts: { start: 'exit 3' } }) }],
    ['an assignment before it', 'v', { 'package.json': json({ scripts: { start: "X=v sh -c 'echo $X'" } }) }],
    ['no such script', 'npm run start', { 'package.json': json({ scripts: {} }) }],
    [
      'one before it',
      'npm run start',
      { 'package.json': json({ scripts: { start: 'echo a', prestart: 'echo b' } }) },
    ],
    [
      'one after it',
      'npm run start',
      { 'package.json': json({ scripts: { start: 'echo a', poststart: 'echo b' } }) },
    ],
    [
      'a config',
      'npm run start',
      { 'package.json': json({ scripts: { start: 'echo a' }, config: { port: 1 } }) },
    ],
    [
      'an .npmrc',
      'npm run start',
      { 'package.json': json({ scripts: { start: 'echo a' } }), '.npmrc': 'script-shell=bash\n' },
    ],
    ['a broken package.json', 'npm run start', { 'package.json': '{' }],
    ['no package.json', 'npm run start', {}],
  ])('npm-script with %s: %j', (_what, printed, files) => {
    expect(run(fileOf('npm-script'), ['start'], files)).toBe(printed);
  });

  test('npm-script puts a single program in the place of the shell, so that it gets the signals', () => {
    const files = { 'package.json': json({ scripts: { start: "sh -c 'ps -o ppid= -p $$'" } }) };
    expect(run(`${fileOf('npm-script')}\n`, ['start'], files)).toBe(String(process.pid));
  });

  const steps = unescaped(node.deploySteps(envOf(), source));
  const lock = (packages: Record<string, unknown>): string => json({ lockfileVersion: 3, packages });
  test.each<[string, boolean, Record<string, string>]>([
    [
      'no dependency',
      true,
      { 'package.json': json({ scripts: { start: 'x' } }), 'package-lock.json': lock({ '': {} }) },
    ],
    [
      'a dependency',
      false,
      {
        'package.json': json({ dependencies: { a: '1' } }),
        'package-lock.json': lock({ '': {}, 'node_modules/a': {} }),
      },
    ],
    [
      'one that the lock file lacks',
      false,
      { 'package.json': json({ devDependencies: { a: '1' } }), 'package-lock.json': lock({ '': {} }) },
    ],
    [
      'one that only the lock file has',
      false,
      { 'package.json': json({}), 'package-lock.json': lock({ '': {}, 'node_modules/a': {} }) },
    ],
    [
      'workspaces',
      false,
      { 'package.json': json({ workspaces: ['a'] }), 'package-lock.json': lock({ '': {} }) },
    ],
    [
      'a postinstall',
      false,
      { 'package.json': json({ scripts: { postinstall: 'x' } }), 'package-lock.json': lock({ '': {} }) },
    ],
    [
      'a prepare',
      false,
      { 'package.json': json({ scripts: { prepare: 'x' } }), 'package-lock.json': lock({ '': {} }) },
    ],
    [
      'a binding.gyp',
      false,
      { 'package.json': json({}), 'package-lock.json': lock({ '': {} }), 'binding.gyp': '{}' },
    ],
    [
      'an old lock file',
      false,
      { 'package.json': json({}), 'package-lock.json': json({ lockfileVersion: 1 }) },
    ],
    ['a broken lock file', false, { 'package.json': json({}), 'package-lock.json': '{' }],
  ])('nothing to install with %s: %s', (_what, nothing, files) => {
    expect(run(`${steps}\nnothing_to_install . && echo nothing || echo npm ci`, [], files)).toBe(
      nothing ? 'nothing' : 'npm ci',
    );
  });
});
