import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { stackPrograms } from '../../renderers/programs';

const folder = mkdtempSync(path.join(os.tmpdir(), 'programs-'));
beforeAll(() => {
  execFileSync('git', ['init', '--quiet', folder]);
  const { text = '' } = stackPrograms().find(({ name }) => name === '.terraformignore') ?? {};
  // Patterns as git has them, says Terraform ("Excluding Files from Upload with .terraformignore").
  writeFileSync(path.join(folder, '.gitignore'), text);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const goes = (file: string): boolean =>
  spawnSync('git', ['-C', folder, 'check-ignore', '--quiet', '--no-index', file]).status !== 0;

test.each([
  'plan',
  'saved.tfplan',
  'terraform.tfstate',
  'terraform.tfstate.backup',
  'terraform.tfvars',
  'team.auto.tfvars',
  'team.auto.tfvars.json',
  '.terraform/terraform.tfstate',
])('%s never goes to a remote run', (file) => {
  expect(goes(file)).toBe(false);
});

test.each(['cdk.tf.json', '.terraform.lock.hcl', ...stackPrograms().map(({ name }) => name)])(
  '%s goes to a remote run, which needs it',
  (file) => {
    expect(goes(file)).toBe(true);
  },
);
