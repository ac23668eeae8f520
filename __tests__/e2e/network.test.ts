import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DEFAULT_TOKEN } from 'proxmox-emulator';
import { inNamespace, namespaces } from '../support/namespace';
import { command, describeWith, providers, type Requirement } from '../support/requirements';
import { type Outcome, runCommand, unwrapped, Workspace } from '../support/workspace';

jest.setTimeout(120_000);

const ROOT = path.join(__dirname, '..', '..');
const ADDRESS = '10.0.10.31';

const sshd: Requirement = {
  name: 'sshd',
  met: () => ['/usr/sbin', '/usr/bin'].some((folder) => command('sshd').met() || hasSshd(folder)),
};

function hasSshd(folder: string): boolean {
  try {
    execFileSync('test', ['-x', path.join(folder, 'sshd')]);
    return true;
  } catch {
    return false;
  }
}

let workspace: Workspace;
let folder: string;

beforeEach(() => {
  workspace = new Workspace();
  folder = mkdtempSync(path.join(os.tmpdir(), 'net-'));
});

afterEach(() => {
  workspace.remove();
  rmSync(folder, { recursive: true, force: true });
});

function run(script: string, env: NodeJS.ProcessEnv): Promise<Outcome> {
  return runCommand('unshare', inNamespace(ADDRESS, script), {
    cwd: workspace.folder('app-shop-dev'),
    env: { ...process.env, CHECKPOINT_DISABLE: '1', TF_INPUT: '0', ...env },
  });
}

describeWith(
  [providers, namespaces, command('curl'), command('ping')],
  'an address that only the network knows',
  () => {
    test('answers a ping, and so fails the plan', async () => {
      execFileSync(process.execPath, [path.join(ROOT, 'scripts', 'build.js')], { stdio: 'ignore' });
      const port = 8006;
      workspace.synth(`proxmox_host: https://127.0.0.1:${port}
configure: false
app_projects:
  shop:
    app_type: none
    envs: {dev: {name: shop-dev, vmid: 301, ip: ${ADDRESS}/24, gateway: 10.0.10.1}}
`);
      expect((await workspace.terraform('app-shop-dev', ['validate'])).code).toBe(0);
      const certificate = path.join(folder, 'ca.pem');
      const plan = await run(
        `${process.execPath} ${ROOT}/bin/pvestack.js emulator --port ${port} --cert ${certificate} >/dev/null &
for _ in 1 2 3 4 5 6 7 8 9 10; do [ -s ${certificate} ] && break; sleep 0.5; done
terraform plan -no-color`,
        { PROXMOX_VE_API_TOKEN: DEFAULT_TOKEN, SSL_CERT_FILE: certificate },
      );
      expect(plan.code).toBe(1);
      expect(unwrapped(plan.output)).toContain(
        `${ADDRESS} answers a ping, but no guest of this cluster has it.`,
      );
    });
  },
);

// The host is this very machine: no layer may ever run on it. Of the first one only what comes before its script is
// tried: the question whose the host is, and Terraform's own connection.
describeWith([providers, namespaces, sshd], 'waiting for SSH, on a real sshd', () => {
  /** An external host, keys for it and an sshd configuration. */
  function prepare(extra = '', pinned = true): { start: string; privateKey: string } {
    const keygen = (name: string): string => {
      const file = path.join(folder, name);
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', file]);
      return file;
    };
    const host = keygen('host');
    const user = keygen('user');
    writeFileSync(path.join(folder, 'authorized_keys'), readFileSync(`${user}.pub`));
    chmodSync(path.join(folder, 'authorized_keys'), 0o600);
    writeFileSync(
      path.join(folder, 'sshd_config'),
      `ListenAddress ${ADDRESS}:22
HostKey ${host}
PidFile none
AuthorizedKeysFile ${folder}/authorized_keys
PermitRootLogin prohibit-password
PasswordAuthentication no
StrictModes no
UsePAM no
Subsystem sftp internal-sftp
`,
    );
    const [type, key] = readFileSync(`${host}.pub`, 'utf8').split(' ');
    workspace.synth(`app_projects:
  shop:
    app_type: none
    envs:
      dev:
        name: shop-dev
        ip: ${ADDRESS}/24
        ${pinned ? `ssh_host_key: ${type} ${key}` : ''}
        guest: {proxmox_guest_type: external}
${extra.replace('KEY', `${type} ${key}`)}`);
    withoutScript();
    const start = `mkdir -p /run/sshd; $(command -v sshd || echo /usr/sbin/sshd) -D -e -f ${folder}/sshd_config 2>${folder}/log &`;
    return { start, privateKey: readFileSync(user, 'utf8') };
  }

  /** Leaves only the first layer, and of it only the question and the greeting. */
  function withoutScript(): void {
    const stack = JSON.parse(workspace.json('app-shop-dev')) as {
      resource: { null_resource: { kit: { provisioner: object[] } } };
    };
    const { kit } = stack.resource.null_resource;
    const [question, greeting] = kit.provisioner;
    expect(question).toHaveProperty('local-exec');
    expect(greeting).toEqual({ 'remote-exec': { inline: ['echo "SSH: ready"'] } });
    stack.resource.null_resource = { kit: { ...kit, provisioner: [question, greeting] as object[] } };
    const text = JSON.stringify(stack, null, 2);
    expect(text).not.toContain('local.scripts');
    writeFileSync(path.join(workspace.folder('app-shop-dev'), 'cdk.tf.json'), text);
  }

  test('a deploy waits until the host lets it in, and the key is in neither state nor output', async () => {
    const { start, privateKey } = prepare();
    expect((await workspace.terraform('app-shop-dev', ['validate'])).code).toBe(0);
    const outcome = await run(
      `(sleep 4; ${start}
wait) &
terraform apply -no-color -auto-approve
terraform plan -no-color -detailed-exitcode
rm -f ~/.pvestack-kit.sh`,
      // A look would find no layer there.
      { TF_VAR_ssh_private_key: privateKey, TF_VAR_look_at_guest: 'false' },
    );
    expect([outcome.code, outcome.output]).toEqual([0, expect.stringContaining('SSH: ready')]);
    expect(outcome.output).toContain('No changes.');
    const secret = privateKey.split('\n')[2] ?? '';
    expect(secret.length).toBeGreaterThan(30);
    for (const text of [outcome.output, workspace.state('app-shop-dev'), workspace.json('app-shop-dev')]) {
      expect(text).not.toContain(secret);
    }
  });

  test('through a bastion, with the key in a file', async () => {
    const { start } = prepare(`        ssh_bastion: {host: ${ADDRESS}, host_key: KEY}\n`);
    expect((await workspace.terraform('app-shop-dev', ['validate'])).code).toBe(0);
    const outcome = await run(
      `${start}\nsleep 1\nterraform apply -no-color -auto-approve\nrm -f ~/.pvestack-kit.sh`,
      {
        TF_VAR_ssh_private_key_file: path.join(folder, 'user'),
      },
    );
    expect([outcome.code, outcome.output]).toEqual([0, expect.stringContaining('SSH: ready')]);
    expect(outcome.output).toContain('Using configured bastion host...');
    expect(
      readFileSync(path.join(folder, 'log'), 'utf8').match(/Accepted publickey/g)?.length,
    ).toBeGreaterThanOrEqual(2);
  });

  test('another bastion than the inventory says gets nobody to a guest, not even at the first contact', async () => {
    const { start } = prepare(`        ssh_bastion: {host: ${ADDRESS}, host_key: KEY}\n`, false);
    expect((await workspace.terraform('app-shop-dev', ['validate'])).code).toBe(0);
    const outcome = await run(
      `rm ${folder}/host*
ssh-keygen -q -t ed25519 -N '' -f ${folder}/host
${start}
sleep 1
terraform apply -no-color -auto-approve -target=null_resource.kit`,
      { TF_VAR_ssh_private_key_file: path.join(folder, 'user') },
    );
    expect([outcome.code, unwrapped(outcome.output)]).toEqual([
      1,
      expect.stringContaining(
        `the bastion ${ADDRESS} has another host key than ssh_bastion.host_key says, and nothing went through it.`,
      ),
    ]);
    expect(readFileSync(path.join(folder, 'log'), 'utf8')).not.toContain('Accepted publickey');
  });

  test('without one in the inventory the key is pinned by the first plan; another one is refused, or accepted on purpose', async () => {
    const { start, privateKey } = prepare('', false);
    expect((await workspace.terraform('app-shop-dev', ['validate'])).code).toBe(0);
    const outcome = await run(
      `up() { for _ in 1 2 3 4 5 6 7 8 9 10; do [ -z "$(ssh-keyscan -t ed25519,ecdsa ${ADDRESS} 2>/dev/null)" ] || break; sleep 0.5; done; }
# What this machine knows of it is no first contact.
mkdir ${folder}/etc
cp -a /etc/ssh/. ${folder}/etc
mount --bind ${folder}/etc /etc/ssh
echo "${ADDRESS} $(cut -d ' ' -f 1,2 ${folder}/host.pub)" >/etc/ssh/ssh_known_hosts
${start}
up
terraform() { command terraform "$@" -no-color -target=null_resource.kit || true; }
step() { echo "== $1"; }
step first
terraform apply -auto-approve
step second
terraform plan -detailed-exitcode
kill $!
sleep 1
rm ${folder}/host*
ssh-keygen -q -t ed25519 -N '' -f ${folder}/host
${start}
up
step changed
terraform apply -auto-approve
step accepted
terraform apply -auto-approve -replace=terraform_data.host_key
step after
terraform plan -detailed-exitcode
kill $!
sleep 1
rm ${folder}/host*
ssh-keygen -q -t ecdsa -N '' -f ${folder}/host
${start}
up
step other-type
terraform apply -auto-approve
kill $!
step off
terraform plan -detailed-exitcode
rm -f ~/.pvestack-kit.sh`,
      { TF_VAR_ssh_private_key: privateKey },
    );
    const steps = Object.fromEntries(
      outcome.output.split(/^== /m).map((text) => {
        const [name = '', ...lines] = text.split('\n');
        return [name, unwrapped(lines.join('\n'))];
      }),
    );
    expect(steps['first']).toContain('Apply complete!');
    expect(steps['first']).toContain(
      `Nobody has checked the host key of ${ADDRESS} at this first contact; it is pinned now.`,
    );
    // The host was not configured, so there is something to do; the key is kept.
    const kept = (step: string): void => {
      expect(steps[step]).toContain('# null_resource.kit must be replaced');
      expect(steps[step]).not.toMatch(/# terraform_data.host_key|Another host key/);
    };
    kept('second');
    expect(steps['changed']).toContain(`Another host key answers at ${ADDRESS} than`);
    expect(steps['changed']).not.toContain('Apply complete!');
    expect(steps['accepted']).toContain('Apply complete!');
    kept('after');
    expect(steps['other-type']).toContain(`Another host key answers at ${ADDRESS} than`);
    expect(steps['other-type']).not.toContain('Apply complete!');
    expect(steps['off']).not.toMatch(/# terraform_data.host_key|Another host key/);
  });

  test('another host key than the pinned one is refused', async () => {
    const { start, privateKey } = prepare();
    const json = workspace.json('app-shop-dev');
    const pinned = /"host_key": "([^"]+)"/.exec(json)?.[1] ?? '';
    const other = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJhPD3dnLn0V5uHW5J1mGUVvOEAvGUhXd0jcGx9hGn0D';
    writeFileSync(
      path.join(workspace.folder('app-shop-dev'), 'cdk.tf.json'),
      json.replaceAll(pinned, other).replaceAll('"timeout": "3m"', '"timeout": "6s"'),
    );
    expect((await workspace.terraform('app-shop-dev', ['validate'])).code).toBe(0);
    const outcome = await run(`${start}\nsleep 1\nterraform apply -no-color -auto-approve`, {
      TF_VAR_ssh_private_key: privateKey,
    });
    expect(outcome.code).toBe(1);
    expect(outcome.output).toMatch(/host key mismatch|key mismatch/);
    expect(outcome.output).not.toContain('SSH: ready');
  });
});
