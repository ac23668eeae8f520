import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DEFAULT_TOKEN, startEmulator, type Emulator } from 'proxmox-emulator';
import { command, describeWith, providers } from '../support/requirements';
import { unwrapped, Workspace } from '../support/workspace';

jest.setTimeout(240_000);

const ROOT = path.join(__dirname, '..', '..');
const EXAMPLE = readFileSync(path.join(ROOT, 'examples', 'inventory.yml'), 'utf8');

describeWith([providers, command('curl')], 'the first plan of a stack, as a reviewer reads it', () => {
  let emulator: Emulator;
  let folder: string;
  let workspace: Workspace;
  let inventory: string;
  beforeAll(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'plan-'));
    const certFile = path.join(folder, 'ca.pem');
    emulator = await startEmulator({ taskMs: 1, certFile });
    const [id = '', secret = ''] = DEFAULT_TOKEN.split('=');
    workspace = new Workspace({
      SSL_CERT_FILE: certFile,
      TF_VAR_vault_proxmox_host: emulator.url,
      TF_VAR_vault_proxmox_token_secret: secret,
      TF_VAR_vault_pote_dev_db_password: 'fake-password-8472',
      TF_VAR_vault_project_a_session_secret: 'fake-session-2210',
      TF_VAR_vault_pote_git_deploy_key:
        '-----BEGIN OPENSSH PRIVATE KEY-----\nfake-key-5309\n-----END OPENSSH PRIVATE KEY-----\n',
      TF_VAR_ssh_private_key_file: os.devNull,
    });
    inventory = EXAMPLE.replace('terraform@pve!pvestack', id);
    workspace.synth(inventory);
  });
  afterAll(async () => {
    await emulator.stop();
    workspace.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  // About 100 lines of each are the provider's, for the guest alone.
  test.each([
    ['app-pote-dev', 297, 9],
    ['app-projecta-dev', 300, 8],
  ])('%s has at most %i lines, and every line of every guest file', async (stack, most, resources) => {
    const { code, output } = await workspace.plan(stack);
    expect([code, output]).toEqual([2, expect.stringContaining(`Plan: ${resources} to add`) as string]);
    const plan = output.slice(output.indexOf('Terraform will perform'), output.indexOf('\nPlan: '));
    expect(plan.split('\n').length).toBeLessThanOrEqual(most);

    const { locals } = JSON.parse(workspace.json(stack)) as {
      locals: { layers: Record<string, { files?: Record<string, string[]> }> };
    };
    for (const { files = {} } of Object.values(locals.layers)) {
      for (const [file, lines] of Object.entries(files)) {
        expect(plan).toContain(`+ "${file}"`);
        expect([file, lines.filter((line) => !plan.includes(line))]).toEqual([file, []]);
      }
    }
  });

  test('without an SSH key it says what to set, unless it is only read; an agent that goes to the guest is a warning', async () => {
    const plan = async (env: NodeJS.ProcessEnv): Promise<[number | null, string]> => {
      const { code, output } = await workspace.terraform('app-pote-dev', ['plan', '-detailed-exitcode'], {
        env,
      });
      return [code, unwrapped(output)];
    };
    const keyless = { TF_VAR_ssh_private_key_file: undefined };
    const missing = 'No SSH key for this guest: export TF_VAR_ssh_private_key_file';
    expect(await plan(keyless)).toEqual([1, expect.stringContaining(missing)]);
    expect((await plan({ ...keyless, TF_VAR_look_at_guest: 'false' }))[0]).toBe(2);

    // Made for this test alone, to open nothing.
    const key = path.join(folder, 'key');
    for (const form of [[], ['-m', 'PEM']]) {
      rmSync(key, { force: true });
      execFileSync('ssh-keygen', ['-q', '-t', 'rsa', ...form, '-N', 'fake-passphrase', '-f', key]);
      const locked = { TF_VAR_ssh_private_key_file: key };
      expect(await plan(locked)).toEqual([
        1,
        expect.stringContaining('is encrypted, and Terraform cannot ask for its passphrase'),
      ]);
      execFileSync('ssh-keygen', ['-q', '-p', '-P', 'fake-passphrase', '-N', '', ...form, '-f', key]);
      expect((await plan(locked))[0]).toBe(2);
    }

    workspace.synth(`ssh_agent: true\n${inventory}`);
    const warning = 'a deploy forwards your SSH agent to the guest';
    expect(await plan(keyless)).toEqual([2, expect.stringContaining(warning)]);
    expect(await plan({})).toEqual([2, expect.not.stringContaining(warning)]);
  });
});
