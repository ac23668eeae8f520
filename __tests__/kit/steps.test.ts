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
step() { case $3 in npm_install) code=$1 name=$2; shift 3; call "$code" "$name" npm_install "$@"; npm_install "$@" ;; *) call "$@" ;; esac; }
confined() { call confined "$@"; }
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

  test('what package.json says', () => {
    const files = {
      'backend/package.json': PACKAGE({ build: 'tsc', migrate: 'migrate' }),
      'backend/package-lock.json': JSON.stringify({ packages: { '': {}, a: {} } }),
      'frontend/package.json': PACKAGE({ start: 'serve' }),
    };
    expect(steps('', files)).toEqual([
      '11|backend install|npm_install|/backend|',
      'confined|/backend|without-env|npm ci --include=dev --no-audit --no-fund|',
      '12|backend build|confined|/backend|plain-env|/usr/local/lib/pvestack/npm-script build|',
      '11|frontend install|npm_install|/frontend|',
      'confined|/frontend|without-env|npm install --include=dev --no-audit --no-fund|',
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
      '11|backend install|confined|/backend|without-env|make "$X"|',
      '12|backend build|confined|/backend|plain-env|/usr/local/lib/pvestack/npm-script build|',
      '11|frontend install|npm_install|/apps/web|',
      'confined|/apps/web|without-env|npm install --include=dev --no-audit --no-fund|',
      "12|frontend build|confined|/apps/web|plain-env|make it's|",
      'migration|/backend|npx prisma migrate deploy|',
    ]);
  });

  test('a part that the repository does not have', () => {
    expect(steps('', { 'frontend/index.html': '' })).toEqual(['11|frontend install|npm_install|/frontend|']);
  });
});

describe('the steps of a Python application', () => {
  const PYTHON = 'app_type: python\n';
  const VENV = '11|virtualenv|confined||without-env|python3 -m venv .venv|';
  const pip = (what: string): string => `without-env|pip install --disable-pip-version-check ${what}|`;

  test.each<[string, string, Record<string, string>, string[]]>([
    [
      'requirements.txt',
      '',
      { 'requirements.txt': '' },
      [`11|requirements|confined||${pip('-r requirements.txt')}`],
    ],
    ['pyproject.toml', '', { 'pyproject.toml': '' }, [`11|install|confined||${pip(' .')}`]],
    [
      'both: what is pinned stays',
      '',
      { 'requirements.txt': '', 'pyproject.toml': '' },
      [
        `11|requirements|confined||${pip('-r requirements.txt')}`,
        `11|install|confined||${pip('--no-deps .')}`,
      ],
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
  const order = (trial: 'yes' | 'no', live: string): string[] => {
    const { stdout, stderr } = sh(
      `set -eu
base=$1 record=$1 branch=main trial=${trial} rebuild= release=
services() { :; }
current() { :; }
releases() { :; }
next_number() { echo 000001; }
stop_steps() { :; }
clean_builds() { :; }
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

  test.each([
    ['some of the services', 'a.service backend 3001 -\nb.service web 3000 -\n', 'a.service 3001 -', ''],
    ['no services at all, of an application that is all jobs', '', '', ''],
    [
      'none of the services',
      'a.service backend 3001 -\nb.service web 3000 -\n',
      '',
      'give_up 11 the repository has neither backend nor web, so there is nothing to run (backend_dir and frontend_dir in the inventory; . is its root)\n',
    ],
  ])('a repository with %s', (_what, all, there, said) => {
    const { stdout } = sh(
      `set -eu
record=$1 release=r
services() { printf '${all.replaceAll('\n', '\\n')}'; }
each_service() { printf '${there}'; }
give_up() { echo "give_up $*"; }
${kitPart('deploy/deploy.sh')}
something_to_run`,
      { args: [folder.root] },
    );
    expect(stdout).toBe(said);
  });

  test('a trial comes before the switch', () => {
    expect(order('yes', 'a'.repeat(40))).toEqual([...before, ...TRIAL, ...after]);
  });

  test('trial_start: false leaves it out, and so does a guest where nothing runs yet', () => {
    expect(order('no', 'a'.repeat(40))).toEqual([...before, ...after]);
    expect(order('yes', '')).toEqual([...before, ...after]);
  });
});
