import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { enterFolder, leaveFolder, pvestack } from '../support/user-folder';

/** A terraform that notes its arguments, and whose plan is the file plan.json of its caller. */
const TERRAFORM = `#!/bin/sh
root=\${0%/*}
echo "$*" >>"$root/calls"
case $1 in
  plan) for word; do case $word in -out=*) : >"\${word#-out=}" ;; esac; done ;;
  show) cat "$root/plan.json" ;;
  apply) printf '%s\\n' 'null_resource.app: Creating...' 'null_resource.app (remote-exec): app: done' ;;
esac
`;

let folder: string;

beforeEach(() => {
  folder = enterFolder();
  writeFileSync(path.join(folder, 'terraform'), TERRAFORM, { mode: 0o755 });
});

afterEach(() => {
  leaveFolder(folder);
});

/** Runs a stage on app-pote-dev with a plan that would change these addresses. */
function stage(name: string, addresses: readonly string[], ...further: string[]) {
  const changes = addresses.map((address) => ({ address, mode: 'managed', change: { actions: ['update'] } }));
  writeFileSync(path.join(folder, 'plan.json'), JSON.stringify({ resource_changes: changes }));
  return pvestack([name, 'app-pote-dev', '--auto-approve', ...further], {
    PATH: `${folder}:${process.env['PATH'] ?? ''}`,
  });
}

/** What terraform was called with, without the path of the plan. */
function calls(): string[] {
  return readFileSync(path.join(folder, 'calls'), 'utf8')
    .replace(/\S+\/(?=app-pote-dev)/g, '')
    .trim()
    .split('\n');
}

test('provision plans only the guest and what guards it, and applies that plan', async () => {
  const { code, out } = await stage('provision', ['proxmox_virtual_environment_container.guest']);
  expect([code, out]).toEqual([
    0,
    `app-pote-dev:\n  proxmox_virtual_environment_container.guest will be changed\napp: app: done\n`,
  ]);
  const [init, plan = '', ...others] = calls();
  expect([init, ...others]).toEqual([
    'init -no-color -input=false',
    'show -json app-pote-dev',
    'apply -no-color app-pote-dev',
  ]);
  expect(plan.split(' ').slice(3).sort()).toEqual([
    '-target=null_resource.preflight',
    '-target=proxmox_virtual_environment_container.guest',
    '-target=terraform_data.owned',
    '-target=terraform_data.owner',
  ]);
});

test('configure replaces every layer, and refuses a plan that would change the guest, too', async () => {
  const { code, err } = await stage('configure', ['null_resource.app', 'terraform_data.owned']);
  expect([code, err]).toEqual([
    1,
    `app-pote-dev: more than configure would happen:
  terraform_data.owned would be changed
Nothing was touched. Review and deploy these first: npx cdktf deploy app-pote-dev
`,
  ]);
  expect(calls()[1]).toMatch(/ -replace=null_resource\.base_os .*-replace=null_resource\.release$/);
  expect(calls().some((call) => /^apply|ssh|target/.test(call))).toBe(false);
});

test('nothing to do is said, and not applied', async () => {
  const { code, out } = await stage('configure', []);
  expect([code, out]).toEqual([0, `app-pote-dev:\n  nothing to do\n`]);
  expect(calls()).toHaveLength(3);
});

test('what makes no sense, or cannot be asked, is refused before terraform runs', async () => {
  const inventory = readFileSync('inventory.yml', 'utf8');
  writeFileSync(
    'inventory.yml',
    inventory.replace('vmid: 201\n', 'vmid: 201\n        guest: {proxmox_guest_type: external}\n'),
  );
  expect((await stage('provision', [])).err).toBe(
    'app-pote-dev: it is external: somebody else makes its host\n',
  );
  expect((await stage('provision', [], '--parallel', '0')).err).toContain('It must be a whole number');
  expect((await pvestack(['provision', 'app-pote-qa'])).err).toContain('give --auto-approve');
  expect(calls).toThrow('ENOENT');
});
