import { literal, type Text } from '../../inventory/text';
import { RULES } from '../../inventory/values/rules';
import type { Value } from '../../inventory/values/value';
import { added, MINIMAL, onlyEnv, problems, read } from './minimal';

/** The minimal inventory with lines at the top, on the project and on the env. */
function levels(top: string[], project: string[], env: string[]): string {
  return added('env', ...env)
    .replace('    repo:', `${project.map((line) => `    ${line}\n`).join('')}    repo:`)
    .replace(/^/, top.map((line) => `${line}\n`).join(''));
}

const literals = (map: Readonly<Record<string, Text>>): [string, string | undefined][] =>
  Object.entries(map).map(([name, text]) => [name, literal(text)]);

test('defaults', () => {
  const inventory = read(MINIMAL);
  const text = (value: string, rule: keyof typeof RULES): Value => ({
    parts: [value],
    secret: false,
    rule: RULES[rule],
  });
  expect(inventory).toEqual({
    file: 'inventory.yml',
    api: { port: 8006, insecure: false },
    warnings: [],
    envs: [
      {
        project: 'pote',
        env: 'dev',
        stack: 'app-pote-dev',
        present: true,
        path: ['app_projects', 'pote', 'envs', 'dev'],
        hostname: 'pote-dev',
        vmid: 201,
        address: '10.0.10.101',
        addresses: ['10.0.10.101'],
        networks: [
          {
            bridge: text('vmbr0', 'bridge'),
            firewall: true,
            ip: { address: '10.0.10.101', prefix: 24 },
            gateway: '10.0.10.1',
          },
        ],
        node: text('pve', 'node'),
        configure: true,
        ssh: {
          port: 22,
          agent: false,
          user: text('root', 'user'),
          publicKeys: [
            text(
              'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExampleA ops@example.lan',
              'publicKey',
            ),
          ],
        },
        backend: { type: 'local', path: 'state' },
        templateDirs: [],
        app: {
          type: 'node',
          settings: {
            jobs: [],
            failure: { logDays: 30 },
          },
          services: [
            {
              name: 'backend',
              dir: 'backend',
              port: 3001,
              start: 'npm start',
              count: 1,
              envVars: {},
              buildEnvVars: {},
              sharedPaths: [],
            },
            {
              name: 'frontend',
              dir: 'frontend',
              port: 3000,
              start: 'npm start',
              count: 1,
              envVars: {},
              buildEnvVars: {},
              sharedPaths: [],
            },
          ],
          listsServices: false,
          repo: text('git@git.example.lan:team/pote.git', 'repo'),
          branch: text('dev', 'branch'),
          knownHosts: [],
          packages: [],
          release: {
            healthTimeout: 30,
            watch: [],
            buildTimeout: 1800,
            buildSecrets: [],
            buildEnv: expect.arrayContaining(['NEXT_PUBLIC_*', 'VITE_*']) as string[],
            installKey: false,
            trialStart: true,
            keep: 5,
          },
          envVars: {},
          installEnv: {},
        },
        baseOs: {
          user: 'appuser',
          timezone: 'Etc/UTC',
          locale: 'C.UTF-8',
          securityUpgrades: true,
          hardenSshd: true,
          ufw: true,
          firewallPorts: [],
          removePackages: false,
          aptSourcesRequired: true,
        },
        guest: {
          type: 'lxc',
          template: text('local:vztmpl/debian-12-standard_12.12-1_amd64.tar.zst', 'template'),
          osType: 'debian',
          unprivileged: true,
          nesting: true,
          start: true,
          kvmDisk: 'scsi0',
          cores: 2,
          memory: 2048,
          swap: 512,
          diskSize: 8,
          diskStorage: text('local-lvm', 'storage'),
          nameservers: [],
          onboot: true,
          tags: [],
          mountPoints: [],
          protection: false,
          preventDestroy: false,
          keepsData: false,
          adopt: false,
        },
      },
    ],
  });
});

describe('the nearest wins', () => {
  test.each<[top: string[], project: string[], env: string[], node: string]>([
    [[], [], [], 'pve'],
    [['proxmox_node: top'], [], [], 'top'],
    [['proxmox_node: top'], ['proxmox_node: project'], [], 'project'],
    [['proxmox_node: top'], ['proxmox_node: project'], ['proxmox_node: env'], 'env'],
    [['proxmox_node: top'], [], ['proxmox_node: env'], 'env'],
  ])('%j %j %j', (top, project, env, node) => {
    expect(literal(onlyEnv(levels(top, project, env)).node)).toBe(node);
  });

  test('false and 0 at the env win as well', () => {
    const { guest, configure } = onlyEnv(
      levels(
        ['configure: true', 'guest: {onboot: true, swap: 100}'],
        [],
        ['configure: false', 'guest: {onboot: false, swap: 0}'],
      ),
    );
    expect([configure, guest.onboot, guest.swap]).toEqual([false, false, 0]);
  });

  test('lists replace, an empty one too', () => {
    const text = levels(['packages: [git, curl]'], [], ['packages: [jq, git, git]']);
    expect(onlyEnv(text).app.packages.map(literal)).toEqual(['git', 'jq']);
    expect(onlyEnv(levels(['packages: [git]'], [], ['packages: []'])).app.packages).toEqual([]);
  });

  test('a backend is taken whole', () => {
    const text = levels(['backend: {type: local, path: state/all}'], ['backend: {type: s3, bucket: b}'], []);
    expect(onlyEnv(text).backend).toEqual({
      type: 's3',
      bucket: 'b',
      use_lockfile: true,
    });
  });

  test('keys: one and several of the same level together', () => {
    const text = added('env', 'ssh_public_key: ssh-rsa BBBB', 'ssh_public_keys: [ssh-rsa CCCC]');
    expect(onlyEnv(text).ssh.publicKeys.map(literal)).toEqual(['ssh-rsa CCCC', 'ssh-rsa BBBB']);
  });

  test('folders of templates are all kept, nearest first', () => {
    expect(onlyEnv(levels(['templates_dir: a'], ['templates_dir: b'], [])).templateDirs).toEqual(['b', 'a']);
  });

  test('a guest that is not started is not configured', () => {
    expect(onlyEnv(added('env', 'guest: {lxc_start_after_create: false}')).configure).toBe(false);
  });
});

test('guest is merged key by key', () => {
  const { guest } = onlyEnv(
    levels(
      ['guest: {cores: 1, memory: 512, disk_size: 4}'],
      ['guest: {memory: 1024, disk_size: 16}'],
      ['guest: {disk_size: 32, tags: [Web, db, web]}'],
    ),
  );
  expect(guest).toMatchObject({ cores: 1, memory: 1024, diskSize: 32, swap: 512, tags: ['db', 'web'] });
});

test('env_vars are merged by name and sorted, the env wins', () => {
  const text = levels(
    [],
    ['env_vars: {Z: 1, LOG_LEVEL: info, A: x}'],
    ['env_vars: {LOG_LEVEL: debug, M: y}'],
  );
  expect(literals(onlyEnv(text).app.envVars)).toEqual([
    ['A', 'x'],
    ['LOG_LEVEL', 'debug'],
    ['M', 'y'],
    ['Z', '1'],
  ]);
});

describe('scalars in env_vars are what was written', () => {
  test.each<[written: string, value: string]>([
    ['1.10', '1.10'],
    ['yes', 'yes'],
    ['no', 'no'],
    ['0644', '0644'],
    ['0o17', '0o17'],
    ['0x1F', '0x1F'],
    ['1e3', '1e3'],
    ['+7', '+7'],
    ['12345678901234567890', '12345678901234567890'],
    ['True', 'True'],
    ['false', 'false'],
    ['2026-01-02', '2026-01-02'],
    ['"1.10"', '1.10'],
    ["'it''s'", "it's"],
    ['"a\\tb"', 'a\tb'],
    ['" a "', ' a '],
    ['!!str 1.10', '1.10'],
  ])('%s', (written, value) => {
    const text = added('env', 'env_vars:', `  A: ${written}`);
    expect(literals(onlyEnv(text).app.envVars)).toEqual([['A', value]]);
  });

  test('by way of a merge key or an alias, too', () => {
    const text = levels(
      [],
      ['env_vars: &common {VERSION: 1.10, MODE: &mode 0644}'],
      ['env_vars: {<<: *common, OTHER: *mode}'],
    );
    expect(problems(text)).toEqual([]);
    expect(literals(onlyEnv(text).app.envVars)).toEqual([
      ['MODE', '0644'],
      ['OTHER', '0644'],
      ['VERSION', '1.10'],
    ]);
  });
});

describe('other keys at the top', () => {
  const other = `ansible_user: root
vault_pote: !vault |
  $ANSIBLE_VAULT;1.1;AES256
  6162
nested: {a: [!unsafe "{{ x", !vault b], app_projects: "{{ lookup('x') }}"}
${MINIMAL}`;

  test('are errors by default', () => {
    expect(problems(other).map((line) => line.split('  ').slice(0, 2))).toEqual([
      ['inventory.yml:1:1', 'ansible_user'],
      ['inventory.yml:2:1', 'vault_pote'],
      ['inventory.yml:2:13', 'vault_pote'],
      ['inventory.yml:5:1', 'nested'],
      ['inventory.yml:5:14', 'nested.a.0'],
      ['inventory.yml:5:30', 'nested.a.1'],
      ['inventory.yml:5:41', 'nested.app_projects'],
    ]);
  });

  test('are ignored by allowOtherKeys, with all that is below them', () => {
    expect(problems(other, { allowOtherKeys: true })).toEqual([]);
    expect(read(other, { allowOtherKeys: true }).envs).toEqual(read(MINIMAL).envs);
  });

  test('are ignored at the top only', () => {
    expect(problems(added('env', 'ansible_user: root'), { allowOtherKeys: true })).toEqual([
      'inventory.yml:6:9  app_projects.pote.envs.dev.ansible_user  is not a key of this tool here  ' +
        'remove it or mend its name (docs/inventory.md lists all keys)',
    ]);
  });

  test('!vault below a key of ours stays an error', () => {
    const text = added('env', 'env_vars: {A: !vault x}');
    expect(problems(`ansible_user: root\n${text}`, { allowOtherKeys: true })).toEqual([
      'inventory.yml:7:23  app_projects.pote.envs.dev.env_vars.A  is encrypted by ansible-vault (!vault), and Terraform cannot decrypt it  ' +
        'write "{{ vault_name }}" and give the value, decrypted, as TF_VAR_vault_name',
    ]);
  });
});
