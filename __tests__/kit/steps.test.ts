import { mkdirSync } from 'node:fs';
import { fileOf } from '../renderers/guest-files';
import { command, describeWith } from '../support/requirements';
import { KIT_FOLDER, kitPart, type Ran, sh, TemporaryFolder } from '../support/shell';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
  folder.write('release/kept', '');
});
afterEach(() => {
  folder.remove();
});

/** Words of the core that say how they were called, one call a line. */
const SAID = `set -eu
release=$1/release env_file=/srv/app/.env.dev
prove_release() { :; }
call() { for word; do printf '%s|' "$word"; done; echo; }
step() { call "$@"; }
remark() { call remark "$@"; }
note_part() { :; }
migration() { call migration "$@"; }
give_up() { call give_up "$@"; exit "$1"; }`;

/** The three functions of a release, as steps.sh of an env of this project defines them. */
function steps(
  project: string,
  files: Record<string, string>,
  call = 'build_release\nmigrate_release\nprove_release',
): string[] {
  for (const [name, text] of Object.entries(files)) folder.write(`release/${name}`, text);
  const rendered = fileOf('/etc/pvestack/steps.sh', project)
    .join('\n')
    .replaceAll('/usr/local/lib/pvestack/steps', `${KIT_FOLDER}/steps`);
  const { stdout, stderr } = sh(`${SAID}\n${rendered}\n${call}`, { args: [folder.root] });
  expect(stderr).toBe('');
  return stdout.replaceAll(folder.at('release'), '').trimEnd().split('\n');
}

describeWith([command('jq')], 'the steps of a Node.js application', () => {
  const PACKAGE = (scripts: object): string => JSON.stringify({ dependencies: { a: '1' }, scripts });

  const NPM = 'npm install --include=dev --no-audit --no-fund';
  const CI = 'npm ci --include=dev --no-audit --no-fund';
  const install = (part: string, folder: string, what: string): string =>
    `11|${part} install|confined|${folder}|without-env|${what}|`;
  const build = (part: string, folder: string, what = '/usr/local/lib/pvestack/npm-script build'): string =>
    `12|${part} build|confined|${folder}|plain-env|${what}|`;
  const newest = (part: string): string =>
    `remark|${part} install|no lock file: npm install takes what is newest within package.json|`;
  const PACKAGE_LOCK = JSON.stringify({ packages: { '': {}, a: {} } });

  test('what package.json says', () => {
    const files = {
      'backend/package.json': PACKAGE({ build: 'tsc', migrate: 'migrate' }),
      'backend/package-lock.json': PACKAGE_LOCK,
      'frontend/package.json': PACKAGE({ start: 'serve' }),
    };
    expect(steps('', files)).toEqual([
      install('backend', '/backend', CI),
      build('backend', '/backend'),
      newest('frontend'),
      install('frontend', '/frontend', NPM),
      'migration|/backend|/usr/local/lib/pvestack/npm-script migrate|',
    ]);
  });

  test('commands of the inventory arrive as they are', () => {
    const project = `backend_install: make "$X"
frontend_build: make it's
migrate: npx prisma migrate deploy
frontend_dir: apps/web
`;
    const files = { 'backend/package.json': PACKAGE({ build: 'tsc' }), 'apps/web/package.json': '{}' };
    expect(steps(project, files)).toEqual([
      install('backend', '/backend', 'make "$X"'),
      build('backend', '/backend'),
      install('frontend', '/apps/web', NPM),
      build('frontend', '/apps/web', "make it's"),
      'migration|/backend|npx prisma migrate deploy|',
    ]);
  });

  test('a part that the repository does not have', () => {
    expect(steps('', { 'frontend/index.html': '' })).toEqual(['']);
  });

  describe('the root of the repository', () => {
    const root = {
      'package.json': PACKAGE({ build: 'tsc', migrate: 'migrate' }),
      'package-lock.json': PACKAGE_LOCK,
    };
    const MIGRATION = 'migration||/usr/local/lib/pvestack/npm-script migrate|';

    test('as a part: no folder of it ends in /.', () => {
      expect(steps('backend_dir: .', root)).toEqual([
        install('backend', '', CI),
        build('backend', ''),
        MIGRATION,
      ]);
    });

    test('as both parts is installed and built once, unless by other commands', () => {
      const both = 'backend_dir: .\nfrontend_dir: ./\n';
      expect(steps(both, root)).toEqual([install('backend', '', CI), build('backend', ''), MIGRATION]);
      expect(steps(`${both}frontend_build: make web`, root)).toEqual([
        install('backend', '', CI),
        build('backend', ''),
        build('frontend', '', 'make web'),
        MIGRATION,
      ]);
    });
  });

  describe('the lock file decides', () => {
    const bring = (tool: string, rest: string): string =>
      `/usr/local/lib/pvestack/package-manager ${tool}; ${rest}`;
    const PNPM = 'pnpm install --frozen-lockfile --prod=false';
    const CLASSIC = 'yarn install --frozen-lockfile --production=false --non-interactive';
    const BERRY = 'yarn install --immutable';
    const SUM = `sha512.${'0a'.repeat(64)}`;

    test.each<[string, Record<string, string>, string, string?]>([
      ['npm', { 'package-lock.json': PACKAGE_LOCK }, CI],
      ['npm', { 'npm-shrinkwrap.json': PACKAGE_LOCK }, CI],
      ['npm', { 'npm-shrinkwrap.json': PACKAGE_LOCK, 'package-lock.json': PACKAGE_LOCK }, CI],
      ['pnpm', { 'pnpm-lock.yaml': "lockfileVersion: '9.0'\n" }, bring('pnpm 9.15.9', PNPM)],
      ['pnpm', { 'pnpm-lock.yaml': "lockfileVersion: '6.0'\n" }, bring('pnpm 8.15.9', PNPM)],
      ['pnpm', { 'pnpm-lock.yaml': 'lockfileVersion: 5.4\n' }, bring('pnpm 7.33.7', PNPM)],
      ['pnpm', { 'pnpm-lock.yaml': '' }, bring('pnpm 10.1.2', PNPM), 'pnpm@10.1.2'],
      ['pnpm', { 'pnpm-lock.yaml': '' }, bring(`pnpm 10.1.2 ${SUM}`, PNPM), `pnpm@10.1.2+${SUM}`],
      ['yarn', { 'yarn.lock': '# yarn lockfile v1\n' }, bring('yarn 1.22.22', CLASSIC)],
      ['yarn', { 'yarn.lock': '__metadata:\n  version: 8\n' }, bring('yarn 4.9.2', BERRY)],
      ['yarn', { 'yarn.lock': '__metadata:\n  version: 6\n' }, bring('yarn 3.8.7', BERRY)],
      ['yarn', { 'yarn.lock': '' }, bring('yarn 1.22.19', CLASSIC), 'yarn@1.22.19'],
      ['yarn', { 'yarn.lock': '__metadata:\n' }, bring(`yarn 4.5.0 ${SUM}`, BERRY), `yarn@4.5.0+${SUM}`],
    ])('%s for %j: %s (packageManager: %s)', (tool, locks, command, ...[packageManager]) => {
      const json = { dependencies: { a: '1' }, scripts: { build: 'tsc' }, packageManager };
      expect(steps('backend_dir: .', { 'package.json': JSON.stringify(json), ...locks })).toEqual([
        install('backend', '', command),
        build('backend', '', tool === 'npm' ? undefined : `${tool} run build`),
      ]);
    });

    const LOCKED = { 'pnpm-lock.yaml': "lockfileVersion: '9.0'\n" };

    test.each<[string, Record<string, string>]>([
      ['pnpm-workspace.yaml', { 'package.json': '{}', 'pnpm-workspace.yaml': '' }],
      ['package.json', { 'package.json': '{"workspaces": ["apps/*"]}' }],
    ])(
      'at the root of a workspace (%s): installed there, once; built in the folder of the part',
      (_what, root) => {
        const files = {
          ...root,
          ...LOCKED,
          'apps/api/package.json': PACKAGE({ build: 'tsc' }),
          'apps/web/package.json': PACKAGE({ build: 'vite build' }),
        };
        expect(steps('backend_dir: apps/api\nfrontend_dir: apps/web', files)).toEqual([
          install('backend', '', bring('pnpm 9.15.9', PNPM)),
          build('backend', '/apps/api', 'pnpm run build'),
          build('frontend', '/apps/web', 'pnpm run build'),
        ]);
      },
    );

    test('at the root of a repository that is no workspace says nothing about a part; one beside the part goes first', () => {
      const part = { 'backend/package.json': PACKAGE({}) };
      expect(steps('', { ...LOCKED, 'package.json': '{}', ...part })).toEqual([
        newest('backend'),
        install('backend', '/backend', NPM),
      ]);
      folder.write('release/pnpm-workspace.yaml', '');
      expect(steps('', { 'backend/package-lock.json': PACKAGE_LOCK })).toEqual([
        install('backend', '/backend', CI),
      ]);
    });

    const INSTEAD = 'write install of the service (backend_install, frontend_install) in the inventory';
    test.each<[string, Record<string, string>, string?]>([
      [
        `the repository has both backend/package-lock.json and backend/pnpm-lock.yaml: remove the one that nobody keeps up to date, or ${INSTEAD}`,
        { 'package-lock.json': '{}', 'pnpm-lock.yaml': '' },
      ],
      [`backend/bun.lock is bun's, which is not brought along: ${INSTEAD}`, { 'bun.lock': '' }],
      [
        `backend/package.json says packageManager yarn@4.5.0, and beside it is backend/pnpm-lock.yaml: remove the one that is wrong, or ${INSTEAD}`,
        LOCKED,
        'yarn@4.5.0',
      ],
      [
        'packageManager pnpm@9 of backend/package.json is no exact version: write e.g. pnpm@9.15.9',
        LOCKED,
        'pnpm@9',
      ],
      [
        'packageManager pnpm@9.1.0touchx of backend/package.json is no exact version: write e.g. pnpm@9.15.9',
        LOCKED,
        'pnpm@9.1.0;touch x',
      ],
    ])('refused: %s', (said, locks, ...[packageManager]) => {
      const files = Object.fromEntries(
        Object.entries(locks).map(([name, text]) => [`backend/${name}`, text]),
      );
      const json = JSON.stringify({ dependencies: { a: '1' }, packageManager });
      expect(steps('', { ...files, 'backend/package.json': json })).toEqual([`give_up|11|${said}|`]);
    });

    test('a command of the inventory is asked for nothing of that', () => {
      const files = { 'package.json': PACKAGE({ build: 'tsc' }), 'package-lock.json': '{}', 'yarn.lock': '' };
      expect(steps('backend_dir: .\nbackend_install: make', files)).toEqual([
        install('backend', '', 'make'),
        build('backend', ''),
      ]);
    });
  });
});

describe('the steps of a Python application', () => {
  const PYTHON = 'app_type: python\n';
  const VENV = '11|virtualenv|confined||without-env|python3 -m venv .venv|';
  const pip = (what: string): string => `without-env|pip install --disable-pip-version-check ${what}|`;
  const project = (deps = ''): string =>
    `11|install|confined||without-env|/usr/local/lib/pvestack/pip-project${deps}|`;
  const locked = (tool: string, command: string): string =>
    `11|install|confined||without-env|/usr/local/lib/pvestack/python-tool ${tool}; ${command}|`;

  test.each<[string, Record<string, string>, string[]]>([
    ['uv.lock', { 'uv.lock': '', 'pyproject.toml': '' }, [locked('uv 0.13.9', 'uv sync --frozen --no-dev')]],
    [
      'poetry.lock',
      { 'poetry.lock': '', 'pyproject.toml': '', 'requirements.txt': '' },
      [VENV, locked('poetry 2.5.1', 'poetry install --only main --no-ansi')],
    ],
    ['Pipfile.lock', { 'Pipfile.lock': '' }, [VENV, locked('pipenv 2026.10.3', 'pipenv sync')]],
    [
      'two of them',
      { 'uv.lock': '', 'poetry.lock': '' },
      [
        'give_up|11|the repository has both uv.lock and poetry.lock: remove the one that nobody keeps up to date, or write python_install in the inventory|',
      ],
    ],
    [
      'pdm.lock',
      { 'pdm.lock': '' },
      ["give_up|11|pdm.lock is PDM's, which is not brought along: write python_install in the inventory|"],
    ],
  ])('the lock file decides: %s', (_what, files, calls) => {
    expect(steps(PYTHON, files)).toEqual(calls);
    expect(steps(`${PYTHON}python_install: make`, files)).toEqual([
      VENV,
      '11|install|confined||without-env|make|',
    ]);
  });

  test.each<[string, Record<string, string>]>([
    [
      'pip install --disable-pip-version-check .',
      { 'pyproject.toml': '[project]\nname = "a"\n', 'a/x.py': '', 'tests/x.py': '' },
    ],
    [
      'pip install --disable-pip-version-check .',
      { 'pyproject.toml': '[project]\nname = "a"\n', 'src/a/x.py': '', 'migrations/x.py': '' },
    ],
    [
      'pip install --disable-pip-version-check .',
      {
        'pyproject.toml': '[project]\nname = "a"\n[build-system]\nbuild-backend = "hatchling.build"\n',
        'app/x.py': '',
        'migrations/x.py': '',
      },
    ],
    [
      'pip install --disable-pip-version-check .',
      {
        'pyproject.toml': '[project]\nname = "a"\n[tool.setuptools]\npackages = ["app"]\n',
        'app/x.py': '',
        'migrations/x.py': '',
      },
    ],
    [
      'six>=1',
      {
        'pyproject.toml': '[project]\nname = "a"\ndependencies = ["six>=1"]\n',
        'app/x.py': '',
        'migrations/x.py': '',
      },
    ],
    [
      'six>=1',
      {
        'pyproject.toml': '[project]\nname = "a"\ndependencies = ["six>=1"]\n',
        'main.py': '',
        'models.py': '',
      },
    ],
    [
      'six>=1',
      { 'pyproject.toml': '[project]\nname = "a"\ndependencies = ["six>=1"]\n[tool.uv]\npackage = false\n' },
    ],
    [
      'six>=1',
      {
        'pyproject.toml':
          '[project]\nname = "a"\ndependencies = ["six>=1"]\n[tool.poetry]\npackage-mode = false\n',
      },
    ],
    [
      '-r ./deps.txt',
      {
        'pyproject.toml':
          '[project]\nname = "a"\n[tool.uv]\npackage = false\n[tool.setuptools.dynamic]\ndependencies = {file = ["deps.txt"]}\n',
      },
    ],
    ['', { 'pyproject.toml': '[tool.ruff]\nline-length = 99\n', 'app/x.py': '', 'migrations/x.py': '' }],
    [
      'poetry.lock is missing',
      { 'pyproject.toml': '[tool.poetry]\npackage-mode = false\n[tool.poetry.dependencies]\nsix = "*"\n' },
    ],
  ])('pip-project installs %j of %j', (what, files) => {
    for (const [name, text] of Object.entries(files)) folder.write(`release/${name}`, text);
    // With a requirements file: what is in it.
    folder.fake('pip', 'echo "pip $*"; case $* in *-r*) cat "$4" ;; esac');
    const script = kitPart('pip-project');
    const options = { cwd: folder.at('release'), env: { ...folder.env, HOME: folder.root } };
    const said = ({ stdout, stderr }: Ran): string => (stdout + stderr).replaceAll(folder.at('release'), '.');
    expect(said(sh(script, options))).toContain(what);
    if (what.startsWith('pip')) {
      const noDeps = said(sh(script, { ...options, args: ['--no-deps'] }));
      expect(noDeps).toBe('pip install --disable-pip-version-check --no-deps .\n');
    } else {
      expect(sh(script, { ...options, args: ['--no-deps'] }).stdout).toBe('');
    }
  });

  test.each<[string, string, Record<string, string>, string[]]>([
    [
      'requirements.txt',
      '',
      { 'requirements.txt': '' },
      [`11|requirements|confined||${pip('-r requirements.txt')}`],
    ],
    ['pyproject.toml', '', { 'pyproject.toml': '' }, [project()]],
    [
      'both: what is pinned stays',
      '',
      { 'requirements.txt': '', 'pyproject.toml': '' },
      [`11|requirements|confined||${pip('-r requirements.txt')}`, project(' --no-deps')],
    ],
    ['a command', 'python_install: make install', {}, ['11|install|confined||without-env|make install|']],
    [
      'neither',
      '',
      {},
      [
        'give_up|11|the repository has neither requirements.txt nor pyproject.toml (python_install in the inventory)|',
      ],
    ],
    [
      'migrations of Alembic',
      'python_install: make',
      { 'alembic.ini': '' },
      ['11|install|confined||without-env|make|', 'migration||alembic upgrade head|'],
    ],
    [
      'a migration of the inventory',
      'python_install: make\nmigrate: python -m pote.migrate',
      { 'alembic.ini': '' },
      ['11|install|confined||without-env|make|', 'migration||python -m pote.migrate|'],
    ],
    [
      'a health check in the repository',
      'python_install: make',
      { 'scripts/health_check.py': '' },
      [
        '11|install|confined||without-env|make|',
        '15|health|confined||with-env|python scripts/health_check.py|',
      ],
    ],
    [
      'a health check of the inventory',
      'python_install: make\nhealth_command: "true"',
      { 'health_check.py': '' },
      ['11|install|confined||without-env|make|', '15|health|confined||with-env|true|'],
    ],
  ])('%s', (_what, project, files, calls) => {
    expect(steps(PYTHON + project, files)).toEqual([VENV, ...calls]);
  });

  test('the env file stands where the application looks for it; what the repository has there stays', () => {
    const project = `${PYTHON}python_install: make`;
    const link = (): string => sh('readlink "$1/release/.env"', { args: [folder.root] }).stdout;
    steps(project, {});
    expect(link()).toBe('/srv/app/.env.dev\n');
    sh('ln -sfn nowhere "$1/release/.env"', { args: [folder.root] });
    steps(project, {});
    expect(link()).toBe('nowhere\n');
  });
});

describe('a step', () => {
  /** The core's own words, of a guest that is a folder. */
  const run = (lines: string, live = ''): Ran => {
    const ran = sh(
      `set -eu
base=$1 record=$1
now() { echo 0; }
since() { echo '0.1 s'; }
current() { :; }
commit_of() { printf %s '${live}'; }
short() { printf '%.7s' "$1"; }
stop_trials() { echo stopped; }
fail() { code=$1; shift; printf 'deploy_app.sh: %s\\n' "$*" >&2; exit "$code"; }
${kitPart('lib/quote.sh')}
${kitPart('deploy/steps.sh')
  .replaceAll('/etc/pvestack', folder.at('etc'))
  .replaceAll('/usr/local/lib/pvestack', folder.at('bin'))}
clean_builds() { echo cleaned; }
${lines}`,
      { args: [folder.root] },
    );
    return {
      ...ran,
      stdout: ran.stdout.replaceAll(folder.root, ''),
      stderr: ran.stderr.replaceAll(folder.root, ''),
    };
  };

  test('says its time, and nothing of what it printed', () => {
    expect(run('step 12 build echo built')).toEqual({
      status: 0,
      stdout: '  build              0.1 s\n',
      stderr: '',
    });
  });

  test.each([
    ['', 'No release runs yet.'],
    ['0123456789abcdef', '0123456 runs on, nothing was switched.'],
  ])('that fails gives up with its code, its last lines and what runs: %j', (live, what) => {
    folder.write('new/file', '');
    const { status, stdout, stderr } = run(
      'release=$1/new; work() { echo one; false; echo two; }; step 12 build work; echo never',
      live,
    );
    expect([status, stderr]).toEqual([12, `deploy_app.sh: build failed. ${what}\n`]);
    expect(stdout).toBe('  build              failed after 0.1 s\n    | one\nstopped\ncleaned\n');
    expect(sh('ls "$1"', { args: [folder.root] }).stdout).not.toContain('new');
  });

  test.each([
    [14, 'trial start'],
    [15, 'trial health'],
  ])('with the code of its command, %d: %s', (code, name) => {
    const { status, stderr } = run(`ends() { return ${code}; }; step - 'trial health' ends`);
    expect([status, stderr]).toEqual([code, `deploy_app.sh: ${name} failed. No release runs yet.\n`]);
  });

  test('reads nothing of what the deploy reads', () => {
    expect(run('echo first | { step 12 build cat; read -r line; echo "$line"; }').stdout).toContain('first');
  });

  test.each([
    ['ActiveState=active\nResult=success\n', '', 0, ''],
    [
      'ActiveState=failed\nResult=timeout\n',
      '',
      1,
      'ended: it took longer than 9 s (build_timeout in the inventory)\n',
    ],
    [
      'ActiveState=failed\nResult=oom-kill\n',
      'build_memory=64',
      1,
      "ended: out of memory, of which it may use 64 MiB (build_memory and the guest's memory in the inventory)\n",
    ],
    [
      'ActiveState=failed\nResult=oom-kill\n',
      'build_memory=',
      1,
      "ended: out of memory (build_memory and the guest's memory in the inventory)\n",
    ],
    ['ActiveState=failed\nResult=exit-code\n', '', 1, ''],
    ['ActiveState=failed\nResult=signal\n', '', 1, 'ended by somebody else, before it was through\n'],
    ['ActiveState=inactive\nResult=success\n', '', 1, 'ended by somebody else, before it was through\n'],
    [
      'ActiveState=inactive\nResult=success\n',
      'echo Failed to start: no bus >"$record/step.run"',
      1,
      'Failed to start: no bus\n',
    ],
  ])('that ended: %j %j', (properties, more, status, said) => {
    const lines = `echo 'Job for a.service failed.' >"$record/step.run"; build_timeout=9; ${more}
how_it_ended '${properties}'`;
    expect(run(lines)).toMatchObject({ status, stdout: said });
  });

  test('a migration is preceded by a dump, where there is a database, and a failure names it', () => {
    const migrate = 'confined() { [ "$3" = \'true\' ]; }; migration folder';
    expect(run(`${migrate} true`).stdout).toBe('  migration          0.1 s\n');
    folder.write('etc/postgresql.conf', '');
    folder.fake('pg-backup', 'echo "/dumps/$1.dump"');
    expect(run(`${migrate} true`).stdout).toBe('  dump before        0.1 s\n  migration          0.1 s\n');
    const { status, stderr } = run(`${migrate} false`);
    expect([status, stderr]).toEqual([
      13,
      'deploy_app.sh: migration failed. No release runs yet. The database as it was before the migration: /dumps/before-migration.dump (restore_app_db.sh /dumps/before-migration.dump).\n',
    ]);
  });
});

describe('the order of a deploy', () => {
  const COMMIT = 'b'.repeat(40);
  const order = (trial: 'yes' | 'no', live: string, alike = true): string[] => {
    const { stdout, stderr } = sh(
      `set -eu
base=$1 record=$1 branch=main trial=${trial} rebuild= release=
services() { :; }
current() { :; }
releases() { :; }
next_number() { echo 000001; }
stop_steps() { :; }
clean_builds() { :; }
built_alike() { ${alike}; }
restart_owed() { echo restart_owed; }
now() { echo 0; }
since() { echo; }
say() { :; }
short() { printf '%.7s' "$1"; }
commit_of() { printf %s '${live}'; }
without_fetch() { :; }
resolve() { echo ${COMMIT}; }
held_at() { return 1; }
step() { shift; echo "step: $1"; }
for word in take_files build_release migrate_release prove_release stop_trials activate remember prune; do eval "$word() { echo $word; }"; done
${kitPart('deploy/deploy.sh')}
deploy`,
      { args: [folder.root] },
    );
    expect(stderr).toBe('');
    return stdout.trimEnd().split('\n');
  };
  const before = [
    'step: fetch',
    'take_files',
    'build_release',
    'step: seal',
    'migrate_release',
    'prove_release',
  ];
  const after = ['activate', 'remember', 'prune'];
  const TRIAL = ['step: trial start', 'step: trial health', 'stop_trials'];

  const NEITHER =
    'give_up 11 the repository has neither backend nor web, so there is nothing to run (backend_dir and frontend_dir, or services, in the inventory; . is its root)\n';
  const TWO = 'app-backend.service backend 3001 -\\napp-site@3000.service web 3000 -\\n';
  test.each<[string, services: string, folders: string[], listed: string, said: string]>([
    ['some of the services', TWO, ['backend'], '', ''],
    ['no services at all, of an application that is all jobs', '', [], '', ''],
    ['none of the services', TWO, [], '', NEITHER],
    [
      'one of the services that are listed',
      TWO,
      ['backend'],
      'yes',
      'give_up 11 the repository has no folder web, which the service site is in (dir in services of the inventory; . is its root)\n',
    ],
    ['all of the services that are listed', TWO, ['backend', 'web'], 'yes', ''],
  ])('a repository with %s', (_what, all, folders, listed, said) => {
    for (const name of folders) mkdirSync(folder.at(`r/${name}`), { recursive: true });
    const { stdout } = sh(
      `set -eu
record=$1 release=$1/r listed=${listed}
give_up() { echo "give_up $*"; exit; }
${kitPart('lib/services.sh')}
services() { printf '${all}'; }
${kitPart('deploy/deploy.sh')}
something_to_run`,
      { args: [folder.root] },
    );
    expect(stdout).toBe(said);
  });

  test('the commit that runs is built again where it was built with something else', () => {
    expect(order('yes', COMMIT)).toEqual(['step: fetch', 'restart_owed', 'remember']);
    expect(order('yes', COMMIT, false)).toEqual([...before, ...TRIAL, ...after]);
  });

  test('a trial comes before the switch', () => {
    expect(order('yes', 'a'.repeat(40))).toEqual([...before, ...TRIAL, ...after]);
  });

  test('trial_start: false leaves it out, and so does a guest where nothing runs yet', () => {
    expect(order('no', 'a'.repeat(40))).toEqual([...before, ...after]);
    expect(order('yes', '')).toEqual([...before, ...after]);
  });
});
