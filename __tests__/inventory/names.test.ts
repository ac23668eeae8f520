import { groups, isId, stackId } from '../../inventory/names';
import { hostnameProblem } from '../../inventory/rules/hostname';
import { problemOf } from '../../inventory/values/rule';
import { RULES } from '../../inventory/values/rules';
import { added, changed, inventoryOf, onlyEnv, problems } from './minimal';

const DEV = 'app_projects.pote.envs.dev';

describe('ids', () => {
  test.each(['a', 'pote', 'projectA', 'A1', 'a-b', 'a--b', 'x'.repeat(32)])('%s', (id) => {
    expect(isId(id)).toBe(true);
    expect(problems(inventoryOf({ project: id }))).toEqual([]);
    expect(problems(inventoryOf({ env: id }))).toEqual([]);
  });

  test.each<[written: string, meant: string | undefined]>([
    ['1a', undefined],
    ['-a', 'a'],
    ['a-', 'a'],
    ['a_b', 'a-b'],
    ['project_a', 'project-a'],
    ['a.b', 'a-b'],
    ['a b', 'a-b'],
    ['"a/b"', 'a-b'],
    ['"../a"', 'a'],
    ['""', undefined],
    ['ä', 'a'],
    ['7', undefined],
  ])('%s is refused', (id, meant) => {
    const name = id.replaceAll('"', '');
    expect(isId(name)).toBe(false);
    expect(meant === undefined || isId(meant)).toBe(true);
    const fix =
      meant === undefined
        ? 'use letters, digits and "-", beginning with a letter'
        : `write ${meant}: letters, digits and "-"`;
    expect(problems(inventoryOf({ project: id }))).toEqual([
      `inventory.yml:3:3  app_projects.${name}  is not a project id  ${fix}`,
    ]);
    expect(problems(inventoryOf({ env: id }))).toEqual([
      `inventory.yml:6:7  app_projects.p0.envs.${name}  is not an environment id  ${fix}`,
    ]);
  });

  test('that JavaScript would swallow are refused as well', () => {
    expect(problems(inventoryOf({ project: '__proto__' }))).toEqual([
      'inventory.yml:3:3  app_projects.__proto__  is a name that nothing here can have  choose another name',
    ]);
    expect(problems(inventoryOf({ project: 'constructor', env: 'toString' }))).toEqual([]);
  });

  test('of 33 characters are too long', () => {
    const id = 'x'.repeat(33);
    expect(problems(inventoryOf({ project: id }))).toEqual([
      `inventory.yml:3:3  app_projects.${id}  is longer than 32 characters  choose a shorter id`,
    ]);
  });

  test('make stacks and groups', () => {
    expect(stackId('projectA', 'Dev')).toBe('app-projecta-dev');
    expect(groups('project-a', 'qa-2')).toEqual(['app_all', 'app_project_a_all', 'app_project_a_qa_2']);
  });
});

describe('host names', () => {
  const label = 'a'.repeat(63);
  test.each([
    'pote-dev',
    'a',
    '1a',
    'a1',
    'pote.example.lan',
    label,
    `${label}.${label}.${label}.${'a'.repeat(61)}`,
  ])('%s', (name) => {
    expect(hostnameProblem(name)).toBeUndefined();
  });

  const FIX = 'use lower-case letters, digits and "-", e.g. pote-dev';
  test.each<[written: string, what: string]>([
    ['""', `is empty  ${FIX}`],
    ['Pote', 'holds capital letters  write pote'],
    ['Web_01', 'holds capital letters  write web-01'],
    ['Box_1.example.lan', 'holds capital letters  write box-1.example.lan'],
    ['Web-', 'holds capital letters  write web'],
    ['_', `is not a host name (RFC 1123)  ${FIX}`],
    ['pote_dev', 'is not a host name (RFC 1123)  write pote-dev'],
    ['-pote', 'is not a host name (RFC 1123)  write pote'],
    ['pote-', 'is not a host name (RFC 1123)  write pote'],
    ['pote..dev', `is not a host name (RFC 1123)  ${FIX}`],
    ['pote.', `is not a host name (RFC 1123)  ${FIX}`],
    ['"pote dev"', 'is not a host name (RFC 1123)  write pote-dev'],
    ['"pote\\n"', 'is not a host name (RFC 1123)  write pote'],
    ['pöte', 'is not a host name (RFC 1123)  write pote'],
    ['"201"', 'is all digits  begin it with a letter'],
    ['10.0.10.1', 'is all digits  begin it with a letter'],
    ['localhost', 'is the name of every host itself  choose another name'],
    ['localhost.localdomain', 'is the name of every host itself  choose another name'],
    ['a'.repeat(64), 'has a part longer than 63 characters  choose a shorter name'],
    [`${label}.${label}.${label}.${'a'.repeat(62)}`, 'is longer than 253 characters  choose a shorter name'],
  ])('%s is refused', (written, what) => {
    expect(problems(changed('pote-dev', written))).toEqual([`inventory.yml:6:9  ${DEV}.name  ${what}`]);
  });
});

describe('branches, as git check-ref-format --branch has them', () => {
  test.each([
    'main',
    'feature/login',
    'a.b',
    'a-b_c',
    'release-1.10',
    '@a',
    'a@b',
    'a{b',
    'ü',
    'head',
    'x/HEAD',
    '#1',
  ])('%s', (name) => {
    expect(problemOf(RULES.branch, name)).toBeUndefined();
  });

  test.each([
    '',
    '@',
    'HEAD',
    '-a',
    '/a',
    'a/',
    'a//b',
    '.a',
    'a/.b',
    'a.',
    'a..b',
    'a.lock',
    'a.lock/b',
    'a@{b',
    'a b',
    'a~1',
    'a^',
    'a:b',
    'a?',
    'a*',
    'a[b',
    'a\\b',
    'a\tb',
    'a\u007f',
  ])('%j is none', (name) => {
    expect(problemOf(RULES.branch, name)).toBeDefined();
  });

  test('in the inventory', () => {
    expect(problems(changed('branch: dev', 'branch: "a b"'))).toEqual([
      `inventory.yml:10:9  ${DEV}.branch  is not a git branch name  write a branch such as main or feature/login (rules: git check-ref-format)`,
    ]);
    expect(problems(changed('branch: dev', 'branch: "{{ vault_branch }}"'))).toEqual([]);
  });
});

describe('repositories', () => {
  test.each([
    'git@git.example.lan:team/pote.git',
    'git.user@git.example.lan:pote',
    'https://git.example.lan/team/pote.git',
    'http://git.example.lan:8080/pote',
    'ssh://git@git.example.lan:2222/team/pote.git',
    'git://git.example.lan/pote',
    'git@git.example.lan:1024jp/pote.git',
    'ssh://git@git.example.lan/2222/pote.git',
  ])('%s', (url) => {
    expect(problemOf(RULES.repo, url)).toBeUndefined();
  });

  test.each<[url: string, what: string]>([
    ['--upload-pack=id', 'begins with "-", which git reads as an option'],
    ['ext::sh -c id', 'uses a git remote helper, which can run any command'],
    ['ext::id', 'uses a git remote helper, which can run any command'],
    ['https://git.example.lan/a b', 'holds a space'],
    ['https://user@git.example.lan/pote', 'holds credentials'],
    ['https://user:pass@git.example.lan/pote', 'holds credentials'],
    ['ssh://git:pass@git.example.lan/pote', 'holds credentials'],
    ['file:///srv/git/pote.git', 'is a path, which root would read on the guest, whoever may write there'],
    ['/srv/git/pote.git', 'is a path, which root would read on the guest, whoever may write there'],
    ['../pote.git', 'is a path, which root would read on the guest, whoever may write there'],
    ['git@git.example.lan:2222/team/pote.git', 'has a port where git reads a folder'],
    ['git@git.example.lan:2222', 'has a port where git reads a folder'],
    ['HTTPS://user:pass@git.example.lan/pote', 'is not a git URL'],
    ['team/pote', 'is not a git URL'],
    ['ftp://git.example.lan/pote', 'is not a git URL'],
    ['git.example.lan', 'is not a git URL'],
  ])('%s is refused', (url, what) => {
    expect(problemOf(RULES.repo, url)?.what).toBe(what);
  });

  test.each(['ssh://-oProxyCommand=id/pote', 'git@-oProxyCommand=id:pote', '-x@git.example.lan:pote'])(
    '%s would be an option of ssh',
    (url) => {
      expect(problemOf(RULES.repo, url)).toBeDefined();
    },
  );

  const CREDENTIALS = ['holds credentials'];
  test.each<[url: string, what: string[]]>([
    ['{{ vault_repo }}', []],
    ['git@{{ vault_host }}:team/pote.git', []],
    ['https://git.example.lan/{{ vault_team }}/pote.git', []],
    ['https://u:{{ vault_x }}@git.example.lan/pote', CREDENTIALS],
    ['https://{{ vault_x }}@git.example.lan/pote', CREDENTIALS],
    ['https://u:p@git.example.lan/{{ vault_x }}', CREDENTIALS],
    ['--upload-pack={{ vault_x }}', ['begins with "-", which git reads as an option']],
    ['ext::{{ vault_x }}', ['uses a git remote helper, which can run any command']],
  ])('%s, with a reference in it', (url, what) => {
    const text = changed('git@git.example.lan:team/pote.git', `"${url}"`);
    expect(problems(text).map((line) => line.split('  ')[2])).toEqual(what);
  });

  test('in the inventory', () => {
    expect(
      problems(changed('git@git.example.lan:team/pote.git', 'https://u:p@git.example.lan/pote')),
    ).toEqual([
      'inventory.yml:3:5  app_projects.pote.repo  holds credentials  ' +
        'remove them and give a read-only deploy key as git_deploy_key: "{{ vault_… }}"',
    ]);
  });
});

describe('ports', () => {
  const RANGE = 'is not a port from 1 to 65535  write a whole number from 1 to 65535';
  test.each<[lines: string[], backend: number, frontend: number]>([
    [[], 3001, 3000],
    [['backend_port: 1'], 1, 3000],
    [['frontend_port: 65535'], 3001, 65535],
    [['backend_port: 3000', 'frontend_port: 3001'], 3000, 3001],
  ])('%j', (lines, backend, frontend) => {
    const { services } = onlyEnv(added('env', ...lines)).app;
    expect(services.map(({ port }) => port)).toEqual([backend, frontend]);
  });

  test.each<[text: string, lines: string[]]>([
    [added('env', 'backend_port: 0'), [`6:9  ${DEV}.backend_port  ${RANGE}`]],
    [added('env', 'frontend_port: 65536'), [`6:9  ${DEV}.frontend_port  ${RANGE}`]],
    [added('env', 'backend_port: 22'), [`6:9  ${DEV}.backend_port  is SSH's port  choose another port`]],
    [
      added('env', 'backend_port: 3000'),
      [`6:9  ${DEV}.backend_port  is the port of both backend and frontend  give each a port of its own`],
    ],
    [
      added('project', 'backend_port: 80', 'frontend_port: 80'),
      [
        '4:5  app_projects.pote.frontend_port  is the port of both backend and frontend  give each a port of its own',
      ],
    ],
    [
      added('project', 'app_type: none', 'backend_port: 80'),
      [
        '4:5  app_projects.pote.backend_port  is for an application, and app_type: none has none  remove it, or set app_type: node or python',
      ],
    ],
    [
      added('project', 'app_type: none', 'frontend_port: 80'),
      ['4:5  app_projects.pote.frontend_port  is for app_type: node only  remove it, or set app_type: node'],
    ],
    [added('top', 'proxmox_port: 70000'), [`1:1  proxmox_port  ${RANGE}`]],
    [
      added('top', 'proxmox_host: https://pve.example.lan:8006', 'proxmox_port: 8006'),
      ['2:1  proxmox_port  is said twice: proxmox_host has a port  keep one of the two'],
    ],
    [added('top', 'ssh_bastion: {host: b.example.lan, port: 0}'), [`1:36  ssh_bastion.port  ${RANGE}`]],
  ])('%j', (text, lines) => {
    expect(problems(text)).toEqual(lines.map((line) => `inventory.yml:${line}`));
  });
});
