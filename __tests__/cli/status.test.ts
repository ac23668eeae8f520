import { writeFileSync } from 'node:fs';
import { plain, plainLine } from '../../cli/guest/plain';
import { valueOf } from '../../cli/value';
import { actor } from '../../cli/guest/actor';
import { kitProgram } from '../../cli/guest/program';
import { dumpTable } from '../../cli/daily/restore';
import { parseHistory, releaseTable } from '../../cli/daily/releases';
import { parseReport, type Report } from '../../cli/status/report';
import { age, isUnwell, statusRow } from '../../cli/status/words';
import { RULES } from '../../inventory/values/rules';
import { toValue } from '../../inventory/values/value';
import { envOf } from '../renderers/envs';
import { enterFolder, leaveFolder, pvestack } from '../support/user-folder';

const NOW = Date.parse('2026-01-31T12:00:00Z');
const COMMIT = '447a66812345678901234567890123456789abcd';

/** An answer of a guest. */
const said = (...lines: string[]): string => ['banner', 'm begin', ...lines, 'm end', 'bye'].join('\n');
const WELL = [
  'owner app-shop-dev owner-0123456789ab',
  'disk 400 1000',
  'memory 512 2048',
  `commit ${COMMIT}`,
  'since 2026-01-31T10:00:00Z',
  'by ann@example.lan',
  'subject Fix login',
  'health ',
  'behind 0',
];
const report = (...more: string[]): Report => {
  const found = parseReport({ stack: 'app-shop-dev' }, 'm', said(...WELL, ...more));
  if (!found) throw new Error('no answer');
  return found;
};

describe('a guest’s answer, as a row', () => {
  const HEAD = ['447a668 Fix login', '2 h', 'ann@example.lan', '0', '40 %', '25 %'];
  test.each<[what: string, lines: string[], row: string[]]>([
    ['well', [], ['well', ...HEAD, '-', '']],
    ['a dump', ['backup 2026-01-30T02:30:00Z shop-daily.dump'], ['well', ...HEAD, '33 h', '']],
    ['no dump yet', ['backup none'], ['well', ...HEAD, 'never', '']],
    [
      'held, and drift of two layers',
      [
        `held ${COMMIT} 60b5cd2000000000000000000000000000000000`,
        'drift app: edited /etc/x',
        'drift base_os: firewall is off',
      ],
      [
        'well',
        ...HEAD,
        '-',
        'held at 447a668 by a rollback; drift app: edited /etc/x; drift base_os: firewall is off',
      ],
    ],
    [
      'a release that failed since',
      ['failed 2026-01-31T11:00:00Z 60b5cd2000000000000000000000000000000000 failed-12'],
      ['well', ...HEAD, '-', '60b5cd2 was tried since and failed'],
    ],
    [
      'paused',
      ['paused 2026-01-31T11:00:00Z by ann@example.lan'],
      ['paused', ...HEAD, '-', 'since 2026-01-31T11:00:00Z by ann@example.lan'],
    ],
    [
      'a page of maintenance',
      ['maintenance 2026-01-31T11:00:00Z'],
      ['maintenance', ...HEAD, '-', 'since 2026-01-31T11:00:00Z'],
    ],
  ])('%s', (_what, lines, row) => {
    expect(statusRow(report(...lines), NOW)).toEqual(['app-shop-dev', ...row]);
  });

  test('pinned, by the inventory', () => {
    expect(statusRow({ ...report(), pinned: 'v1.2' }, NOW).at(-1)).toBe('pinned at v1.2 by the inventory');
    const held = { ...report('held 0123456'), pinned: 'v1.2' };
    expect(statusRow(held, NOW).at(-1)).toBe(
      'held at 0123456 by a rollback; pinned at v1.2 by the inventory',
    );
  });

  test('unwell says why', () => {
    const lines = WELL.map((line) =>
      line === 'health ' ? 'health app-backend.service: nothing answered on port 3001 for 0 s' : line,
    );
    const found = parseReport({ stack: 'app-shop-dev' }, 'm', said(...lines));
    expect(found && statusRow(found, NOW).slice(-1)).toEqual([
      'app-backend.service: nothing answered on port 3001 for 0 s',
    ]);
    expect(found && isUnwell(found)).toBe(true);
  });

  test.each<[what: string, stdout: string, expected: Partial<Report> | undefined]>([
    [
      'another stack’s guest',
      said('owner app-x-dev owner-0'),
      { state: 'stranger', why: 'says that it belongs to the stack app-x-dev owner-0' },
    ],
    [
      'another inventory’s, with the same names',
      said('owner app-shop-dev owner-1'),
      { state: 'stranger', why: 'says that it belongs to the stack app-shop-dev owner-1' },
    ],
    ['one that is new', '\nm none\n', { state: 'new', why: 'nothing is configured on it yet' }],
    ['an answer that was cut off', 'm begin\nowner a', undefined],
    ['none', '', undefined],
  ])('%s', (_what, stdout, expected) => {
    const found = parseReport({ stack: 'app-shop-dev', owner: 'owner-0' }, 'm', stdout);
    if (expected) expect(found).toMatchObject(expected);
    else expect(found).toBeUndefined();
  });

  test.each([
    ['commit', 'commit \u001b[31mred', { commit: undefined }],
    ['since', 'since yesterday', { since: undefined }],
    ['behind', 'behind -1', { behind: undefined }],
    ['disk', 'disk 1 x', { disk: undefined }],
    ['subject', 'subject a\u001b]0;title\u0007b\u202ec\u009b31md', { subject: 'abcd' }],
    ['by', `by ${'x'.repeat(900)}`, { by: `${'x'.repeat(199)}…` }],
  ])(
    '%s: what is not of its form counts for nothing, and nothing steers a terminal',
    (_name, line, expected) => {
      const rest = WELL.filter((one) => !one.startsWith(line.split(' ')[0] ?? ''));
      expect(parseReport({ stack: 'app-shop-dev' }, 'm', said(...rest, line))).toMatchObject(expected);
    },
  );
});

test.each([
  ['2026-01-31T12:00:30Z', 'just now'],
  ['2026-01-31T11:59:30Z', 'just now'],
  ['2026-01-31T11:01:00Z', '59 min'],
  ['2026-01-31T10:59:00Z', '1 h'],
  ['2026-01-29T12:00:01Z', '47 h'],
  ['2026-01-29T12:00:00Z', '2 d'],
])('%s was %s ago', (time, words) => {
  expect(age(time, NOW)).toBe(words);
});

test('who is well: what stands still on purpose is; what does not answer is not', () => {
  const states = ['well', 'paused', 'maintenance', 'unwell', 'dead', 'new', 'stranger'] as const;
  expect(states.map((state) => isUnwell({ stack: 'a', state, drift: [] }))).toEqual([
    false,
    false,
    false,
    true,
    true,
    true,
    true,
  ]);
});

test('the history of a guest, the newest first', () => {
  const line = (mark: string, commit: string, how: string, subject: string): string =>
    [mark, '2026-01-31T10:00:00Z', commit.padEnd(40, '0'), how, 'ann@example.lan', subject].join('\t');
  const stdout = [
    line('+', '1111111', 'deployed', 'one'),
    line('*', '2222222', 'deployed', 'two'),
    line('-', '3333333', 'failed-12', 'three \u001b[31m'),
    line('-', '4444444', 'failed-99', ''),
    line('+', '1111111', 'rolled-back', 'one'),
    line('*', '2222222', 'deployed', 'two'),
    'nonsense',
  ].join('\n');
  expect(releaseTable(parseHistory(stdout), false)).toBe(
    `      when                  commit   result           by               subject
live  2026-01-31T10:00:00Z  2222222  deployed         ann@example.lan  two
kept  2026-01-31T10:00:00Z  1111111  rolled back      ann@example.lan  one
      2026-01-31T10:00:00Z  4444444  failed: code 99  ann@example.lan
      2026-01-31T10:00:00Z  3333333  failed: build    ann@example.lan  three
kept  2026-01-31T10:00:00Z  2222222  deployed         ann@example.lan  two
kept  2026-01-31T10:00:00Z  1111111  deployed         ann@example.lan  one`,
  );
  expect(releaseTable([], false)).toBe('Nothing was deployed yet.');
});

test('dumps', () => {
  expect(dumpTable('2026-01-31T02:30Z 3145728 shop-daily-n000001.dump\nx\n', false)).toBe(
    'made               size     dump\n2026-01-31T02:30Z  3.0 MiB  shop-daily-n000001.dump',
  );
  expect(dumpTable('', false)).toBe('There are no dumps yet.');
});

test.each([
  ['a\u001b[1;31mb\u0007c', 'abc'],
  ['a\u001b]8;;http://x\u001b\\link', 'alink'],
  ['a\r\nb\tc', 'a\nb\tc'],
  ['über 漢', 'über 漢'],
])('%j without what steers a terminal', (text, expected) => {
  expect(plain(text)).toBe(expected);
});

test('a line is short, whatever came', () => {
  expect(plainLine(' a\n b ')).toBe('a b');
  expect(plainLine('😀'.repeat(10), 4)).toBe('😀😀😀…');
});

test('a value of the inventory is what Terraform would have', () => {
  const value = toValue("{{ vault_u | default('ops') }}@{{ vault_h }}", RULES.line);
  expect(valueOf(value, { TF_VAR_vault_h: 'h' })).toBe('ops@h');
  expect(valueOf(value, { TF_VAR_vault_h: 'h', TF_VAR_vault_u: 'me' })).toBe('me@h');
  // An empty variable is one.
  expect(valueOf(value, { TF_VAR_vault_h: 'h', TF_VAR_vault_u: '' })).toBe('@h');
  expect(() => valueOf(value, {})).toThrow('vault_h is not set: export TF_VAR_vault_h');
});

test.each([
  [{ PVESTACK_BY: 'a b;c@d', GITHUB_ACTOR: 'x' }, 'abc@d'],
  [{ GITHUB_ACTOR: 'octo' }, 'octo'],
  [{ GITLAB_USER_LOGIN: 'fox' }, 'fox'],
])('who does it, by %j', (environment, name) => {
  expect(actor(environment)).toBe(name);
});

test('a program of the kit is asked for by root, and only on this stack’s guest', () => {
  const asOps = kitProgram(envOf({ project: 'app_bootstrap_user: ops' }), 'logs', ["it's"]);
  expect(asOps).toMatch(/^sudo -n sh -c '/);
  const command = kitProgram(envOf({}), 'logs', ["it's"]);
  expect(command).toMatch(/^sh -c '/);
  expect(command).toContain('/usr/local/lib/pvestack/logs');
});

describe('a guest that cannot be asked', () => {
  let folder: string;
  beforeEach(() => {
    folder = enterFolder();
  });
  afterEach(() => {
    leaveFolder(folder);
  });

  test('is a row, and keeps no other from being asked', async () => {
    const env = (vmid: number, more = ''): string =>
      `{name: shop-${vmid}, vmid: ${vmid}, ip: 10.0.10.${vmid - 270}/24, gateway: 10.0.10.1, branch: dev${more}}`;
    writeFileSync(
      'inventory.yml',
      `proxmox_host: pve.example.lan
ssh_public_keys: ["{{ vault_key }}"]
app_projects:
  shop:
    repo: https://git.example.lan/team/shop.git
    envs: {dev: ${env(302)}, qa: ${env(303, ", app_bootstrap_user: '{{ vault_user }}'")}}
`,
    );
    const { code, out } = await pvestack(['status', '--json']);
    const reports = JSON.parse(out) as Report[];
    expect([code, reports.map(({ stack, state }) => [stack, state])]).toEqual([
      1,
      [
        ['app-shop-dev', 'dead'],
        ['app-shop-qa', 'dead'],
      ],
    ]);
    expect(reports[1]?.why).toMatch(/^was not asked: vault_user is not set: export TF_VAR_vault_user/);
    expect(reports[0]?.why).not.toMatch(/^was not asked/);
  });
});
