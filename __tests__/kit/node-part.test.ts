import { command, describeWith } from '../support/requirements';
import { kitPart, sh, TemporaryFolder } from '../support/shell';

const NPM_SCRIPT = kitPart('npm-script');
const STEPS = kitPart('steps/node.sh');

describeWith([command('jq')], 'in a folder with a package.json', () => {
  let folder: TemporaryFolder;
  beforeEach(() => {
    folder = new TemporaryFolder('node-');
  });
  afterEach(() => {
    folder.remove();
  });

  /** Runs a script there, with an npm that says how it was called. */
  const run = (script: string, args: string[], files: Record<string, string>): string => {
    for (const [name, text] of Object.entries(files)) folder.write(name, text, 0o755);
    folder.fake('npm', 'echo "npm $*"');
    const { stdout, stderr, status } = sh(script, { args, cwd: folder.root, env: folder.env });
    return `${stdout}${stderr}${status === 0 ? '' : `(${String(status)})`}`
      .replaceAll(folder.root, '.')
      .trim();
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
    expect(run(NPM_SCRIPT, ['start'], files)).toBe(printed);
  });

  test('npm-script puts a single program in the place of the shell, so that it gets the signals', () => {
    const files = { 'package.json': json({ scripts: { start: "sh -c 'ps -o ppid= -p $$'" } }) };
    expect(run(NPM_SCRIPT, ['start'], files)).toBe(String(process.pid));
  });

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
    expect(run(`${STEPS}\nnothing_to_install . && echo nothing || echo npm ci`, [], files)).toBe(
      nothing ? 'nothing' : 'npm ci',
    );
  });
});
