import { pageOf } from '../../cli/plan/page';
import type { PlanJson, ResourceChange } from '../../cli/plan/plan-json';
import { wordsOf } from '../../cli/plan/words';
import { changed, container, planOf, triggers } from '../support/plan-json';

const GUEST = 'proxmox_virtual_environment_container.guest';
const ONE = '447a668aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa';
const TWO = '60b5cd2bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb';
const THREE = '1234567ccccccccccccccccccccccccccccccccc';
const SEEN = ', seen 2026-11-30T10:00:00Z';

const page = (plan: PlanJson): string[] => pageOf('app-shop-dev', wordsOf(plan), false).slice(1);
const update = (
  other: Parameters<typeof container>[0],
  more?: Parameters<typeof changed>[3],
): ResourceChange => changed(GUEST, container(), container(other), more);
const layer = (
  name: string,
  before: Record<string, string>,
  after: Record<string, string>,
  why?: string,
): ResourceChange =>
  changed(`null_resource.${name}`, triggers(before), triggers(after), why === undefined ? {} : { why });
const release = (before: string, after: string, more: Record<string, string> = {}): ResourceChange =>
  layer('release', { commit: before }, { commit: after, ...more });

/** What the variable `release` is, and what the inventory makes of it. */
const wanted = (value: string, pinned: string): PlanJson => ({
  variables: { release: { value } },
  configuration: { root_module: { variables: { release: { default: pinned } } } },
});

const ROWS: [what: string, plan: PlanJson, lines: string[]][] = [
  [
    'memory',
    planOf([update({ memory: [{ dedicated: 4096, swap: 512 }] })]),
    ['  ~ guest: memory 2048 → 4096 (restarts it)'],
  ],
  ['cores, without a restart', planOf([update({ cpu: [{ cores: 4 }] })]), ['  ~ guest: cores 2 → 4']],
  [
    'a larger disk, and a smaller one',
    planOf([update({ disk: [{ datastore_id: 'local-lvm', size: 16, mount_options: null }] })]),
    ['  ~ guest: disk_size 8 → 16 (waits for a restart)'],
  ],
  [
    'a smaller disk',
    planOf([update({ disk: [{ datastore_id: 'local-lvm', size: 4 }] })]),
    ['  ~ guest: disk_size 8 → 4 (Proxmox refuses it)'],
  ],
  [
    'a VLAN where there was none',
    planOf([update({ network_interface: [{ bridge: 'vmbr0', vlan_id: 7 }] })]),
    ['  ~ guest: vlan none → 7 (restarts it)'],
  ],
  [
    'an address, whose tag goes with it',
    planOf([
      update({
        initialization: [
          {
            hostname: 'shop-dev',
            dns: [],
            ip_config: [{ ipv4: [{ address: '10.0.10.32/24', gateway: '10.0.10.1' }] }],
          },
        ],
        tags: ['app', 'app-shop-dev', 'ip-10.0.10.32'],
      }),
    ]),
    ['  ~ guest: ip 10.0.10.31/24 → 10.0.10.32/24 (restarts it)'],
  ],
  [
    'tags',
    planOf([update({ tags: ['app', 'blue', 'ip-10.0.10.31'] })]),
    ['  ~ guest: tags', '      - app-shop-dev', '      + blue'],
  ],
  [
    'a description of several lines',
    planOf([
      changed(GUEST, container({ description: 'one\ntwo\n' }), container({ description: 'one\nthree\n' })),
    ]),
    ['  ~ guest: description', '      - two', '      + three'],
  ],
  [
    'a block that comes, with the defaults of the provider',
    planOf([update({ startup: [{ order: 3, up_delay: -1, down_delay: -1 }] })]),
    ['  ~ guest: startup_order none → 3'],
  ],
  [
    'what has several attributes',
    planOf([update({ mount_point: [{ path: '/srv', volume: 'local-lvm', size: '4G', backup: true }] })]),
    [
      '  ~ guest: mount_points',
      '      backup true',
      '      path /srv',
      '      size 4G',
      '      volume local-lvm',
    ],
  ],
  [
    'a secret: that it is another one, and no more',
    planOf([
      changed(GUEST, container({ password: 'fake-old' }), container({ password: 'fake-new' }), {
        before_sensitive: { password: true },
      }),
    ]),
    ['  ~ guest: password is another one (secret)'],
  ],
  [
    'what is known only after the apply',
    planOf([update({ ipv4: null }, { after_unknown: { ipv4: true } })]),
    [],
  ],
  [
    'what somebody changed in Proxmox',
    planOf(
      [changed(GUEST, container({ memory: [{ dedicated: 1024, swap: 512 }], started: false }), container())],
      {},
      {
        resource_drift: [
          changed(
            GUEST,
            container(),
            container({ memory: [{ dedicated: 1024, swap: 512 }], started: false }),
          ),
        ],
      },
    ),
    [
      '  ! guest: memory 1024 → 2048, as somebody changed it in Proxmox (restarts it)',
      '  ! guest: runs false → true, as somebody changed it in Proxmox',
    ],
  ],
  [
    'a replacement',
    planOf([
      update(
        { disk: [{ datastore_id: 'local', size: 8 }] },
        { actions: ['delete', 'create'], replace_paths: [['disk', 0, 'datastore_id']] },
      ),
      layer('kit', { programs: 'a  kit.sh' }, { programs: 'a  kit.sh', guest: '' }),
    ]),
    [
      '  !! REPLACES guest 301 (shop-dev): destroys it with its disk and all that is on it, and makes a new one',
      '  ~ guest: disk_storage local-lvm → local (replaces it)',
    ],
  ],
  [
    'a guest whose create had failed',
    planOf([update({}, { actions: ['delete', 'create'], why: 'replace_because_tainted' })]),
    [
      '  !! REPLACES guest 301 (shop-dev): destroys it with its disk and all that is on it, and makes a new one, as its create had failed',
    ],
  ],
  [
    'a destruction',
    planOf([
      changed(GUEST, container(), null),
      changed('terraform_data.owner', { input: 'owner-1a2b3c4d5e6f' }, null),
      changed('null_resource.app', triggers({}), null),
    ]),
    ['  !! DESTROYS guest 301 (shop-dev) with its disk and all that is on it'],
  ],
  [
    'the end of a stack whose host is external',
    planOf([changed('terraform_data.owner', { input: 'owner-1a2b3c4d5e6f' }, null)]),
    ['  - Terraform forgets the stack; its host stays as it is'],
  ],
  [
    'a resource that this program does not know',
    planOf([changed('proxmox_virtual_environment_pool.blue', { id: 'blue' }, null)]),
    [
      '  !! DESTROYS proxmox_virtual_environment_pool.blue',
      "  ~ Terraform's proxmox_virtual_environment_pool.blue: removed",
    ],
  ],
  [
    'what is done beside the guest',
    planOf([
      changed(
        'terraform_data.owned',
        { input: '301 owner-1 unprotected' },
        { input: '301 owner-1 protected' },
      ),
      changed('null_resource.kit', triggers({ address: '10.0.10.31' }), triggers({ address: '10.0.10.32' })),
      changed('null_resource.preflight', triggers({}), triggers({ guest: 'x' })),
    ]),
    [
      '  ~ kit: address 10.0.10.31 → 10.0.10.32',
      '  ~ against destruction: unprotected → protected',
      '  ~ checks before a create: run',
    ],
  ],
  [
    'a guest that is taken up',
    planOf([update({}, { actions: ['no-op'], importing: { id: 'pve/301' } })]),
    ['  ~ guest 301 (shop-dev): is taken up as it stands'],
  ],
  [
    'a new guest',
    planOf([
      changed(GUEST, null, container()),
      changed('terraform_data.owner', null, {}),
      changed(
        'null_resource.base_os',
        null,
        triggers({ packages: 'jq\nnpm', firewall: 'allow 22/tcp', '/etc/x': 'a\nb' }),
      ),
      changed('null_resource.release', null, triggers({ commit: 'dev, not looked at' })),
    ]),
    [
      '  + guest 301 (shop-dev): a container, on pve, 2 cores, 2048 MiB, 8 GiB on local-lvm, 10.0.10.31/24',
      '  + layer base_os',
      '      packages jq, npm',
      '      firewall allow 22/tcp',
      '      /etc/x',
      '  ~ commit what dev is at by then, as nobody could look',
    ],
  ],
  [
    'files, with the lines that change',
    planOf([
      layer(
        'app',
        { '/srv/app/.env.dev': "A='1'\nB='2'\nC='3'", '/etc/old': 'x' },
        { '/srv/app/.env.dev': "A='1'\nB='9'\nC='3'", '/etc/new': 'y' },
      ),
    ]),
    ['  + /etc/new', '      + y', '  - /etc/old', '  ~ /srv/app/.env.dev', "      - B='2'", "      + B='9'"],
  ],
  [
    'packages, keys, rules, settings, secrets',
    planOf([
      layer(
        'base_os',
        {
          packages: 'jq\nnpm',
          keys: 'ssh-ed25519 AAAAC3NzaExampleA ops@example.lan',
          firewall: 'allow 22/tcp',
          values: "timezone='Etc/UTC'\nlayers='kit'",
          'secret vault_a': '1',
        },
        {
          packages: 'npm\nvim',
          firewall: 'allow 22/tcp\nallow 80/tcp',
          values: "timezone='Europe/Berlin'\nlayers='kit app'",
          'secret vault_a': '2',
        },
      ),
    ]),
    [
      '  + firewall allow 80/tcp',
      '  - key ssh-ed25519 …ExampleA ops@example.lan',
      '  - package jq',
      '  + package vim',
      '  ~ secret vault_a is another one',
      "  ~ timezone 'Etc/UTC' → 'Europe/Berlin'",
    ],
  ],
  [
    'a new kit, a program that does more, a list that nobody knows',
    planOf([
      layer('kit', { programs: 'a  kit.sh' }, { programs: 'b  kit.sh' }),
      layer('postgresql', { databases: 'shop' }, { databases: 'shop\nblue', version: '2' }),
    ]),
    [
      '  ~ kit: other programs on the guest',
      '  ~ postgresql: databases',
      '      + blue',
      '  ~ layer postgresql: runs again, as its program does more now',
    ],
  ],
  [
    'what deviates on the guest, also where the inventory changes as well',
    planOf(
      [
        layer(
          'base_os',
          { guest: '301 A', '/etc/a': '1' },
          { guest: '301 A, 2026-11-30T10:00:00Z: other /etc/a', '/etc/a': '2' },
        ),
        layer(
          'app',
          { guest: 'new' },
          { guest: '2026-11-30T10:00:00Z: edited /etc/b; not running app-backend.service' },
        ),
      ],
      {
        base_os: '2026-11-30T10:00:00Z: mode of /etc/c',
        app: '2026-11-30T10:00:00Z: edited /etc/b; not running app-backend.service',
      },
    ),
    [
      '  ~ /etc/a',
      '      - 1',
      '      + 2',
      '  ! on the guest: mode of /etc/c',
      '  ! on the guest: edited /etc/b',
      '  ! on the guest: not running app-backend.service',
    ],
  ],
  [
    'a guest that was put back to a backup',
    planOf(
      [
        layer(
          'app',
          { guest: '301 A', '/etc/a': '2' },
          { guest: '301 A, 2026-11-30T10:00:00Z: other /etc/a', '/etc/a': '2' },
        ),
      ],
      {
        app: 'new',
      },
    ),
    ['  ! on the guest: older than the last deploy: /etc/a'],
  ],
  [
    'a layer whose last run failed',
    planOf([layer('app', {}, {}, 'replace_because_tainted')]),
    ['  ~ layer app: runs again, its last run failed'],
  ],
  [
    'a layer that is asked for',
    planOf([layer('app', {}, {}, 'replace_by_request')]),
    ['  ~ layer app: runs again, as asked'],
  ],
  [
    'another guest than before, which was made anew outside',
    planOf([layer('app', { guest: '301 A' }, { guest: '301 B' })]),
    ['  ~ layer app: runs again, the guest is another one than it ran on'],
  ],
  [
    'a layer that is given up',
    planOf([changed('null_resource.postgresql', triggers({}), null)]),
    ['  - layer postgresql: no longer kept'],
  ],
  ['a commit', planOf([release(ONE, `${TWO}${SEEN}`)]), ['  ~ commit 447a668 → 60b5cd2']],
  [
    'a release that the inventory names',
    planOf([release(ONE, `${TWO} (v1.2)${SEEN}`)], {}, wanted('v1.2', 'v1.2')),
    ['  ~ commit 447a668 → 60b5cd2 (release in the inventory: v1.2)'],
  ],
  [
    'a commit that the inventory pins',
    planOf([release(ONE, `${TWO}${SEEN}`)], {}, wanted(TWO, TWO)),
    ['  ~ commit 447a668 → 60b5cd2 (release in the inventory)'],
  ],
  [
    'a release that this run names',
    planOf([release(ONE, `${TWO} (v1.3)${SEEN}`)], {}, wanted('v1.3', 'v1.2')),
    ['  ~ commit 447a668 → 60b5cd2 (TF_VAR_release: v1.3)'],
  ],
  [
    'a release whose deploy failed, tried again',
    planOf([
      changed(
        'null_resource.release',
        triggers({ commit: `${TWO}${SEEN}` }),
        triggers({ commit: `${TWO} (after ${ONE}), seen 2026-11-30T11:00:00Z` }),
        { why: 'replace_because_tainted' },
      ),
    ]),
    ['  ~ commit 447a668 → 60b5cd2, after a deploy that failed'],
  ],
  [
    'another commit after one whose deploy failed: from what runs',
    planOf(
      [
        changed(
          'null_resource.release',
          triggers({ commit: `${THREE}${SEEN}` }),
          triggers({ commit: `${TWO}${SEEN}` }),
          {
            why: 'replace_because_tainted',
          },
        ),
      ],
      { runs: ONE },
    ),
    ['  ~ commit 447a668 → 60b5cd2, after a deploy that failed'],
  ],
  [
    'a release whose deploy failed, left where it was',
    planOf(
      [
        changed(
          'null_resource.release',
          triggers({ commit: `${TWO}${SEEN}` }),
          triggers({ commit: `${ONE}${SEEN}` }),
          {
            why: 'replace_because_tainted',
          },
        ),
      ],
      { runs: ONE },
    ),
    ['  ~ commit 447a668 stays, after a deploy that failed'],
  ],
  [
    'a commit after one that was deployed by hand',
    planOf([release(ONE, `${TWO} (after ${THREE})${SEEN}`)]),
    ['  ~ commit 1234567 → 60b5cd2'],
  ],
  ['the first commit', planOf([release('dev, not looked at', `${TWO}${SEEN}`)]), ['  + commit 60b5cd2']],
  [
    'a guest that is put back: the same commit',
    planOf([release(`${ONE}${SEEN}`, `${ONE}, seen 2026-11-30T11:00:00Z`)]),
    ['  ~ commit 447a668 is deployed once more'],
  ],
  [
    'a guest that is there, with nothing on it',
    planOf([
      changed('null_resource.release', null, triggers({ commit: '2026-11-30T10:00:00Z: not configured' })),
    ]),
    ['  + commit the head of the branch by then: nothing is deployed yet'],
  ],
  [
    'what a release is built with',
    planOf([release(`${ONE}${SEEN}`, `${ONE}${SEEN}`, { built_with: 'NEXT_PUBLIC_A=1' })]),
    ['  ~ commit 447a668 is built again', '      + NEXT_PUBLIC_A=1'],
  ],
  [
    'text that would steer a terminal',
    planOf([layer('app', { '/etc/a': 'x' }, { '/etc/a': 'x\n\u001b[31my\u202e\u0007' })]),
    ['  ~ /etc/a', '      + [31my'],
  ],
  [
    'what Terraform warns of',
    planOf(
      [update({ cpu: [{ cores: 4 }] })],
      {},
      {
        checks: [
          { status: 'pass' },
          { status: 'fail', instances: [{ problems: [{ message: 'held at 447a668\n by hand' }] }] },
        ],
      },
    ),
    ['  ~ guest: cores 2 → 4', '  note: held at 447a668 by hand'],
  ],
];

test.each(ROWS)('%s', (_what, plan, lines) => {
  expect(page(plan)).toEqual(lines);
});

test('commits with their subjects, and how many there are between', () => {
  const commits = {
    subjects: new Map([
      [ONE, 'Fix login'],
      [TWO, 'New cart'],
    ]),
    count: 3,
  };
  expect(wordsOf(planOf([release(ONE, `${TWO}${SEEN}`)]), commits).items[0]?.text).toBe(
    'commit 447a668 "Fix login" → 60b5cd2 "New cart", 3 commits',
  );
});

test('nothing to do is one line', () => {
  expect(pageOf('app-shop-dev', wordsOf({}), false)).toEqual(['app-shop-dev: nothing to do']);
});

test('colours, and what is lost in bold red', () => {
  const lines = pageOf('app-shop-dev', wordsOf(planOf([changed(GUEST, container(), null)])), true);
  expect(lines[1]).toContain('\u001b[1m\u001b[31m  !! DESTROYS guest 301');
});
