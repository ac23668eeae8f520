import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { enterFolder, EXAMPLE, leaveFolder, pvestack } from '../support/user-folder';

jest.setTimeout(60_000);

/** What is said once where the project has no lock file. */
const UNPINNED =
  'Nothing pins the providers by the sums of their packages: run "pvestack lock", and commit the file that it writes.';

let folder: string;

beforeEach(() => {
  folder = enterFolder();
});

afterEach(() => {
  leaveFolder(folder);
});

function write(inventory: string): void {
  writeFileSync(path.join(folder, 'inventory.yml'), inventory);
}

describe('pvestack synth', () => {
  test('prints a table and says which files are new, changed, removed or unchanged', async () => {
    expect(await pvestack(['synth'])).toEqual({
      code: 0,
      err: '',
      out: `stack              guest               vmid  address         node                   resources
app-pote-dev       lxc pote-dev        201   10.0.10.101/24  \${vault_proxmox_node}  9
app-pote-prod      lxc pote-prod       203   10.0.10.103/24  \${vault_proxmox_node}  9
app-pote-qa        lxc pote-qa         202   10.0.10.102/24  \${vault_proxmox_node}  9
app-projecta-dev   lxc project-a-dev   211   10.0.10.111/24  \${vault_proxmox_node}  8
app-projecta-prod  lxc project-a-prod  213   10.0.10.113/24  \${vault_proxmox_node}  8

new        cdktf.out/stacks/app-pote-dev/cdk.tf.json
new        cdktf.out/stacks/app-pote-prod/cdk.tf.json
new        cdktf.out/stacks/app-pote-qa/cdk.tf.json
new        cdktf.out/stacks/app-projecta-dev/cdk.tf.json
new        cdktf.out/stacks/app-projecta-prod/cdk.tf.json
${UNPINNED}
`,
    });
    expect((await pvestack(['synth', 'app-pote-dev'])).out).toBe(
      `stack         guest         vmid  address         node                   resources
app-pote-dev  lxc pote-dev  201   10.0.10.101/24  \${vault_proxmox_node}  9

unchanged  5 of 5 stacks
${UNPINNED}
`,
    );
    const withoutQa = EXAMPLE.replace(/ {6}qa:\n(?: {8,}.*\n)+/, '').replace('cores: 4', 'cores: 6');
    write(withoutQa);
    expect((await pvestack(['synth', 'pote'])).out.split('\n').slice(-6)).toEqual([
      '',
      'changed    cdktf.out/stacks/app-pote-prod/cdk.tf.json',
      'removed    cdktf.out/stacks/app-pote-qa/cdk.tf.json',
      'unchanged  3 of 4 stacks',
      UNPINNED,
      '',
    ]);
    expect(existsSync(path.join(folder, 'cdktf.out', 'stacks', 'app-pote-qa'))).toBe(false);
  });

  test('a wrong inventory is refused with every error, and leaves what was there as it was', async () => {
    await pvestack(['synth']);
    const file = path.join(folder, 'cdktf.out', 'stacks', 'app-pote-dev', 'cdk.tf.json');
    const before = [readFileSync(file, 'utf8'), statSync(file).mtimeMs];
    write(EXAMPLE.replace('vmid: 201', 'vmid: 99').replace('10.0.10.102/24', '10.0.10.101/24'));
    expect(await pvestack(['synth'])).toEqual({
      code: 1,
      out: '',
      err: `inventory.yml:43:9  app_projects.pote.envs.dev.vmid  is not a VMID from 100 to 999999999  write a whole number from 100 to 999999999
inventory.yml:55:9  app_projects.pote.envs.qa.ip  is the address 10.0.10.101, which app-pote-dev has (the other: inventory.yml:44:9)  give each guest an address of its own
2 errors in inventory.yml: nothing was synthesized.
`,
    });
    expect([readFileSync(file, 'utf8'), statSync(file).mtimeMs]).toEqual(before);
  });

  test('an env that is gone while its state holds resources is refused with the way out', async () => {
    mkdirSync(path.join(folder, 'state'));
    const state = { version: 4, resources: [{ mode: 'managed' }, { mode: 'data' }] };
    writeFileSync(path.join(folder, 'state', 'app-pote-old.tfstate'), JSON.stringify(state));
    const { code, err } = await pvestack(['synth']);
    expect(code).toBe(1);
    expect(err).toContain(
      'lacks the env of app-pote-old, whose state state/app-pote-old.tfstate still holds 1 resource',
    );
    expect(err).toContain('with "state: absent", and run: pvestack deploy app-pote-old');
    expect([(await pvestack(['list'])).code, (await pvestack(['inventory'])).code]).toEqual([0, 0]);
  });

  test('a template with a mistake is named, without a stack trace', async () => {
    mkdirSync(path.join(folder, 'own', 'app'), { recursive: true });
    writeFileSync(path.join(folder, 'own', 'app', 'service.ejs'), 'a\n<%- nothing %>\n');
    write(`templates_dir: own\n${EXAMPLE}`);
    const { code, err } = await pvestack(['synth']);
    expect(code).toBe(1);
    expect(err).toBe('own/app/service.ejs:2: nothing is not defined (your template)\n');
    expect(err).not.toMatch(/^\s+at /m);
  });

  test('all templates with mistakes are said at once, and nothing is written', async () => {
    const own = (name: string, text: string | Buffer): void => {
      mkdirSync(path.dirname(path.join(folder, 'own', name)), { recursive: true });
      writeFileSync(path.join(folder, 'own', name), text);
    };
    own('app/service.ejs', 'a\n<%- nothing %>\n');
    own('app/common.conf.ejs', ' \n');
    own('base_os/sshd.conf.ejs', Buffer.from('# f\xfcr\n', 'latin1'));
    own('base_os/sudoers.ejs', '<% if ( %>\n');
    write(`templates_dir: own\n${EXAMPLE}`);
    for (const command of ['check', 'synth']) {
      expect(await pvestack([command])).toEqual({
        code: 1,
        out: '',
        err: `own/app/common.conf.ejs: is empty: remove it, and the tool's own template holds (your template)
own/app/service.ejs:2: nothing is not defined (your template)
own/base_os/sshd.conf.ejs: is not UTF-8 text: save it as UTF-8 (your template)
own/base_os/sudoers.ejs:1: Unexpected token ';' (your template)
`,
      });
    }
    expect(existsSync(path.join(folder, 'cdktf.out'))).toBe(false);
  });

  test('a template with the line ends of Windows reaches the guest with those of Unix', async () => {
    mkdirSync(path.join(folder, 'own', 'app'), { recursive: true });
    writeFileSync(path.join(folder, 'own', 'app', 'service.ejs'), '[Service]\r\nExecStart=<%- start %>\r\n');
    write(`templates_dir: own\n${EXAMPLE}`);
    expect((await pvestack(['synth'])).code).toBe(0);
    const file = path.join(folder, 'cdktf.out', 'stacks', 'app-pote-dev', 'cdk.tf.json');
    const json = readFileSync(file, 'utf8');
    expect(json).toContain('"[Service]"');
    expect(json).not.toContain('\\r');
  });
});

test.each([
  ['type: cloud, organization: team', { TF_VAR_vault_x: 's3cret', TF_VAR_release: 'main' }, true],
  ['type: cloud, organization: team', { TF_VAR_vault_x: '' }, false],
  ['type: local', { TF_VAR_vault_x: 's3cret' }, false],
])('synth says what a remote run would hold in clear: %s %j', async (backend, env, said) => {
  write(`backend: {${backend}}\n${EXAMPLE}`);
  const cleared = Object.fromEntries(
    Object.keys(process.env)
      .filter((name) => name.startsWith('TF_VAR_'))
      .map((name) => [name, '']),
  );
  const { code, out } = await pvestack(['synth'], { ...cleared, ...env } as Record<string, string>);
  expect(code).toBe(0);
  const words =
    'With remote execution Terraform sends TF_VAR_release, TF_VAR_vault_x along with a run of app-pote-dev and the others, where they stand in clear';
  expect(out.includes(words)).toBe(said);
  expect(out).not.toContain('s3cret');
});

describe('names', () => {
  test.each([
    ['app-pote-de', 'did you mean app-pote-dev'],
    ['pota', 'did you mean pote'],
    ['zzz', 'there are: app-pote-dev, pote, app-pote-prod'],
  ])('%s is refused with the near ones', async (name, hint) => {
    for (const command of ['synth', 'list', 'inventory']) {
      const { code, err } = await pvestack([command, name]);
      expect(code).toBe(1);
      expect(err).toContain(`"${name}" is no stack and no project: ${hint}`);
    }
    expect(existsSync(path.join(folder, 'cdktf.out'))).toBe(false);
  });

  test.each([
    ['a project means its stacks, whatever the case', 'ProjectA', ['app-projecta-dev', 'app-projecta-prod']],
    ['* stands for anything', 'app-*-dev', ['app-pote-dev', 'app-projecta-dev']],
    ['in projects as well', 'po*', ['app-pote-dev', 'app-pote-prod', 'app-pote-qa']],
  ])('%s', async (_name, name, stacks) => {
    const rows = (await pvestack(['list', name])).out.trim().split('\n').slice(1);
    expect(rows.map((line) => line.split(' ')[0])).toEqual(stacks);
  });
});

describe('where the inventory comes from', () => {
  test('APP_INVENTORY names another one for any command', async () => {
    writeFileSync(path.join(folder, 'other.yml'), EXAMPLE.replaceAll('pote', 'soup'));
    expect((await pvestack(['list', 'soup'], { APP_INVENTORY: 'other.yml' })).code).toBe(0);
  });

  test('a missing one is a clear error', async () => {
    expect(await pvestack(['check'], { APP_INVENTORY: 'none.yml' })).toEqual({
      code: 1,
      out: '',
      err: `none.yml:1:1  (top)  does not exist  name the inventory by APP_INVENTORY=path, or in the context of cdktf.json
1 error in none.yml: nothing was synthesized.
`,
    });
  });

  test('an Ansible file with other keys needs a switch', async () => {
    write(`ansible_user: ops\nother_secret: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\n${EXAMPLE}`);
    expect((await pvestack(['check'])).code).toBe(1);
    expect((await pvestack(['check'], { APP_INVENTORY_ALLOW_OTHER_KEYS: '1' })).out).toBe(
      'inventory.yml: 5 environments, no errors.\n',
    );
  });

  test.each([{}, { context: {} }, { context: { inventroy: 'other.yml' } }])(
    'a cdktf.json that names none is said: %j',
    async (config) => {
      writeFileSync(path.join(folder, 'cdktf.json'), JSON.stringify({ app: 'true', ...config }));
      expect(await pvestack(['check'])).toEqual({
        code: 0,
        out: 'inventory.yml: 5 environments, no errors.\n',
        err: 'cdktf.json names no inventory in its context: inventory.yml is taken. Write "context": { "inventory": "inventory.yml" } in it.\n',
      });
      // Ansible takes what an inventory script says on standard error for errors.
      expect((await pvestack(['inventory'])).err).toBe('');
      expect((await pvestack(['check'], { APP_INVENTORY: 'inventory.yml' })).err).toBe('');
    },
  );

  test('without a cdktf.json it says so', async () => {
    rmSync(path.join(folder, 'cdktf.json'));
    expect((await pvestack(['list'])).err).toBe(
      'There is no cdktf.json here or above: change to the folder of your stacks.\n',
    );
  });
});

describe('pvestack inventory', () => {
  test('prints groups and variables as the Ansible stack has them', async () => {
    const { all } = JSON.parse((await pvestack(['inventory', 'pote'])).out) as {
      all: { hosts: Record<string, unknown>; children: Record<string, { hosts: object }> };
    };
    expect(all.hosts['pote-dev']).toEqual({
      ansible_host: '10.0.10.101',
      ansible_user: 'root',
      app_project: 'pote',
      app_env: 'dev',
    });
    expect(Object.keys(all.children)).toEqual([
      'app_all',
      'app_pote_all',
      'app_pote_dev',
      'app_pote_prod',
      'app_pote_qa',
    ]);
  });

  test('answers --list as a dynamic inventory does', async () => {
    const answer = JSON.parse((await pvestack(['inventory', '--list'])).out) as { app_projectA_dev: unknown };
    expect(answer.app_projectA_dev).toEqual({ hosts: ['project-a-dev'] });
  });
});

describe('help', () => {
  test('teaches the commands and the environment', async () => {
    const { code, out } = await pvestack(['--help']);
    expect(code).toBe(0);
    for (const word of [
      'synth',
      'list',
      'check',
      'inventory',
      'emulator',
      'APP_INVENTORY',
      'pvestack deploy pote:dev',
    ]) {
      expect(out).toContain(word);
    }
  });

  test('of an unknown command is refused with the near one, of a known one is its help', async () => {
    const { code, out, err } = await pvestack(['help', 'snyth']);
    expect([code, out, err]).toEqual([1, '', expect.stringContaining('Did you mean synth?')]);
    expect(await pvestack(['help', 'synth'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('Usage: pvestack synth') as string,
    });
    expect(await pvestack(['help'])).toMatchObject({ code: 0 });
  });

  test('an unknown command is refused with the near one', async () => {
    const { code, err } = await pvestack(['snyth']);
    expect([code, err]).toEqual([1, expect.stringContaining('Did you mean synth?')]);
  });
});

test.each<[keys: string, why: string]>([
  ['configure: false', 'its guest is not configured (configure: false), so no commit runs on it'],
  ['app_type: none', 'it has no application (app_type: none), so no commit runs on it'],
])('promote from an env with %s says that nothing runs on it', async (keys, why) => {
  const env = (name: string, vmid: number): string =>
    `{name: shop-${name}, vmid: ${vmid}, ip: 10.0.10.${vmid - 270}/24, gateway: 10.0.10.1, branch: dev}`;
  writeFileSync(
    'inventory.yml',
    `proxmox_host: pve.example.lan
ssh_public_keys: ["{{ vault_key }}"]
app_projects:
  shop:
    ${keys}
    repo: https://git.example.lan/team/shop.git
    envs: {dev: ${env('dev', 301)}, qa: ${env('qa', 302)}}
`,
  );
  const { code, out, err } = await pvestack(['promote', 'shop:dev', 'shop:qa']);
  expect([code, out]).toEqual([1, '']);
  expect(err).toContain(`app-shop-dev: ${why}`);
});
