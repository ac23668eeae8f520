import { mkdirSync } from 'node:fs';
import { command, describeWith } from '../support/requirements';
import { kitPart, type Ran, sh, TemporaryFolder } from '../support/shell';

/** The functions around the repository, of a guest that is a folder. */
function ask(folder: TemporaryFolder, call: string, repo = folder.at('repo')): Ran {
  const ran = sh(
    `set -eu
base=$1 repo=$2 branch=main
fail() { code=$1; shift; printf 'deploy_app.sh: %s\\n' "$*" >&2; exit "$code"; }
${kitPart('lib/quote.sh')}
${kitPart('lib/proxy.sh').replaceAll('/etc/pvestack', folder.at('etc'))}
${kitPart('deploy/repository.sh').replaceAll('/etc/pvestack', folder.at('etc'))}
${kitPart('deploy/mirror.sh')}
${call}`,
    { args: [folder.root, repo], env: { HOME: folder.root, LC_ALL: 'C' } },
  );
  return { ...ran, stderr: ran.stderr.replaceAll(folder.root, '') };
}

describeWith([command('git')], 'the repository of a release', () => {
  const folder = new TemporaryFolder();
  const git = (line: string): string =>
    sh(`git -c user.name=a -c user.email=a@example.lan -C "$1/repo" ${line}`, {
      args: [folder.root],
      env: { HOME: folder.root },
    }).stdout.trim();
  const commits: Record<string, string> = {};

  beforeAll(() => {
    mkdirSync(folder.at('repo'));
    git('init --quiet --initial-branch main');
    for (const name of ['first', 'second', 'third']) {
      git(`commit --quiet --allow-empty -m ${name}`);
      commits[name] = git('rev-parse HEAD');
      if (name === 'first') git('tag -m annotated v1');
      if (name === 'second') git('tag light');
    }
    git('branch feature/a v1');
    // A branch of the name of a tag: the tag is meant.
    git('branch light');
  });
  afterAll(() => {
    folder.remove();
  });

  test.each([
    ['the branch of the env', '', 'third'],
    ['a branch', 'feature/a', 'first'],
    ['an annotated tag: its commit', 'v1', 'first'],
    ['a tag rather than a branch', 'light', 'second'],
  ])('head_of, %s', (_what, name, commit) => {
    expect(ask(folder, `head_of '${name}'`)).toEqual({
      status: 0,
      stdout: `${commits[commit] ?? ''}\n`,
      stderr: '',
    });
  });

  test('a whole commit is answered without asking', () => {
    const commit = 'a'.repeat(40);
    expect(ask(folder, `head_of ${commit}`, '/nowhere')).toMatchObject({ status: 0, stdout: `${commit}\n` });
  });

  test('a shortened commit is known from the mirror only', () => {
    const commit = commits['second'] ?? '';
    const short = commit.slice(0, 9);
    const refused = `deploy_app.sh: the repository has no commit, tag or branch ${short}\n`;
    expect(ask(folder, `head_of ${short}`)).toEqual({ status: 10, stdout: '', stderr: refused });
    sh('git clone --quiet --mirror "$1/repo" "$1/repo.git"', { args: [folder.root] });
    expect(ask(folder, `head_of ${short}`)).toMatchObject({ status: 0, stdout: `${commit}\n` });
    expect(ask(folder, `fetched ${commit} && echo here`).stdout).toBe('here\n');
    expect(ask(folder, `fetched ${'a'.repeat(40)} || echo none`).stdout).toBe('none\n');
  });

  test.each(['none', 'refs/heads/main', 'v', 'V1'])('%s is nothing of the repository', (name) => {
    expect(ask(folder, `head_of ${name}`)).toEqual({
      status: 10,
      stdout: '',
      stderr: `deploy_app.sh: the repository has no commit, tag or branch ${name}\n`,
    });
  });

  test('a repository that is not there is named, with the reason on one line', () => {
    const { status, stderr } = ask(folder, 'head_of', folder.at('none'));
    expect(status).toBe(10);
    expect(stderr).toBe(
      "deploy_app.sh: /none: fatal: '/none' does not appear to be a git repository fatal: Could not read from remote repository. \n",
    );
  });

  test('a repository that looks like an option is none', () => {
    const { status } = ask(folder, 'head_of', '--upload-pack=touch pwned');
    expect(status).toBe(10);
    expect(sh('ls', { cwd: folder.root }).stdout).not.toContain('pwned');
  });
});

test('reason: the last words of git that tell something', () => {
  const folder = new TemporaryFolder();
  const said = [
    "Warning: Permanently added 'git.example.lan' (ED25519) to the list of known hosts.",
    'git@git.example.lan: Permission denied (publickey).',
    'fatal: Could not read from remote repository.',
    '',
    'Please make sure you have the correct access rights',
    'and the repository exists.',
  ].join('\\n');
  expect(ask(folder, `printf '${said.replaceAll("'", '')}\\n' | reason`).stdout).toBe(
    'git@git.example.lan: Permission denied (publickey). fatal: Could not read from remote repository. ',
  );
  folder.remove();
});

test.each([
  [[], '-o StrictHostKeyChecking=accept-new'],
  [['deploy_key'], '-i /etc/deploy_key -o IdentitiesOnly=yes -o StrictHostKeyChecking=accept-new'],
  [
    ['known_hosts'],
    '-o StrictHostKeyChecking=yes -o UserKnownHostsFile=/etc/known_hosts -o GlobalKnownHostsFile=/dev/null',
  ],
])('ssh of a guest with %j', (files, options) => {
  const folder = new TemporaryFolder();
  for (const name of files) folder.write(`etc/${name}`, 'x\n');
  expect(ask(folder, 'echo "$GIT_SSH_COMMAND"').stdout.replaceAll(folder.root, '')).toBe(
    `ssh -o BatchMode=yes -o ConnectTimeout=15 ${options}\n`,
  );
  folder.remove();
});
