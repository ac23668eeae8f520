import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { InventoryError } from '../../inventory/problem';
import { vaultVariables } from '../../renderers/variables';
import { REFUSED_VALUES, VALUES } from '../support/env-values';
import { command, describeWith } from '../support/requirements';
import { only, readYaml } from './envs';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFakeFakeFakeFakeFakeFakeFakeFakeFakeFakeFak';
const ATTACKS = [
  `x'; touch /pwned; '"$(touch /pwned)`,
  '`touch /pwned`',
  '$(touch /pwned)',
  'x\nPVESTACK_END\ntouch /pwned\n',
  '${file("/etc/passwd")}',
  '-oProxyCommand=touch /pwned',
  '--upload-pack=touch /pwned',
  'a\tb\u0001',
];

type Field = readonly [field: string, good: readonly string[], bad: readonly string[]];

/** Fields that take a literal or a reference, each with values that it takes and that it refuses. */
const FIELDS: readonly Field[] = [
  ['proxmox_host', ['pve.example.lan', 'https://pve.example.lan:8006/', '10.0.10.2'], ['http://x', 'a b']],
  ['proxmox_user', ['terraform@pve'], ['terraform', 'a b@pve']],
  ['proxmox_token_id', ['terraform@pve!pvestack'], ['terraform@pve']],
  ['proxmox_node', ['pve', 'pve-1'], ['pve_1', '-x', 'pve.lan']],
  ['app_bootstrap_user', ['root', 'admin_1'], ['Root', '-l', 'a b']],
  [
    'ssh_public_key',
    [KEY, `${KEY} ops@example.lan`, `${KEY} x'; touch /pwned; '`],
    ['ssh-dss AAAA', `${KEY}\n`],
  ],
  ['ssh_host_key', [KEY], ['x', `${KEY}\n${KEY}`]],
  ['ssh_bastion.host', ['bastion.example.lan', '10.0.10.3'], ['a b', 'a;b']],
  ['ssh_bastion.user', ['jump'], ['a b', 'a;b']],
  ['packages.0', ['g++', 'postgresql-15', 'nodejs=18.1+dfsg-1', 'libc6:amd64'], ['-y', 'a b', 'sudo-', 'A']],
  ['guest.lxc_ostemplate', ['local:vztmpl/debian.tar.zst'], ['debian.tar.zst']],
  ['guest.disk_storage', ['local-lvm'], ['-x', 'a,b']],
  ['guest.bridge', ['vmbr0'], ['a,tag=5', 'averyveryverylongname']],
  [
    'guest.nameservers.0',
    ['10.0.10.1', '255.255.255.255', 'fd00::1', '::', '::1', '1::', '1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7::'],
    [
      'dns.example.lan',
      '10.0.10.1 8.8.8.8',
      '10.0.10.256',
      '10.1',
      ':',
      '1:2',
      '1::2::3',
      '1:2:3:4:5:6:7:8:9',
    ],
  ],
  ['guest.searchdomain', ['example.lan'], ['a b', 'a,b']],
  ['guest.mount_points.0.path', ['/srv/data'], ['srv', '/a,b', '/a:b']],
  ['guest.mount_points.0.volume', ['local-lvm'], ['a,size=1', '', 'a b']],
  [
    'project.repo',
    ['git@git.example.lan:team/app.git', 'https://git.example.lan/a', 'git://git.example.lan/a'],
    [
      '-x',
      'ext::sh -c id',
      'ssh://-oX=y/z',
      'https://u:p@h/x',
      'x@-oX:y',
      'a b',
      '/srv/a.git',
      'git@h:2222/a',
    ],
  ],
  [
    'env.branch',
    ['main', 'feature/login', `x';y"$(z)`],
    ['-x', 'a..b', 'a b', 'x.lock', '/x', 'x/', '@', 'HEAD', 'a/.b', 'x@{1}', 'a//b', 'x.', 'a.lock/b'],
  ],
];

/** Fields that take anything but what no field does, or only references. */
const ONLY_VARIABLES: readonly Field[] = [
  ['proxmox_ca_file', ['/etc/ssl/pve ca.pem'], ['', 'a\nb']],
  ['proxmox_password', ['p w\'"$'], ['', 'a\nb', 'a\r']],
  ['python.postgresql.password', ['p w\'"$'], ['', 'a\nb', 'a\r']],
  ['guest.description', ['two\nlines'], ['', 'a\rb']],
  ['project.git_known_hosts.0', ['git.example.lan ssh-ed25519 AAAA\nother ssh-rsa AAAA\n'], ['', 'a\r\nb']],
  [
    'project.git_deploy_key',
    ['-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA+/=\nBBBB\n-----END OPENSSH PRIVATE KEY-----\n'],
    ['x', '-----BEGIN RSA PRIVATE KEY-----\r\nAAAA\r\n-----END RSA PRIVATE KEY-----\r\n'],
  ],
  ['env.env_vars.A', VALUES.filter((_, index) => index % 10 === 0), REFUSED_VALUES.map(([value]) => value)],
];

/** An inventory with a value in a field. */
function inventoryWith(field: string, value: string): string {
  const dev: Record<string, unknown> = {
    name: 'shop-dev',
    vmid: 101,
    ip: '10.0.10.11/24',
    gateway: '10.0.10.1',
    branch: 'dev',
  };
  const project: Record<string, unknown> = { repo: 'git@git.example.lan:team/app.git', envs: { dev } };
  const top: Record<string, unknown> = { app_projects: { shop: project } };
  const [first = '', ...rest] = field.split('.');
  const levels: Record<string, Record<string, unknown>> = { env: dev, project, python: project };
  let at: Record<string, unknown> = levels[first] ?? top;
  if (first === 'python') project['app_type'] = 'python';
  const names = levels[first] ? rest : [first, ...rest];
  names.forEach((name, index) => {
    const next = names[index + 1];
    if (next === undefined) at[name] = value;
    else at = (at[name] ??= next === '0' ? [] : {}) as Record<string, unknown>;
  });
  if (field === 'ssh_bastion.user')
    (top['ssh_bastion'] as Record<string, string>)['host'] = 'bastion.example.lan';
  if (field === 'proxmox_token_id') top['proxmox_token_secret'] = '{{ vault_token_secret }}';
  if (field === 'proxmox_password') top['proxmox_user'] = 'terraform@pve';
  if (field === 'proxmox_user') top['proxmox_password'] = '{{ vault_password }}';
  const mount = (top['guest'] as { mount_points?: Record<string, string>[] } | undefined)?.mount_points?.[0];
  if (mount) Object.assign(mount, { path: '/srv/data', volume: 'local-lvm', size: '1', ...mount });
  return JSON.stringify(top).replace('"size":"1"', '"size":1');
}

function isRefused(field: string, value: string): boolean {
  try {
    readYaml(inventoryWith(field, value));
    return false;
  } catch (error) {
    if (error instanceof InventoryError) return true;
    throw error;
  }
}

/** Which of some values Terraform refuses for a field, one plan for all. */
function refusedByTerraform(cases: readonly (readonly [field: string, value: string])[]): boolean[] {
  const cwd = mkdtempSync(path.join(os.tmpdir(), 'rules-'));
  try {
    const variable: Record<string, unknown> = {};
    const values: Record<string, string> = {};
    cases.forEach(([field, value], index) => {
      const name = `vault_c${index}x`;
      const inventory = readYaml(inventoryWith(field, `{{ ${name} }}`));
      const found = vaultVariables(only(inventory), inventory.api).find((one) => one.name === name);
      variable[name] = {
        type: 'string',
        sensitive: true,
        validation: found?.validations.map(({ condition, errorMessage }) => ({
          condition,
          error_message: errorMessage,
        })),
      };
      values[name] = value;
    });
    writeFileSync(path.join(cwd, 'main.tf.json'), JSON.stringify({ variable }));
    writeFileSync(path.join(cwd, 'terraform.tfvars.json'), JSON.stringify(values));
    const env: NodeJS.ProcessEnv = { ...process.env, CHECKPOINT_DISABLE: '1' };
    delete env['TF_CLI_CONFIG_FILE'];
    let output = '';
    try {
      execFileSync('terraform', ['plan', '-input=false', '-no-color'], {
        cwd,
        env,
        stdio: 'pipe',
        maxBuffer: 2 ** 26,
      });
    } catch (error) {
      output = String((error as { stderr: Buffer }).stderr);
    }
    return cases.map((_, index) => new RegExp(`^vault_c${index}x `, 'm').test(output));
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

const cases = (fields: readonly Field[]): (readonly [field: string, value: string])[] =>
  fields.flatMap(([field, good, bad]) =>
    [...good, ...bad, ...(field.includes('env_vars') ? [] : ATTACKS)].map((value) => [field, value] as const),
  );

describeWith([command('terraform')], 'validations of variables, evaluated by terraform', () => {
  jest.setTimeout(120_000);

  it('refuse what the inventory refuses of a literal, and nothing else', () => {
    const all = cases(FIELDS);
    const refused = refusedByTerraform(all);
    const verdict = (says: boolean[]): unknown[] => all.map((one, index) => [...one, says[index]]);
    expect(verdict(refused)).toEqual(verdict(all.map(([field, value]) => isRefused(field, value))));
    const bad = new Map(FIELDS.map(([field, , values]) => [field, values]));
    expect(all.filter(([field, value], index) => bad.get(field)?.includes(value) && !refused[index])).toEqual(
      [],
    );
    const good = new Map(FIELDS.map(([field, values]) => [field, values]));
    expect(all.filter(([field, value], index) => good.get(field)?.includes(value) && refused[index])).toEqual(
      [],
    );
  });

  it('bound what has no rule of its own', () => {
    const all = ONLY_VARIABLES.flatMap(([field, good, bad]) => [
      ...good.map((value) => [field, value, false] as const),
      ...bad.map((value) => [field, value, true] as const),
    ]);
    const refused = refusedByTerraform(all.map(([field, value]) => [field, value]));
    expect(all.map(([field, value], index) => [field, value.slice(0, 99), refused[index]])).toEqual(
      all.map(([field, value, bad]) => [field, value.slice(0, 99), bad]),
    );
  });
});
