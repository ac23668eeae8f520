import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { command, describeWith, providers } from '../support/requirements';
import { runCommand } from '../support/workspace';

jest.setTimeout(240_000);

const ROOT = path.join(__dirname, '..', '..');
const left = (): string[] => readdirSync(os.tmpdir()).filter((name) => name.startsWith('pvestack-demo-'));

describe('npm run demo', () => {
  const run = (env: NodeJS.ProcessEnv = {}) =>
    runCommand(process.execPath, [path.join(ROOT, 'bin', 'pvestack.js'), 'demo'], {
      cwd: ROOT,
      env: { ...process.env, ...env },
    });
  beforeAll(() => {
    execFileSync(process.execPath, [path.join(ROOT, 'scripts', 'build.js')], { stdio: 'ignore' });
  });

  test('says what is missing where there is no Terraform, and leaves nothing behind', async () => {
    const before = left();
    const { code, output } = await run({ PATH: '/nowhere' });
    expect(code).toBe(1);
    expect(output).toMatch(/terraform/i);
    expect(output).not.toContain('> ');
    expect(output).not.toMatch(/^\s+at /m);
    expect(left()).toEqual(before);
  });

  describeWith([providers, command('curl'), command('ping')], 'with the real provider', () => {
    test('plans, deploys, shows an empty plan and a change, and cleans up', async () => {
      const before = left();
      const { code, output } = await run();
      expect([code, output]).toEqual([0, output]);
      const steps = output.split('\n').filter((line) => line.startsWith('> '));
      expect(steps.map((line) => line.replace(/127\.0\.0\.1:\d+|[\d.]+ s;/g, '…'))).toEqual([
        '> An emulated Proxmox VE listens at https://…',
        '> The example inventory becomes one Terraform stack per environment',
        '> terraform init',
        '> terraform plan: what would happen to app-pote-dev',
        '> terraform apply: the guards look again, then the guest is created',
        '> terraform plan again: nothing to do',
        '> One value changes in the inventory: 4096 MiB of memory instead of 2048',
        '> Done in … everything was cleaned up. Now with your own: docs/quick-start.md.',
      ]);
      expect(output).toContain('Apply complete! Resources: 4 added, 0 changed, 0 destroyed.');
      expect(output).toContain('No changes. Your infrastructure matches the configuration.');
      expect(output).toContain('~ dedicated = 2048 -> 4096');
      expect(output).toContain('Plan: 0 to add, 1 to change, 0 to destroy.');
      expect(left()).toEqual(before);
    });
  });
});
