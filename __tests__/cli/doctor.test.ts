import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { DEFAULT_PASSWORD, DEFAULT_TOKEN, type Emulator, startEmulator } from 'proxmox-emulator';
import { checkKey, checkReachable, checkRepositories } from '../../cli/doctor/access';
import { type Answer, reach } from '../../cli/doctor/api';
import { checkCluster } from '../../cli/doctor/command';
import { inOneLine, Report } from '../../cli/doctor/finding';
import { atLeast } from '../../cli/doctor/machine';
import { readInventory } from '../../inventory/load';
import type { Inventory } from '../../inventory/types';
import * as registry from '../../registry';
import { command, describeWith } from '../support/requirements';

jest.setTimeout(60_000);

const KEYS =
  'ssh_public_keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExampleA ops@example.lan]';
const inventoryOf = ({
  app = 'app_type: none',
  top = '',
  guest = '',
  env = '',
}: { app?: string; top?: string; guest?: string; env?: string } = {}): Inventory =>
  readInventory(
    new TextEncoder().encode(`${KEYS}
${top}
guest: {${guest}}
app_projects:
  shop:
    ${app}
    envs:
      dev:
        name: shop-dev
        vmid: 301
        ip: 10.0.10.31/24
        gateway: 10.0.10.1
        ${env}
`),
    'inventory.yml',
    registry,
  );

let emulator: Emulator;
let folder: string;
let certFile: string;

beforeEach(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'doctor-'));
  certFile = path.join(folder, 'ca.pem');
  emulator = await startEmulator({ certFile, nodes: ['pve', 'pve2'] });
});

afterEach(async () => {
  await emulator.stop();
  rmSync(folder, { recursive: true });
});

/** The doctor's faults and notes about the cluster. */
async function examine(inventory: Inventory, environment: NodeJS.ProcessEnv = {}): Promise<string[]> {
  const report = new Report();
  const all = {
    PROXMOX_VE_ENDPOINT: emulator.url,
    PROXMOX_VE_API_TOKEN: DEFAULT_TOKEN,
    SSL_CERT_FILE: certFile,
    ...environment,
  };
  const api = await reach(inventory.api, folder, all, report);
  const guests = inventory.envs.filter(({ guest }) => guest.type !== 'external');
  if (api) await checkCluster(api, guests, all, report);
  api?.close();
  return report.findings.map(inOneLine);
}
const wrong = (lines: string[]): string[] => lines.filter((line) => !line.startsWith('ok'));
const tokenWithout = (...without: string[]): NodeJS.ProcessEnv => {
  const [id, secret] = ['ci@pve!ci', '00000000-0000-0000-0000-0000000000c1'];
  emulator.auth.setToken({ id, secret, grant: { role: 'PVEAdmin', without } });
  return { PROXMOX_VE_API_TOKEN: `${id}=${secret}` };
};
const remove = (volid: string): void => {
  for (const storage of emulator.state.storages) {
    const at = storage.volumes.findIndex((volume) => volume.volid === volid);
    if (at >= 0) storage.volumes.splice(at, 1);
  }
};

test('all is well: one line for each fact, and nothing is changed', async () => {
  expect(await examine(inventoryOf())).toEqual([
    expect.stringMatching(
      /^ok {5}the Proxmox API at https:\/\/\S+ answers: Proxmox VE 9\.\S+, and its certificate is trusted$/,
    ),
    'ok     the credentials of root@pam!emulator may do all that is needed',
    'ok     the node pve is online',
    expect.stringMatching(/^ok {5}the storage local-lvm on pve is for rootdir, \d+ GiB free$/),
    'ok     the storage local on pve is for vztmpl',
    'ok     the template local:vztmpl/debian-12-standard_12.12-1_amd64.tar.zst is on pve',
    'ok     the bridge vmbr0 is on pve',
    "ok     app-shop-dev: VMID 301 is free, 10.0.10.31 is in no guest's configuration",
  ]);
  expect(emulator.log.list().filter(({ method }) => method !== 'GET')).toEqual([]);
});

const GRANT = (where: string): string =>
  `On a Proxmox node, as root: pveum acl modify ${where} --roles AppStack --users ci@pve`;

/** What is done to a cluster that is well, and the first line that is said of it. */
const FAULTS: [
  what: string,
  said: string,
  make: () => Parameters<typeof examine> | Promise<Parameters<typeof examine>>,
][] = [
  [
    'another node',
    'fault  app-shop-dev: there is no node pve9 in this cluster. There are: pve, pve2. Write one in proxmox_node.',
    () => [inventoryOf({ top: 'proxmox_node: pve9' })],
  ],
  [
    'a node that is off',
    'fault  app-shop-dev: the node pve is offline. Start it, or write another proxmox_node.',
    () => {
      Object.assign(emulator.state.nodes[0] ?? {}, { online: false });
      return [inventoryOf()];
    },
  ],
  [
    'no storage of the name',
    'fault  app-shop-dev: the node pve has no storage nope (disk_storage), or these credentials may not use it. There are: local, local-lvm. Write one, or grant it: Datastore.AllocateSpace on /storage/nope.',
    () => [inventoryOf({ guest: 'disk_storage: nope' })],
  ],
  [
    'a storage for other things',
    'fault  app-shop-dev: the storage local (disk_storage) on pve is not for rootdir, only for ',
    () => {
      Object.assign(emulator.state.storages.find((one) => one.storage === 'local') ?? {}, {
        content: ['vztmpl'],
      });
      return [inventoryOf({ guest: 'disk_storage: local' })];
    },
  ],
  [
    'a storage that is not active',
    'fault  app-shop-dev: the storage local-lvm (disk_storage) is not active on pve. Bring it back, or write another one.',
    () => {
      const storage = emulator.state.storages.find((one) => one.storage === 'local-lvm');
      Object.assign(storage ?? {}, { active: false });
      return [inventoryOf()];
    },
  ],
  [
    'a disk that does not fit',
    'note   the storage local-lvm on pve has ',
    () => [inventoryOf({ guest: 'disk_size: 9000' })],
  ],
  [
    'no template',
    'fault  app-shop-dev: the template local:vztmpl/debian-12-standard_12.12-1_amd64.tar.zst is not on pve. There are: ',
    () => {
      remove('local:vztmpl/debian-12-standard_12.12-1_amd64.tar.zst');
      return [inventoryOf()];
    },
  ],
  [
    'no bridge',
    'fault  app-shop-dev: the node pve has no bridge vmbr7, or these credentials may not use it. There are: vmbr0, vmbr1. Write one, or grant it: SDN.Use on /sdn/zones/localnetwork/vmbr7.',
    () => [inventoryOf({ guest: 'bridge: vmbr7' })],
  ],
  [
    'an MTU above that of the bridge',
    'fault  app-shop-dev: the MTU is bigger than that of the bridge vmbr0 (1500). Write a smaller mtu, or raise that of the bridge.',
    () => [inventoryOf({ guest: 'mtu: 9000' })],
  ],
  [
    'a VLAN',
    'note   the bridge vmbr0 on pve does not say that it is VLAN aware, and VLAN 7 is asked for.',
    () => [inventoryOf({ guest: 'vlan: 7' })],
  ],
  [
    'a VMID of somebody else',
    'fault  app-shop-dev: VMID 301 is container 301 (mail) on node pve, which is not its guest. Write another vmid in the inventory, or take it over with adopt: true.',
    () => {
      emulator.addGuest({ vmid: 301, config: { hostname: 'mail' } });
      return [inventoryOf()];
    },
  ],
  [
    'a VMID that is to be adopted',
    'note   app-shop-dev: VMID 301 is container 301 (mail) on node pve. adopt: true will take it over.',
    () => {
      emulator.addGuest({ vmid: 301, config: { hostname: 'mail' } });
      return [inventoryOf({ env: 'adopt: true' })];
    },
  ],
  [
    'a VMID that is hidden',
    'fault  app-shop-dev: VMID 301 is taken by a guest that these credentials may not see. Write another vmid in the inventory.',
    () => {
      emulator.addGuest({ vmid: 301 });
      const [id, secret] = ['ci@pve!ci', '00000000-0000-0000-0000-0000000000c1'];
      emulator.auth.setToken({ id, secret, grant: { role: 'Administrator', hidden: [301] } });
      return [inventoryOf(), { PROXMOX_VE_API_TOKEN: `${id}=${secret}` }];
    },
  ],
  [
    'an address of another container',
    'fault  app-shop-dev: 10.0.10.31 is the address of container 150 (web) on node pve2. Write another ip in the inventory.',
    () => {
      emulator.addGuest({
        vmid: 150,
        node: 'pve2',
        config: { hostname: 'web', net0: 'name=eth0,bridge=vmbr0,ip=10.0.10.31/24' },
      });
      return [inventoryOf()];
    },
  ],
  [
    'an address of another VM',
    'fault  app-shop-dev: 10.0.10.31 is the address of VM 151 (db) on node pve. Write another ip in the inventory.',
    () => {
      emulator.addGuest({
        vmid: 151,
        type: 'qemu',
        config: { name: 'db', ipconfig0: 'gw=10.0.10.1,ip=10.0.10.31/24' },
      });
      return [inventoryOf()];
    },
  ],
  [
    'a VM to clone that is not there',
    'fault  app-shop-dev: there is no VM 9000 to clone (kvm_clone_vmid), or these credentials may not see it. Write the VMID of a template of VMs.',
    () => [inventoryOf({ guest: 'proxmox_guest_type: kvm, kvm_clone_vmid: 9000' })],
  ],
  [
    'a VM to clone on another node',
    'fault  app-shop-dev: the VM 9000 (kvm_clone_vmid) is on node pve2, and is cloned only where it is. Write proxmox_node: pve2, or the VMID of a template on pve.',
    () => {
      emulator.addGuest({ vmid: 9000, type: 'qemu', node: 'pve2' });
      return [inventoryOf({ guest: 'proxmox_guest_type: kvm, kvm_clone_vmid: 9000' })];
    },
  ],
  ...[
    'VM.Allocate',
    'VM.Config.CPU',
    'VM.Config.Disk',
    'VM.Config.Memory',
    'VM.Config.Network',
    'VM.Config.Options',
    'VM.PowerMgmt',
  ].map((name): (typeof FAULTS)[number] => [
    `no ${name}`,
    `fault  app-shop-dev: these credentials lack ${name} on /vms/301. ${GRANT('/vms/301')} (and, where the token was made with --privsep 1, also --tokens 'ci@pve!ci'). The role has to hold it: pveum role modify AppStack --append 1 --privs "${name}".`,
    () => [inventoryOf(), tokenWithout(name)],
  ]),
  [
    'no VM.Audit',
    'fault  these credentials do not see the guests of the cluster: they lack VM.Audit on /vms, so every plan is refused. On a Proxmox node, as root: pveum acl modify /vms --roles PVEAuditor --users ci@pve',
    () => [inventoryOf(), tokenWithout('VM.Audit')],
  ],
  [
    'no Datastore.AllocateSpace',
    `fault  app-shop-dev: these credentials lack Datastore.AllocateSpace on /storage/local-lvm. ${GRANT('/storage/local-lvm')}`,
    () => [inventoryOf(), tokenWithout('Datastore.AllocateSpace')],
  ],
  [
    'no SDN.Use',
    `fault  app-shop-dev: these credentials lack SDN.Use on /sdn/zones/localnetwork/vmbr0. ${GRANT('/sdn/zones/localnetwork/vmbr0')}`,
    () => [inventoryOf(), tokenWithout('SDN.Use')],
  ],
  [
    'the start order of a VM',
    `fault  app-shop-dev: these credentials lack Sys.Modify on /. ${GRANT('/')}`,
    () => {
      emulator.addGuest({ vmid: 9000, type: 'qemu' });
      return [
        inventoryOf({ guest: 'proxmox_guest_type: kvm, kvm_clone_vmid: 9000, startup_order: 1' }),
        tokenWithout(),
      ];
    },
  ],
  [
    'a bind mount with a token',
    'fault  app-shop-dev: Proxmox allows a bind mount to root@pam with a password only, to no token. Use a volume of a storage, or proxmox_user: root@pam with proxmox_password.',
    () => [inventoryOf({ guest: 'mount_points: [{path: /data, volume: /data/media}]' })],
  ],
  [
    'a wrong token',
    'fault  the Proxmox API at https://',
    () => [inventoryOf(), { PROXMOX_VE_API_TOKEN: 'ci@pve!ci=wrong' }],
  ],
  [
    'a wrong password',
    'fault  the Proxmox API at https://',
    () => [
      inventoryOf({ top: "proxmox_user: root@pam\nproxmox_password: '{{ vault_p }}'" }),
      { PROXMOX_VE_API_TOKEN: '', TF_VAR_vault_p: 'wrong' },
    ],
  ],
  [
    'no credentials',
    'fault  the credentials of the Proxmox API are not in this environment. Export the variables of proxmox_token_secret (or proxmox_password), or PROXMOX_VE_API_TOKEN.',
    () => [inventoryOf(), { PROXMOX_VE_API_TOKEN: '' }],
  ],
  [
    'no address of the API',
    'fault  nobody says where the Proxmox API is. Write proxmox_host in the inventory, or export PROXMOX_VE_ENDPOINT.',
    () => [inventoryOf(), { PROXMOX_VE_ENDPOINT: '' }],
  ],
  [
    'a name that is not known',
    'fault  the name pve.invalid is not known here (',
    () => [inventoryOf({ top: 'proxmox_host: pve.invalid' })],
  ],
  [
    'nobody at the port',
    'fault  the Proxmox API at https://127.0.0.1:1 does not answer: connect ECONNREFUSED 127.0.0.1:1. Is it the right port (8006), and does pveproxy run there?',
    () => [inventoryOf({ top: "proxmox_host: '127.0.0.1:1'" })],
  ],
  [
    'a certificate that nobody trusts',
    'fault  the certificate of https://',
    () => {
      const other = path.join(folder, 'other.pem');
      writeFileSync(other, '');
      return [inventoryOf(), { SSL_CERT_FILE: other }];
    },
  ],
  [
    'a CA file that is not there',
    'fault  SSL_CERT_FILE cannot be read: /none.pem (ENOENT). Fetch the CA: scp root@<host>:/etc/pve/pve-root-ca.pem .',
    () => [inventoryOf(), { SSL_CERT_FILE: '/none.pem' }],
  ],
  [
    'a CA that only the guards trust',
    'note   proxmox_ca_file is trusted by the guards, and the provider reads only SSL_CERT_FILE and the system.',
    () => [
      inventoryOf({ top: `proxmox_ca_file: ${path.join(folder, 'ca.pem')}` }),
      { SSL_CERT_FILE: undefined },
    ],
  ],
  [
    'a certificate that nobody checks',
    'note   nobody checks the certificate of the Proxmox API. Remove proxmox_insecure, and trust its CA.',
    () => [inventoryOf({ top: 'proxmox_insecure: true' })],
  ],
  [
    'a lock of the API',
    'fault  the guests are not listed (HTTP 503):',
    () => {
      emulator.faults.add({
        kind: 'error',
        method: 'GET',
        path: '/cluster/resources',
        status: 503,
        reason: 'try later',
      });
      return [inventoryOf()];
    },
  ],
];

test.each(FAULTS)('%s', async (_what, said, make) => {
  const lines = wrong(await examine(...(await make())));
  expect(lines.some((line) => line.startsWith(said)) ? said : lines.join('\n')).toBe(said);
  expect(lines.join('')).not.toMatch(/=wrong|[\n\t]/);
});

test('a guest of ours is, whoever logs in by ticket or token', async () => {
  emulator.addGuest({
    vmid: 301,
    running: true,
    config: {
      hostname: 'shop-dev',
      tags: 'app;app-shop-dev',
      net0: 'name=eth0,bridge=vmbr0,ip=10.0.10.31/24',
    },
  });
  const lines = await examine(
    inventoryOf({ top: "proxmox_user: root@pam\nproxmox_password: '{{ vault_p }}'" }),
    {
      PROXMOX_VE_API_TOKEN: '',
      TF_VAR_vault_p: DEFAULT_PASSWORD,
    },
  );
  expect(wrong(lines)).toEqual([]);
  expect(lines).toContain('ok     app-shop-dev: VMID 301 is its guest, running on pve');
});

/** The recorded answers of a Proxmox VE 9.2; its bridges and single permissions are not in it. */
const TRACES =
  process.env['PVE_TRACES'] ?? path.join(__dirname, '..', '..', '..', 'shared', 'facts', 'pve-traces.jsonl');
const recorded = { name: 'recorded answers of a Proxmox VE (PVE_TRACES)', met: () => existsSync(TRACES) };
describeWith([recorded], 'a recorded cluster', () => {
  interface Trace {
    method: string;
    path: string;
    query?: [string, string][];
    status: number;
    response: { data?: unknown; message?: string } | string | null;
  }
  test('is read as it is', async () => {
    const answers = new Map<string, Answer>();
    for (const line of readFileSync(TRACES, 'utf8').trim().split('\n')) {
      const { method, path: where, query = [], status, response } = JSON.parse(line) as Trace;
      const search = new URLSearchParams(query).toString();
      const { data, message = '' } =
        typeof response === 'object' && response ? response : { data: undefined };
      const key = `${where.slice(1)}${search === '' ? '' : `?${search}`}`;
      // The first: what came later was made, changed and removed meanwhile.
      if (method === 'GET' && (!answers.has(key) || answers.get(key)?.status !== 200))
        answers.set(key, { status, data, message });
    }
    const tree = answers.get('access/permissions')?.data as Record<string, Record<string, number>>;
    const get = (where: string): Promise<Answer> => {
      const asked = /^access\/permissions\?path=(.*)$/.exec(where)?.[1];
      // Whoever was recorded holds everything everywhere.
      if (asked !== undefined)
        return Promise.resolve({
          status: 200,
          data: { [decodeURIComponent(asked)]: tree['/'] ?? tree['/vms'] },
          message: '',
        });
      return Promise.resolve(answers.get(where) ?? { status: 501, data: undefined, message: 'not recorded' });
    };
    const report = new Report();
    const inventory = inventoryOf({ top: 'proxmox_node: pve1', guest: 'disk_storage: local', env: '' });
    const envs = [
      ...inventory.envs,
      ...inventory.envs.map((env) => ({
        ...env,
        stack: 'app-shop-web',
        vmid: 101,
        address: '10.0.10.101',
        addresses: ['10.0.10.101'],
      })),
    ];
    await checkCluster({ get, user: 'tf@pve' }, envs, {}, report);
    const lines = report.findings.map(inOneLine);
    expect(lines).toEqual(
      expect.arrayContaining([
        'ok     the node pve1 is online',
        'ok     the storage local on pve1 is for rootdir, 72 GiB free',
        'fault  app-shop-web: VMID 101 is container 101 (web1) on node pve1, which is not its guest. Write another vmid in the inventory, or take it over with adopt: true.',
      ]),
    );
    expect(lines.join('\n')).not.toContain('undefined');
  });
});

describeWith([command('ssh-keygen')], 'the SSH key', () => {
  const made = (passphrase: string): string => {
    const file = path.join(folder, 'id');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', '', '-f', file]);
    return file;
  };
  test.each<[string, () => NodeJS.ProcessEnv, string]>([
    ['none', () => ({}), 'fault  there is no SSH key for the guests.'],
    [
      'a path to nothing',
      () => ({ TF_VAR_ssh_private_key_file: '/none' }),
      'fault  TF_VAR_ssh_private_key_file names /none, which is not there.',
    ],
    [
      'a public one',
      () => ({ TF_VAR_ssh_private_key_file: `${made('')}.pub` }),
      'fault  the SSH key is not a private key.',
    ],
    [
      'one with a passphrase',
      () => ({ TF_VAR_ssh_private_key_file: made('12345') }),
      'fault  the SSH key is encrypted, and Terraform cannot ask for its passphrase.',
    ],
    [
      'one of somebody else',
      () => ({ TF_VAR_ssh_private_key: readFileSync(made(''), 'utf8') }),
      'note   the SSH key is not among the ssh_public_keys of app-shop-dev.',
    ],
  ])('%s', async (_name, environment, said) => {
    const report = new Report();
    await checkKey(inventoryOf().envs, environment(), report);
    expect(report.findings.map(inOneLine).join('\n').slice(0, said.length)).toBe(said);
  });

  test('the right one', async () => {
    const file = made('');
    const [env] = inventoryOf({
      env: `ssh_public_keys: [${readFileSync(`${file}.pub`, 'utf8').trim()}]`,
    }).envs;
    const report = new Report();
    await checkKey(env ? [env] : [], { TF_VAR_ssh_private_key_file: file }, report);
    expect(report.findings.map(inOneLine)).toEqual(['ok     the SSH key is one of ssh_public_keys']);
  });
});

test('who answers at a guest', async () => {
  const server = createServer((socket) => socket.end('SSH-2.0-x\r\n')).listen(0, '127.0.0.1');
  const other = createServer((socket) => socket.end('HTTP\r\n')).listen(0, '127.0.0.1');
  await Promise.all([server, other].map((one) => new Promise((resolve) => one.once('listening', resolve))));
  const [port, web] = [server, other].map((one) => (one.address() as AddressInfo).port);
  const report = new Report();
  const at = [port, web, 1].flatMap((number = 0) =>
    inventoryOf({ guest: 'proxmox_guest_type: external' }).envs.map((env) => ({
      ...env,
      address: '127.0.0.1',
      ssh: { ...env.ssh, port: number },
    })),
  );
  await checkReachable(at, [], report);
  expect(report.findings.map(({ level, what }) => `${level} ${what}`).sort()).toEqual([
    'fault app-shop-dev: SSH does not answer at 127.0.0.1, port 1 (ECONNREFUSED)',
    `fault app-shop-dev: SSH does not answer at 127.0.0.1, port ${String(web)} (another program answers there)`,
    'ok app-shop-dev: SSH answers at 127.0.0.1',
  ]);
  server.close();
  other.close();
});

const HOST = 'git.invalid ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExampleA';

describeWith([command('git')], 'the repository', () => {
  test.each([
    ['', 'fault  app-shop-dev: the repository http://127.0.0.1:1/app.git is not read from here: '],
    [
      'git_deploy_key: "{{ vault_k }}"',
      'note   app-shop-dev: its repository was not asked, because the deploy key is not in this environment. Export it.',
    ],
  ])('%j', async (key, said) => {
    const at = 'repo: http://127.0.0.1:1/app.git';
    const app = key === '' ? at : `repo: git@git.invalid:app.git\n    git_known_hosts: [${HOST}]\n    ${key}`;
    const report = new Report();
    await checkRepositories(inventoryOf({ app, env: 'branch: main' }).envs, {}, report);
    expect(report.findings.map(inOneLine).join('\n').slice(0, said.length)).toBe(said);
  });
});

test.each([
  ['1.11.4', '1.6', true],
  ['1.5.7', '1.6', false],
  ['1.10.0-beta1', '1.10', true],
  ['20.12.2', '20.12', true],
  ['7.88', '7.66', true],
  ['2', '1.9', true],
])('%s is at least %s: %s', (version, least, expected) => {
  expect(atLeast(version, least)).toBe(expected);
});
