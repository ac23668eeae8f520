import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { hclString } from '../../cli/variables/formats';
import { readVault } from '../../cli/variables/vault';
import { command, describeWith } from '../support/requirements';
import { serveTfe } from '../support/tfe-server';
import { enterFolder, EXAMPLE, leaveFolder, pvestack } from '../support/user-folder';
import { runCommand } from '../support/workspace';

jest.setTimeout(60_000);

const BIN = path.join(__dirname, '..', '..', 'bin', 'pvestack.js');
const SSH = { TF_VAR_ssh_private_key_file: '~/.ssh/id_ed25519' };
let folder: string;

beforeEach(() => {
  folder = enterFolder();
});

afterEach(() => {
  leaveFolder(folder);
});

const VALUES = `variable                        secret  default            set  category   stacks    for
vault_project_a_session_secret  yes     must be set        yes  terraform  all 2     env_vars.SESSION_SECRET (inventory.yml:92, and 1 more)
vault_proxmox_host              no      "pve.example.lan"  no   env        all 2     proxmox_host (inventory.yml:7)
vault_proxmox_node              no      "pve"              no   terraform  all 2     proxmox_node (inventory.yml:10)
vault_proxmox_token_secret      yes     must be set        no   env        all 2     proxmox_token_secret (inventory.yml:9)
`.replaceAll('all 2  ', 'all 2');

test('the table says of each variable what it is for, and what is missing', async () => {
  const env = {
    TF_VAR_vault_project_a_session_secret: 'x',
    TF_VAR_ssh_private_key: '',
    TF_VAR_ssh_private_key_file: '',
  };
  const { code, out } = await pvestack(['variables', 'projectA'], env);
  expect(code).toBe(0);
  const lines = out.split('\n');
  expect(lines.slice(0, 5).join('\n').replace(/ +/g, ' ')).toBe(VALUES.trim().replace(/ +/g, ' '));
  expect(lines.slice(5, 11).map((line) => line.split(/ {2,}/).slice(0, 5))).toEqual([
    ['ssh_private_key', 'yes', '-', 'no', 'env'],
    ['ssh_private_key_file', 'no', '-', 'no', 'env'],
    ['allow_ip_conflicts', 'no', 'false', 'no', 'terraform'],
    ['look_at_guest', 'no', 'true', 'no', 'terraform'],
    ['owner', 'no', '""', 'no', 'terraform'],
    ['release', 'no', '""', 'no', 'terraform'],
  ]);
  expect(lines.at(-2)).toBe(
    'Not set here: vault_proxmox_token_secret, ssh_private_key or ssh_private_key_file. Export each as TF_VAR_<name>, or see --tfvars, --export, --tfe.',
  );
  expect(out).not.toMatch(/\bx\b/);
});

test.each([
  ['--tfvars', '# vault_project_a_session_secret = ""', '# vault_proxmox_node = "pve"'],
  ['--export', "# export TF_VAR_vault_project_a_session_secret=''", '# export TF_VAR_vault_proxmox_node=pve'],
])('%s: what is missing stays missing until it is filled in', async (format, secret, node) => {
  const { code, out } = await pvestack(['variables', 'app-projecta-dev', format]);
  expect(code).toBe(0);
  expect(out).toContain(
    `# env_vars.SESSION_SECRET (inventory.yml:92). Secret. Stacks: app-projecta-dev.\n${secret}\n`,
  );
  expect(out).toContain(node);
  expect(out).not.toContain('vault_pote');
  expect(out.split('\n').every((line) => line === '' || line.startsWith('#'))).toBe(true);
});

test('--json has all stacks and places', async () => {
  const { variables, missing } = JSON.parse((await pvestack(['variables', '--json'], SSH)).out) as {
    variables: { name: string; stacks: string[]; places: unknown[] }[];
    missing: string[];
  };
  expect(variables.find(({ name }) => name === 'vault_pote_git_deploy_key')).toMatchObject({
    stacks: ['app-pote-dev', 'app-pote-prod', 'app-pote-qa'],
    places: [{ key: 'git_deploy_key', line: 25 }],
    secret: true,
    required: true,
    role: 'value',
    category: 'terraform',
  });
  expect(missing).toHaveLength(6);
});

test('two formats at once are refused', async () => {
  expect(await pvestack(['variables', '--json', '--tfvars'])).toMatchObject({ code: 1 });
});

describe('from a vault', () => {
  const VAULT =
    'vault_project_a_session_secret: "a\\"b ${c} %{d}"\nvault_proxmox_token_secret: 0123\nvault_old: x\n';
  const run = (text: string, env: Record<string, string> = SSH): ReturnType<typeof pvestack> => {
    writeFileSync(path.join(folder, 'view'), text);
    return pvestack(['variables', 'projectA', '--from-vault', 'view'], env);
  };

  test('writes a file of its own that only this user reads', async () => {
    expect(await run(VAULT)).toEqual({
      code: 0,
      err: '',
      out: 'secrets.auto.tfvars: 2 of 6 variables, readable by you only.\nOf no use to these stacks: vault_old.\n',
    });
    const file = path.join(folder, 'secrets.auto.tfvars');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(
      readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => /^\w/.test(line)),
    ).toEqual([
      'vault_project_a_session_secret = "a\\"b $${c} %%{d}"',
      'vault_proxmox_token_secret = "0123"',
    ]);
    const again = await run('vault_proxmox_token_secret: other\n');
    expect(again.err).toBe(
      'secrets.auto.tfvars is there already: remove it, or name another one by --out.\n',
    );
    expect(readFileSync(file, 'utf8')).toContain('0123');
  });

  test('lists what is missing', async () => {
    const { code, err } = await run('vault_proxmox_token_secret: x\n', {
      TF_VAR_ssh_private_key: '',
      TF_VAR_ssh_private_key_file: '',
    });
    expect(code).toBe(1);
    expect(err).toBe(
      'Missing, in the vault and in this environment: vault_project_a_session_secret, ssh_private_key or ssh_private_key_file. Fill them in, in secrets.auto.tfvars.\n',
    );
  });

  test('says where git would take the file', async () => {
    execFileSync('git', ['init', '-q'], { cwd: folder });
    expect((await run(VAULT)).err).toBe(
      'git does not ignore secrets.auto.tfvars: write *.tfvars into .gitignore before the next commit.\n',
    );
  });

  test.each([
    ['$ANSIBLE_VAULT;1.1;AES256\n6162\n', 'is still encrypted'],
    ['', 'Nothing came'],
    ['a: s3cret\n  b: - s3cret\n', 'Line 1 of the vault is not the YAML'],
    ['- s3cret\n', 'is no map of names and values'],
    [
      'vault_proxmox_token_secret: [s3cret]\n',
      'vault_proxmox_token_secret is no text: write the value itself.',
    ],
    ['vault_proxmox_token_secret: "{{ s3cret }}"\n', 'vault_proxmox_token_secret holds Jinja, which nobody'],
  ])('refuses %j and shows nothing of it', async (text, words) => {
    const { code, out, err } = await run(text);
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain(words);
    expect(err).not.toContain('s3cret');
  });

  test('scalars are what is written', () => {
    const { values } = readVault('a: yes\nb: 0755\nc: 1.10\nd: |\n  x\n  y\ne: &k v\nf: *k\ng:\n');
    expect(Object.fromEntries(values)).toEqual({
      a: 'yes',
      b: '0755',
      c: '1.10',
      d: 'x\ny\n',
      e: 'v',
      f: 'v',
    });
  });
});

describeWith([command('terraform')], 'by Terraform itself', () => {
  test('a text in a file of variables is read as it is', () => {
    const texts = [
      'plain',
      '"\\',
      '\\b\\f',
      '${a} %{b} $${c}',
      'two\nlines\r\n\t',
      '\b\f\u0001',
      'ä€😀',
      "it's",
    ];
    writeFileSync(
      path.join(folder, 'main.tf.json'),
      JSON.stringify({
        variable: { all: { type: 'list(string)' } },
        output: { json: { value: '${jsonencode(var.all)}' } },
      }),
    );
    writeFileSync(path.join(folder, 'a.auto.tfvars'), `all = [${texts.map(hclString).join(', ')}]\n`);
    const run = (...args: string[]): string =>
      execFileSync('terraform', args, { cwd: folder, encoding: 'utf8' });
    run('apply', '-auto-approve', '-no-color');
    expect(JSON.parse(run('output', '-raw', 'json'))).toEqual(texts);
  });
});

describeWith([command('ansible-vault')], 'with ansible-vault', () => {
  test('what it prints becomes the file', () => {
    writeFileSync(path.join(folder, 'pass'), 'pw\n');
    writeFileSync(
      path.join(folder, 'vault.yml'),
      'vault_project_a_session_secret: s\nvault_proxmox_token_secret: t\n',
    );
    const vault = ['--vault-password-file', 'pass', 'vault.yml'];
    execFileSync('ansible-vault', ['encrypt', ...vault], { cwd: folder, stdio: 'ignore' });
    const line = `ansible-vault view ${vault.join(' ')} | "${process.execPath}" "${BIN}" variables projectA --from-vault -`;
    const said = execFileSync('sh', ['-c', line], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, ...SSH },
    });
    expect(said).toBe('secrets.auto.tfvars: 2 of 6 variables, readable by you only.\n');
  });
});

describe('calls of the TFE API', () => {
  const cloud = (hostname?: string): void => {
    const host = hostname === undefined ? '' : `, hostname: "${hostname}"`;
    const backend = `backend: {type: cloud, organization: team, project: apps${host}}\n`;
    writeFileSync(path.join(folder, 'inventory.yml'), `${backend}${EXAMPLE}`);
  };

  test('are only shown, without a value', async () => {
    cloud();
    const args = ['variables', 'projectA', '--tfe', '--agent-pool', 'apool-1', '--terraform', '1.11.4'];
    const { out } = await pvestack(args, { TF_VAR_vault_project_a_session_secret: 's3cret' });
    const calls = [...out.matchAll(/^(POST|PATCH) (\S+)$/gm)].map(([line]) => line);
    const base = 'https://app.terraform.io/api/v2';
    expect(calls.slice(0, 4)).toEqual([
      `POST ${base}/organizations/team/workspaces`,
      `POST ${base}/organizations/team/workspaces`,
      `POST ${base}/organizations/team/varsets`,
      `POST ${base}/varsets/{pvestack}/relationships/vars`,
    ]);
    expect(out).toContain(
      '"execution-mode": "agent",\n      "agent-pool-id": "apool-1",\n      "terraform-version": "1.11.4"',
    );
    expect(out).toContain('"key": "TF_VAR_ssh_private_key",');
    expect(out).toContain('Nothing was sent.');
    expect(out).not.toContain('s3cret');
  });

  test('are refused for stacks of another backend, and without a token', async () => {
    expect((await pvestack(['variables', 'projectA', '--tfe'])).err).toContain(
      'these have another: app-projecta-dev (local), app-projecta-prod (local)',
    );
    cloud();
    expect((await pvestack(['variables', '--tfe', '--run'], { TF_TOKEN_app_terraform_io: '' })).err).toBe(
      'No token for app.terraform.io: export TF_TOKEN_app_terraform_io, of a user or a team that may manage workspaces.\n',
    );
  });

  describeWith([command('openssl')], 'sent to a server that speaks it', () => {
    test('make all once, and bring it up to date the second time', async () => {
      const server = await serveTfe('t0ken');
      try {
        cloud(server.hostname);
        const run = (env: Record<string, string>): ReturnType<typeof runCommand> =>
          runCommand(process.execPath, [BIN, 'variables', '--tfe', '--run', '--terraform', '1.11.4'], {
            cwd: folder,
            env: {
              ...process.env,
              NODE_EXTRA_CA_CERTS: server.caFile,
              [`TF_TOKEN_${server.hostname.replace(/[.:]/g, '_')}`]: 't0ken',
              TF_VAR_ssh_private_key: 'key\n',
              TF_VAR_vault_proxmox_token_secret: 'one',
              TF_VAR_vault_pote_dev_db_password: 'two',
              ...env,
            },
          });
        const first = await run({});
        expect(first).toMatchObject({ code: 0 });
        expect(first.output).toContain('workspace app-pote-dev: made\n');
        expect(first.output).toContain('variable set pvestack: TF_VAR_ssh_private_key made\n');
        expect(first.output).toContain('vault_pote_qa_db_password was left out');
        const second = await run({ TF_VAR_vault_proxmox_token_secret: 'three' });
        expect(second).toMatchObject({ code: 0 });
        expect(second.output).toContain('workspace app-pote-dev: is there, settings written\n');
        const workspaces = server.lists.get('/organizations/team/workspaces') ?? [];
        expect(workspaces.map(({ attributes }) => attributes['name'])).toHaveLength(5);
        expect(workspaces[0]).toMatchObject({
          attributes: { 'execution-mode': 'local', 'terraform-version': '1.11.4' },
          relationships: { project: { data: { id: 'prj-1' } } },
        });
        const [set] = server.lists.get('/organizations/team/varsets') ?? [];
        const shared = server.lists.get(`/varsets/${set?.id ?? ''}/relationships/vars`) ?? [];
        expect(
          shared.map(({ attributes: { key, value, category, sensitive } }) => [
            key,
            value,
            category,
            sensitive,
          ]),
        ).toEqual([
          ['TF_VAR_vault_proxmox_token_secret', 'three', 'env', true],
          ['TF_VAR_ssh_private_key', 'key\n', 'env', true],
        ]);
        const own = server.lists.get(`/workspaces/${workspaces[0]?.id ?? ''}/vars`) ?? [];
        expect(own.map(({ attributes: { key, value, category } }) => [key, value, category])).toEqual([
          ['vault_pote_dev_db_password', 'two', 'terraform'],
        ]);
        const refused = await run({ [`TF_TOKEN_${server.hostname.replace(/[.:]/g, '_')}`]: 'wrong' });
        expect(refused.code).toBe(1);
        expect(refused.output).toContain('(HTTP 401): no: /organizations/team/workspaces/app-pote-dev');
        expect(`${first.output}${second.output}${refused.output}`).not.toMatch(/t0ken|three/);
      } finally {
        await server.stop();
      }
    });
  });
});
