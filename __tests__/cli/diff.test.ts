import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { MARK } from '../../cli/diff/markdown';
import { command, describeWith } from '../support/requirements';
import { enterFolder, EXAMPLE, leaveFolder, pvestack } from '../support/user-folder';

jest.setTimeout(60_000);

let folder: string;
beforeEach(() => {
  folder = enterFolder();
});
afterEach(() => {
  leaveFolder(folder);
});

const git = (...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=ops', '-c', 'user.email=ops@example.lan', ...args], {
    encoding: 'utf8',
  }).trim();

/** The example on main, and a branch. */
function begin(): string {
  git('init', '-q', '-b', 'main');
  git('add', '.');
  git('commit', '-qm', 'base');
  git('switch', '-qc', 'change');
  return git('rev-parse', '--short=7', 'HEAD');
}

/** Changes the inventory; each text has to be in it. */
function edit(...changes: readonly (readonly [from: string, to: string])[]): void {
  let text = readFileSync('inventory.yml', 'utf8');
  for (const [from, to] of changes) {
    expect(text).toContain(from);
    text = text.replace(from, () => to);
  }
  writeFileSync('inventory.yml', text);
}

const STAGE = `      stage:
        name: project-a-stage
        vmid: 215
        ip: 10.0.10.115/24
        gateway: 10.0.10.1
        branch: main
        guest: { memory: 1024 }
        env_vars:
          API_URL: http://10.0.10.115:3001
          SESSION_SECRET: '{{ vault_project_a_session_secret }}'
`;
const PROJECT_A_DEV = '      dev:\n        name: project-a-dev\n';

describeWith([command('git')], 'what a change of the inventory does', () => {
  test.each<[what: string, changes: [string, string][], head: string, words: string]>([
    [
      'a value of the guest, and one of an environment',
      [
        ['cores: 4\n          memory: 4096', 'cores: 8\n          memory: 8192'],
        ['LOG_LEVEL: debug', 'LOG_LEVEL: info'],
      ],
      '2 of 5 stacks change.',
      `app-pote-dev
  ~ /srv/app/.env.dev
      - LOG_LEVEL='debug'
      + LOG_LEVEL='info'

app-pote-prod
  ~ guest: cores 4 → 8
  ~ guest: memory 4096 → 8192 (restarts it)`,
    ],
    [
      'a guest that is replaced, first, and what is kept from it',
      [
        ['name: pote-qa', 'name: pote-qa\n        guest: { disk_storage: local-zfs }'],
        ['LOG_LEVEL: debug', 'LOG_LEVEL: info'],
      ],
      '2 of 5 stacks change: 1 replaced or DESTROYED.',
      `app-pote-qa
  !! REPLACES guest 202 (pote-qa): destroys it with its disk and all that is on it, and makes a new one
  ~ guest: disk_storage local-lvm → local-zfs (replaces it)
  note: it is holding data (data: keep): a deploy refuses this, and no one deploy both gives that up and destroys it

app-pote-dev
  ~ /srv/app/.env.dev
      - LOG_LEVEL='debug'
      + LOG_LEVEL='info'`,
    ],
    [
      'an env that is destroyed',
      [['name: project-a-dev', 'name: project-a-dev\n        state: absent']],
      '1 of 5 stacks changes: 1 replaced or DESTROYED.',
      `app-projecta-dev
  !! DESTROYS guest 211 (project-a-dev) with its disk and all that is on it`,
    ],
    [
      'one that leaves the inventory',
      [[EXAMPLE.slice(EXAMPLE.indexOf('      prod:\n        name: project-a-prod')), '']],
      '1 of 5 stacks changes: 1 removed from the inventory.',
      `app-projecta-prod
  - leaves the inventory: its guest and its state stay as they are. To destroy it, write state: absent and deploy that first`,
    ],
    [
      'a VMID, which no plan takes',
      [['vmid: 213', 'vmid: 233']],
      '1 of 5 stacks changes.',
      `app-projecta-prod
  ~ guest: vmid 213 → 233 (the plan refuses it)`,
    ],
    [
      'the same in several stacks is said once',
      [
        ['SMTP_PORT: 587', 'SMTP_PORT: 25'],
        ['ops@example.lan\n    envs', 'dev@example.lan\n    envs'],
      ],
      '3 of 5 stacks change.',
      `app-pote-dev, app-pote-prod, app-pote-qa (3 stacks)
  ~ /etc/pvestack/failure.conf
      - mail=ops@example.lan
      + mail=dev@example.lan
  ~ /srv/app/.env.<env>
      - SMTP_PORT='587'
      + SMTP_PORT='25'`,
    ],
    [
      'a new env, beside the one that it is most like',
      [[PROJECT_A_DEV, `${STAGE}${PROJECT_A_DEV}`]],
      '1 of 6 stacks changes: 1 new.',
      `app-projecta-stage, new: as app-projecta-prod, but for
  + guest 215 (project-a-stage): a container, on {{ vault_proxmox_node }}, 2 cores, 1024 MiB, 8 GiB on local-lvm, 10.0.10.115/24
  ~ guest: memory 2048 → 1024
  ~ guest: protection true → false
  ~ against destruction: protected → unprotected`,
    ],
    [
      'what is released, how deploys log in, a branch, a rule, and a variable',
      [
        [
          'branch: dev\n        env_vars:\n          API_URL',
          "branch: next\n        release: v1.2\n        app_bootstrap_user: ops\n        firewall_ports: [8080]\n        env_vars:\n          TOKEN: '{{ vault_token }}'\n          API_URL",
        ],
      ],
      '1 of 5 stacks changes.',
      `app-projecta-dev
  + firewall allow 8080/tcp
  ~ /etc/pvestack/deploy.conf
      - branch=dev
      + branch=next
      - build_hides=SESSION_SECRET
      + build_hides='SESSION_SECRET TOKEN'
  ~ /srv/app/.env.dev
      + TOKEN={{ vault_token }}
  + secret vault_token
  ~ release the head of the branch → v1.2
  + variable vault_token: a secret, to be set before the next plan
  ~ deploys log in otherwise
      user root → ops`,
    ],
    [
      'another backend',
      [
        [
          'proxmox_node:',
          'backend: { type: http, address: "https://git.example.lan/state/{stack}" }\nproxmox_node:',
        ],
      ],
      '5 of 5 stacks change.',
      'its state lies elsewhere: pvestack migrate takes it along',
    ],
  ])('%s', async (_what, changes, head, words) => {
    const base = begin();
    edit(...changes);
    const { code, out, err } = await pvestack(['diff']);
    expect([code, err]).toEqual([0, '']);
    expect(out.split('\n')[0]).toBe(`${head} Compared with main (${base}).`);
    expect(out).toContain(words);
    // Nothing is written here, and nothing is left behind.
    expect(readdirSync('.').sort()).toEqual(['.git', 'cdktf.json', 'inventory.yml']);
    expect(
      readdirSync(os.tmpdir()).filter((name) => name.startsWith(`pvestack-diff-${process.pid}-`)),
    ).toEqual([]);
  });

  test('exit codes: nothing, a change, a guest that is replaced or destroyed', async () => {
    begin();
    const exit = async (): Promise<number> => (await pvestack(['diff', '--detailed-exitcode'])).code;
    expect([await exit(), (await pvestack(['diff'])).out]).toEqual([
      0,
      expect.stringMatching(/^No stack changes, of 5\. Compared with main \([0-9a-f]{7}\)\.\n$/),
    ]);
    edit(['memory: 4096', 'memory: 8192']);
    expect([await exit(), (await pvestack(['diff'])).code]).toEqual([2, 0]);
    edit(['name: project-a-dev', 'name: project-a-dev\n        state: absent']);
    expect(await exit()).toBe(3);
  });

  test('the base is what its commit holds: inventory, templates and settings of then', async () => {
    mkdirSync('mine');
    writeFileSync('mine/nothing.txt', '');
    begin();
    mkdirSync('own/templates', { recursive: true });
    git('mv', 'inventory.yml', 'own/stacks.yml');
    const config = JSON.parse(readFileSync('cdktf.json', 'utf8')) as { context: object };
    writeFileSync('cdktf.json', JSON.stringify({ ...config, context: { inventory: 'own/stacks.yml' } }));
    expect((await pvestack(['diff'])).out).toContain('No stack changes');
    // A name of the environment's is meant of both sides.
    git('add', '.');
    git('commit', '-qm', 'moved');
    writeFileSync(
      'own/stacks.yml',
      readFileSync('own/stacks.yml', 'utf8').replace('memory: 4096', 'memory: 8192'),
    );
    const { out } = await pvestack(['diff', 'HEAD'], { APP_INVENTORY: 'own/stacks.yml' });
    expect(out).toMatch(/^1 of 5 stacks changes\. Compared with HEAD/);
    // Where there was none, all is new.
    const first = await pvestack(['diff', git('rev-parse', 'main')], { APP_INVENTORY: 'own/stacks.yml' });
    expect(first.out).toMatch(/^5 of 5 stacks change: 5 new\./);
  });

  test.each<[what: string, args: string[], before: () => void, said: RegExp]>([
    ['no repository', [], () => undefined, /is in no git repository, so there is nothing to compare with/],
    ['a name that is no commit', ['nope'], begin, /^git knows no commit nope here\./],
    [
      'an option in the place of a name',
      ['--', '--output=/tmp/x'],
      begin,
      /^git knows no commit --output=\/tmp\/x here\./,
    ],
    [
      'a base that is refused',
      [],
      () => {
        edit(['vmid: 202', 'vmid: 201']);
        begin();
        edit(['vmid: 201', 'vmid: 204']);
      },
      /^main \([0-9a-f]{7}\) is refused, so there is nothing to compare with\..*\ninventory\.yml:\d+:\d+ {2}app_projects\.pote\.envs\.qa\.vmid/,
    ],
    [
      'an inventory that is refused',
      [],
      () => {
        begin();
        edit(['vmid: 202', 'vmid: 201']);
      },
      /^inventory\.yml:\d+:\d+ {2}app_projects\.pote\.envs\.qa\.vmid/,
    ],
  ])('%s', async (_what, args, prepare, said) => {
    prepare();
    const { code, err } = await pvestack(['diff', ...args]);
    expect([code, err]).toEqual([1, expect.stringMatching(said)]);
    expect(existsSync('/tmp/x')).toBe(false);
  });

  test('--full shows the JSON line by line, of a new env against the one that it is like', async () => {
    begin();
    edit(['LOG_LEVEL: debug', 'LOG_LEVEL: info'], [PROJECT_A_DEV, `${STAGE}${PROJECT_A_DEV}`]);
    const { out } = await pvestack(['diff', '--full']);
    expect(out).toContain(`-            "LOG_LEVEL='debug'",\n+            "LOG_LEVEL='info'",`);
    const [, stage = ''] = out.split('+++ after/app-projecta-stage/cdk.tf.json\n');
    const changed = stage.split('\n').filter((line) => /^[-+]/.test(line));
    expect(changed).toEqual(
      [
        '-      "stage",',
        '-      "projecta"',
        '+      "projecta",',
        '+      "stage"',
        '-          "prevent_destroy": true,',
        '-        "input": "215 ${local.owner} protected"',
        '+        "input": "215 ${local.owner} unprotected"',
        '-        "protection": true,',
        '+        "protection": false,',
        '-          "dedicated": 2048,',
        '+          "dedicated": 1024,',
        '-          "prevent_destroy": true,',
        '',
      ].filter(Boolean),
    );
  });

  test('--json, for programs', async () => {
    begin();
    edit(['vmid: 213', 'vmid: 233']);
    expect(JSON.parse((await pvestack(['diff', '--json'])).out)).toEqual({
      base: git('rev-parse', 'main'),
      of: 5,
      changes: [
        {
          stacks: ['app-projecta-prod'],
          kind: 'changed',
          dangers: [],
          items: [{ sign: '~', text: 'guest: vmid 213 → 233', effect: 'the plan refuses it' }],
          notes: [],
        },
      ],
      notes: [],
    });
  });

  test('a tool that changes as well is noted', async () => {
    writeFileSync('package.json', '{}');
    begin();
    writeFileSync('package.json', '{"dependencies": {"pvestack": "0.2.0"}}');
    expect((await pvestack(['diff'])).out).toContain(
      'note: package.json differs, too. Both sides are as this version of pvestack makes them',
    );
  });

  test('a comment: marked, bounded, what is lost first, and nothing in it ends its blocks', async () => {
    begin();
    edit(
      ['LOG_LEVEL: debug', "LOG_LEVEL: '```` </details>'"],
      ['name: pote-qa', 'name: pote-qa\n        guest: { disk_storage: local-zfs }'],
    );
    const { out } = await pvestack(['diff', '--markdown']);
    expect(out.startsWith(`${MARK}\n\n**2 of 5 stacks change: 1 replaced or DESTROYED.`)).toBe(true);
    expect(out.indexOf('REPLACES')).toBeLessThan(out.indexOf('app-pote-dev'));
    expect(out).toContain("\n`````text\napp-pote-dev\n  ~ /srv/app/.env.dev\n      - LOG_LEVEL='debug'\n");
    expect(out).toContain('<details><summary>cdk.tf.json of app-pote-qa</summary>\n\n```diff\n');
    for (const limit of [1000, 1400, 2000, 5000]) {
      const short = (await pvestack(['diff', '--markdown', '--limit', String(limit)])).out;
      expect(short.length).toBeLessThanOrEqual(limit);
      expect(short).toContain('REPLACES guest 202 (pote-qa)');
      expect(short.match(/^`{3,}/gm)?.length ?? 0).toBe(
        2 * (short.match(/^`{3,}(text|diff)$/gm)?.length ?? 0),
      );
    }
    const many = EXAMPLE.replace(
      PROJECT_A_DEV,
      Array.from({ length: 30 }, (_, i) =>
        STAGE.replace('stage:', `e${i}:`)
          .replace('project-a-stage', `e${i}`)
          .replace('215', `${400 + i}`)
          .replace('10.0.10.115/', `10.0.10.${130 + i}/`),
      ).join('') + PROJECT_A_DEV,
    );
    writeFileSync('inventory.yml', many);
    const bounded = (await pvestack(['diff', '--markdown', '--limit', '4000'])).out;
    expect(bounded.length).toBeLessThanOrEqual(4000);
    expect(bounded).toMatch(/\n\d+ more entries are left out: `pvestack diff` shows all\.\n$/);
  });
});
