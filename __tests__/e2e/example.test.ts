import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DEFAULT_TOKEN, startEmulator } from 'proxmox-emulator';
import { command, describeWith, providers } from '../support/requirements';
import { runCommand, Workspace } from '../support/workspace';

jest.setTimeout(240_000);

const ROOT = path.join(__dirname, '..', '..');
const EXAMPLE = readFileSync(path.join(ROOT, 'examples', 'inventory.yml'), 'utf8');
const STACKS = ['app-pote-dev', 'app-pote-prod', 'app-pote-qa', 'app-projecta-dev', 'app-projecta-prod'];

describeWith([providers], 'the example inventory', () => {
  const workspace = new Workspace();
  beforeAll(() => {
    workspace.synth(EXAMPLE);
  });
  afterAll(() => {
    workspace.remove();
  });

  test.each(STACKS)('terraform validate accepts %s', async (stack) => {
    const outcome = await workspace.terraform(stack, ['validate']);
    expect([outcome.code, outcome.output]).toEqual([
      0,
      expect.stringContaining('Success! The configuration is valid.'),
    ]);
  });
});

describeWith([providers, command('curl')], 'the cdktf CLI', () => {
  test('lists, synthesizes, plans and deploys one stack of the example; then its plan is empty', async () => {
    execFileSync(process.execPath, [path.join(ROOT, 'scripts', 'build.js')], { stdio: 'ignore' });
    const folder = mkdtempSync(path.join(os.tmpdir(), 'team-'));
    const certFile = path.join(folder, 'ca.pem');
    const emulator = await startEmulator({ taskMs: 20, certFile });
    try {
      const [id, secret] = DEFAULT_TOKEN.split('=');
      writeFileSync(
        path.join(folder, 'inventory.yml'),
        `configure: false\n${EXAMPLE.replace('terraform@pve!pvestack', id ?? '')}`,
      );
      writeFileSync(
        path.join(folder, 'cdktf.json'),
        JSON.stringify({
          language: 'typescript',
          app: `${process.execPath} ${path.join(ROOT, 'bin', 'app.js')}`,
          projectId: '00000000-0000-4000-8000-000000000000',
          sendCrashReports: 'false',
          context: { inventory: 'inventory.yml' },
        }),
      );
      const cdktf = (...args: string[]): ReturnType<typeof runCommand> =>
        runCommand(
          process.execPath,
          [path.join(ROOT, 'node_modules', 'cdktf-cli', 'bundle', 'bin', 'cdktf.js'), ...args],
          {
            cwd: folder,
            env: {
              ...process.env,
              CI: '1',
              CHECKPOINT_DISABLE: '1',
              TF_INPUT: '0',
              CDKTF_DISABLE_PLUGIN_CACHE_ENV: '1',
              SSL_CERT_FILE: certFile,
              TF_VAR_vault_proxmox_host: emulator.url,
              TF_VAR_vault_proxmox_token_secret: secret,
              TF_VAR_vault_pote_git_deploy_key:
                '-----BEGIN OPENSSH PRIVATE KEY-----\nfake-key-5309\n-----END OPENSSH PRIVATE KEY-----\n',
              TF_VAR_vault_pote_dev_db_password: 'fake-password-8472',
            },
          },
        );
      const listed = await cdktf('list');
      for (const stack of STACKS) expect(listed.output).toContain(`cdktf.out/stacks/${stack}`);
      expect((await cdktf('synth')).output).toContain('Generated Terraform code for the stacks');
      const plan = await cdktf('plan', 'app-pote-dev', '--no-color', '--skip-provider-lock');
      expect([plan.code, plan.output]).toEqual([
        0,
        expect.stringContaining('Plan: 4 to add, 0 to change, 0 to destroy.'),
      ]);
      const deploy = await cdktf(
        'deploy',
        'app-pote-dev',
        '--auto-approve',
        '--no-color',
        '--skip-provider-lock',
      );
      expect([deploy.code, deploy.output]).toEqual([
        0,
        expect.stringContaining('Apply complete! Resources: 4 added'),
      ]);
      const again = await cdktf('plan', 'app-pote-dev', '--no-color', '--skip-provider-lock');
      expect([again.code, again.output]).toEqual([0, expect.stringContaining('No changes.')]);
      const state = readFileSync(path.join(folder, 'state', 'app-pote-dev.tfstate'), 'utf8');
      for (const text of [plan.output, deploy.output, again.output, state]) {
        for (const value of [
          secret ?? '',
          '-----BEGIN OPENSSH PRIVATE KEY-----\nfake-key-5309\n-----END OPENSSH PRIVATE KEY-----\n',
          'fake-password-8472',
        ])
          expect(text).not.toContain(value);
      }
    } finally {
      await emulator.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describeWith([command('ansible-inventory')], 'ansible-inventory', () => {
  test.each([
    ['json', 'hosts.json'],
    ['yaml', 'hosts.yml'],
  ])('reads the %s inventory', (format, file) => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'ansible-'));
    try {
      const text = execFileSync(
        process.execPath,
        [path.join(ROOT, 'bin', 'pvestack.js'), 'inventory', '--format', format],
        {
          cwd: ROOT,
          encoding: 'utf8',
          env: { ...process.env, APP_INVENTORY: path.join(ROOT, 'examples', 'inventory.yml') },
        },
      );
      writeFileSync(path.join(folder, file), text);
      const read = JSON.parse(
        execFileSync('ansible-inventory', ['-i', path.join(folder, file), '--list'], {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        }),
      ) as {
        _meta: { hostvars: Record<string, unknown> };
        app_projectA_all: unknown;
        app_pote_prod: unknown;
      };
      expect(read._meta.hostvars['pote-prod']).toEqual({
        ansible_host: '10.0.10.103',
        ansible_user: 'root',
        app_project: 'pote',
        app_env: 'prod',
      });
      expect(read.app_projectA_all).toEqual({ hosts: ['project-a-dev', 'project-a-prod'] });
      expect(read.app_pote_prod).toEqual({ hosts: ['pote-prod'] });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
