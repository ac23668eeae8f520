import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { FakeTerraform } from '../support/fake-terraform';
import { changed, container, planOf } from '../support/plan-json';
import { enterFolder, leaveFolder } from '../support/user-folder';

const GUEST = 'proxmox_virtual_environment_container.guest';
const DEV = 'app-pote-dev';
const PROD = 'app-pote-prod';
const CHANGE = planOf([changed(GUEST, container(), container({ cpu: [{ cores: 4 }] }))]);
const DESTROY = planOf([changed(GUEST, container(), null)]);
const LOCKED = `Error: Error acquiring the state lock

Error message: resource temporarily unavailable
Lock Info:
  ID:        11111111-2222-3333-4444-555555555555
  Path:      ../../../state/app-pote-dev.tfstate
  Operation: OperationTypeApply
  Who:       alice@laptop
  Version:   1.11.4
  Created:   2026-11-30 10:15:00.123456789 +0000 UTC
`;

let folder: string;
let terraform: FakeTerraform;

beforeEach(() => {
  folder = enterFolder();
  terraform = new FakeTerraform(folder);
});
afterEach(() => {
  leaveFolder(folder);
});
// Saved plans hold the values of variables.
afterEach(() => {
  const own = `pvestack-plans-${process.pid}-`;
  expect(readdirSync(os.tmpdir()).filter((name) => name.startsWith(own))).toEqual([]);
});

const event = (value: object): string => `${JSON.stringify(value)}\n`;
const hook = (addr: string, more: object = {}): object => ({ resource: { addr }, ...more });

test('what was planned is applied, from a folder that nobody else can enter', async () => {
  terraform.plan(DEV, CHANGE);
  terraform.answer(
    DEV,
    'apply',
    event({ type: 'apply_start', hook: hook('null_resource.app', { action: 'create' }) }) +
      event({
        type: 'provision_progress',
        hook: hook('null_resource.app', { output: '  Host: 10.0.10.101' }),
      }) +
      event({
        type: 'provision_progress',
        hook: hook('null_resource.app', { output: 'changed  /etc/\u001b[31mx\r' }),
      }) +
      event({ type: 'apply_complete', hook: hook('null_resource.app', { action: 'create' }) }),
  );
  const { code, out, err } = await terraform.pvestack(
    'deploy',
    'pote:dev',
    '--auto-approve',
    '--lock-timeout',
    '5s',
  );
  expect([code, err]).toEqual([0, '']);
  expect(out.replace(/\d+\.\d s/, 'T s')).toBe(
    `app-pote-dev
  ~ guest: cores 2 → 4
app: changed  /etc/[31mx
  app-pote-dev  done, T s
`,
  );
  expect(terraform.calls()).toEqual([
    'app-pote-dev init -no-color -input=false',
    'app-pote-dev plan -no-color -input=false -detailed-exitcode -out=app-pote-dev -lock-timeout=5s'.replace(
      '-out=',
      '',
    ),
    'app-pote-dev show -json app-pote-dev',
    'app-pote-dev apply -json -input=false -lock-timeout=5s app-pote-dev',
  ]);
  expect(readFileSync(path.join(folder, 'modes'), 'utf8')).toMatch(/^drwx------\n-/);
});

test('nothing to do is one line, is not applied, and needs no init the second time', async () => {
  terraform.plan(DEV, planOf([]));
  for (const calls of [2, 3]) {
    expect(await terraform.pvestack('deploy', DEV, '--auto-approve')).toEqual({
      code: 0,
      out: `${DEV}: nothing to do\n`,
      err: '',
    });
    expect(terraform.calls()).toHaveLength(calls);
  }
});

test('terraform init runs again where Terraform asks for it', async () => {
  terraform.plan(DEV, planOf([]));
  await terraform.pvestack('plan', DEV);
  terraform.put(`${DEV}.once`, '');
  expect((await terraform.pvestack('plan', DEV)).code).toBe(0);
  expect(terraform.calls().map((call) => call.split(' ')[1])).toEqual([
    'init',
    'plan',
    'plan',
    'init',
    'plan',
  ]);
});

test('provision and configure plan their part, and refuse more', async () => {
  terraform.plan(
    DEV,
    planOf([changed('null_resource.app', null, { triggers: {} }), changed('terraform_data.owned', {}, {})]),
  );
  expect(await terraform.pvestack('configure', DEV, '--auto-approve')).toMatchObject({
    code: 1,
    err: `  app-pote-dev  failed: more than configure would happen: terraform_data.owned. Nothing was touched. Review and deploy these first: pvestack deploy app-pote-dev
To go on: pvestack configure app-pote-dev
`,
  });
  expect(terraform.calls()[1]).toMatch(
    / -target=null_resource\.base_os -replace=null_resource\.base_os .*null_resource\.app$/,
  );
  await terraform.pvestack('provision', DEV, '--auto-approve');
  expect(
    terraform
      .calls()[3]
      ?.split(' ')
      .filter((word) => word.startsWith('-target'))
      .sort(),
  ).toEqual([
    '-target=null_resource.preflight',
    `-target=${GUEST}`,
    '-target=terraform_data.owned',
    '-target=terraform_data.owner',
  ]);
  expect(terraform.calls().some((call) => / apply | -target.*null_resource\.ssh/.test(call))).toBe(false);
});

test('one that fails does not stop the others, and stands last with its reason and what to do', async () => {
  terraform.plan(DEV, CHANGE);
  terraform.plan('app-pote-qa', CHANGE);
  terraform.answer(
    'app-pote-qa',
    'apply',
    event({ type: 'apply_start', hook: hook(GUEST, { action: 'update' }) }) +
      event({ type: 'apply_complete', hook: hook(GUEST, { action: 'update' }) }) +
      event({ type: 'apply_start', hook: hook('null_resource.app', { action: 'create' }) }) +
      event({
        type: 'provision_progress',
        hook: hook('null_resource.app', { output: 'app: port 3001 is taken' }),
      }) +
      event({
        type: 'diagnostic',
        diagnostic: { severity: 'error', summary: 'remote-exec provisioner error', detail: 'exited with 1' },
      }),
    { code: 1 },
  );
  terraform.plan(PROD, planOf([]));
  const { code, err } = await terraform.pvestack('deploy', 'pote', '--auto-approve');
  expect(code).toBe(1);
  expect(err.replace(/\d+\.\d s/g, 'T s')).toBe(
    `  app-pote-prod  nothing to do
  app-pote-dev   done, T s
  app-pote-qa    failed, T s: app failed; through: guest
                 app: app: port 3001 is taken
                 remote-exec provisioner error
                 exited with 1
To go on: pvestack deploy app-pote-qa
`,
  );
});

test.each([
  ['deploy', PROD, CHANGE, [], 'is prod'],
  ['deploy', PROD, CHANGE, ['--yes', PROD], undefined],
  ['deploy', PROD, CHANGE, ['--yes-destroy', PROD], undefined],
  ['deploy', PROD, DESTROY, ['--yes', PROD], 'DESTROYS guest 301'],
  ['deploy', DEV, DESTROY, [], 'DESTROYS guest 301'],
  ['deploy', DEV, DESTROY, ['--yes-destroy', PROD], 'DESTROYS guest 301'],
  ['destroy', DEV, DESTROY, ['--yes-destroy', DEV], undefined],
] as const)(
  '%s of %s asks for itself, also with --auto-approve: %#',
  async (command, stack, plan, answers, refusal) => {
    terraform.plan(stack, plan);
    const { code, err } = await terraform.pvestack(command, stack, '--auto-approve', ...answers);
    expect(terraform.calls().some((call) => call.includes(' apply '))).toBe(refusal === undefined);
    expect(code).toBe(refusal === undefined ? 0 : 1);
    if (refusal !== undefined) {
      expect(err).toContain(`not done: it ${refusal}`);
      expect(err).toContain(`here is no terminal: --yes${plan === DESTROY ? '-destroy' : ''} ${stack}`);
    }
  },
);

test('plan: exit codes, and the result for programs', async () => {
  terraform.plan(DEV, CHANGE);
  expect((await terraform.pvestack('plan', DEV)).code).toBe(0);
  expect((await terraform.pvestack('plan', DEV, '--detailed-exitcode')).code).toBe(2);
  const { code, out } = await terraform.pvestack('plan', DEV, '--json');
  expect([code, JSON.parse(out)]).toEqual([
    0,
    [
      {
        stack: DEV,
        outcome: 'planned',
        dangers: [],
        items: [{ sign: '~', text: 'guest: cores 2 → 4' }],
        notes: [],
      },
    ],
  ]);
  terraform.answer(DEV, 'plan', '', {
    code: 1,
    err: 'Error: no way\n\n  with a.b,\n  on cdk.tf.json line 3, in x:\n   3: {\n\nGo home.\n',
  });
  expect(await terraform.pvestack('plan', DEV, '--detailed-exitcode')).toEqual({
    code: 1,
    out: '',
    err: '  app-pote-dev  failed: no way\n                Go home.\nTo go on: pvestack plan app-pote-dev\n',
  });
});

const STANDS =
  'What it had begun stands as it is, and the next run takes it up (docs/operations.md, "After a failed or killed run").';

test.each([
  [
    'a state that somebody holds',
    LOCKED,
    `alice@laptop holds the state since 2026-11-30 10:15:00 UTC (apply).
                To wait for it: pvestack plan app-pote-dev --lock-timeout 10m
                If that run is dead, which only alice@laptop knows: cd cdktf.out/stacks/app-pote-dev && terraform force-unlock 11111111-2222-3333-4444-555555555555`,
  ],
  [
    'a full disk',
    'Error: write /x: no space left on device\n',
    'the disk of this machine is full: make room, then go on.\n                write /x: no space left on device',
  ],
  [
    'another backend',
    'Error: Backend configuration changed\n\nA change in the backend configuration has been detected\n',
    'the inventory names another backend than this stack was deployed with. To take its state along: pvestack migrate app-pote-dev. Where that state is none to keep (of an emulator, for example): pvestack forget app-pote-dev',
  ],
  [
    'what is protected',
    'Error: Instance cannot be destroyed\n\nResource terraform_data.owned has lifecycle.prevent_destroy set.\n',
    'the plan would destroy a guest that is protected, or that holds data (data: keep). Nothing was touched.\n                To let it go: data: disposable, without protection and prevent_destroy, in the inventory; pvestack deploy app-pote-dev; then pvestack plan app-pote-dev again.',
  ],
  [
    'a key that is not there',
    'Error: Invalid function argument\n\nInvalid value for "path" parameter: no file exists at "/none/key"; this function works only with\n',
    'TF_VAR_ssh_private_key_file names /none/key, which is not there.',
  ],
  [
    'variables that are not set',
    ['vault_a', 'vault_b']
      .map(
        (name) =>
          `Error: Invalid value for variable\n\n  on cdk.tf.json line 45, in variable.${name}.validation:\n  45:   "validation": [\n\n${name} is not set: export TF_VAR_${name}.\n\nThis was checked by the validation rule at cdk.tf.json:45,21-22.\n`,
      )
      .join('\n'),
    'vault_a is not set: export TF_VAR_vault_a.\n                vault_b is not set: export TF_VAR_vault_b.',
  ],
  [
    'a provider that ended',
    'Error: Plugin did not respond\n\nThe plugin encountered an error, and failed to respond to the\nplugin6.(*GRPCProvider).ApplyResourceChange call. The plugin logs may contain more details.\n',
    `a provider of Terraform ended in the middle: by somebody, by the system, where memory is short (fewer at a time: --parallel 1), or by a fault of its own. ${STANDS}`,
  ],
  [
    'a provider with a fault of its own',
    'Stack trace from the terraform-provider-proxmox_v0.111.1 plugin:\n\npanic: runtime error: index out of range [0]\n\ngoroutine 1 [running]:\nmain.main()\n\nError: The terraform-provider-proxmox_v0.111.1 plugin crashed!\n',
    `a provider of Terraform ended in the middle: by somebody, by the system, where memory is short (fewer at a time: --parallel 1), or by a fault of its own, in its words:\n                panic: runtime error: index out of range [0]\n                ${STANDS}`,
  ],
  [
    'no address of Proxmox VE',
    'Error: Missing Proxmox VE API Endpoint\n\nThe provider cannot create the client\n',
    'no address of the Proxmox API: write proxmox_host in the inventory, or export PROXMOX_VE_ENDPOINT.',
  ],
  [
    'a Proxmox VE that does not answer',
    'Error: dial tcp 127.0.0.1:8006: connect: connection refused\n',
    'dial tcp 127.0.0.1:8006: connect: connection refused\n                If that Proxmox VE is gone for good (an emulator, for example), and with it a guest that was deployed there: pvestack forget app-pote-dev',
  ],
])('%s', async (_what, said, reason) => {
  terraform.answer(DEV, 'plan', '', { code: 1, err: said });
  const { code, err } = await terraform.pvestack('plan', DEV);
  expect([code, err]).toEqual([
    1,
    `  app-pote-dev  failed: ${reason}\nTo go on: pvestack plan app-pote-dev\n`,
  ]);
});

test('terraform that is killed is said, and what to do', async () => {
  terraform.answer(DEV, 'plan', '', { code: 137 });
  const { code, err } = await terraform.pvestack('plan', DEV);
  expect([code, err]).toEqual([
    1,
    `  app-pote-dev  failed: terraform was ended from outside (SIGKILL): by somebody, or by the system, where memory is short (fewer at a time: --parallel 1). ${STANDS}\nTo go on: pvestack plan app-pote-dev\n`,
  ]);
});

test('a run that happens elsewhere says so at once', async () => {
  terraform.plan(DEV, planOf([]));
  terraform.answer(
    DEV,
    'plan',
    'Running plan in HCP Terraform. Output will stream here. Pressing Ctrl-C\nTo view this run in a browser, visit:\nhttps://app.example.lan/runs/1\n\nWaiting for 3 run(s) to finish before being queued...\n',
    { code: 0 },
  );
  const { out } = await terraform.pvestack('plan', DEV);
  expect(out.split('\n').slice(0, 3)).toEqual([
    "app-pote-dev: runs in HCP Terraform, not here. It needs a way from there to Proxmox VE and to the guests, and gets the TF_VAR_… of this environment as its run's variables, which others there may read.",
    'app-pote-dev: https://app.example.lan/runs/1',
    'app-pote-dev: Waiting for 3 run(s) to finish before being queued...',
  ]);
});

test('what is missing or wrong is said before terraform runs', async () => {
  expect((await terraform.pvestack('deploy', DEV)).err).toBe(
    'This is no terminal to ask in: give --auto-approve to apply without asking.\n',
  );
  expect((await terraform.pvestack('plan')).err)
    .toBe(`pvestack plan needs to know which stacks: their names, projects, project:env, * for anything, or all.
  app-pote-dev
  app-pote-prod
  app-pote-qa
  app-projecta-dev
  app-projecta-prod
`);
  expect((await terraform.pvestack('plan', 'pote:dve')).err).toContain(
    '"pote:dve" is no stack and no project',
  );
  expect((await terraform.pvestack('plan', DEV, '--parallel', '0')).err).toContain(
    'It must be a whole number',
  );
  expect((await terraform.pvestack('plan', DEV, '--lock-timeout', '5')).err).toContain('e.g. 30s or 10m');
  const inventory = readFileSync('inventory.yml', 'utf8');
  writeFileSync(
    'inventory.yml',
    inventory.replace('vmid: 201\n', 'vmid: 201\n        guest: {proxmox_guest_type: external}\n'),
  );
  expect((await terraform.pvestack('provision', DEV)).err).toBe(
    'app-pote-dev: it is external: somebody else makes its host\n',
  );
  terraform.put('version', '{"terraform_version":"1.5.7"}');
  expect((await terraform.pvestack('plan', DEV)).err).toContain(
    'terraform is 1.5.7; these stacks need 1.6 or later.',
  );
  expect(terraform.calls()).toEqual([]);
  expect(existsSync('cdktf.out')).toBe(false);
});

describe('forget', () => {
  const state = `state/${DEV}.tfstate`;
  beforeEach(() => {
    mkdirSync('state');
    writeFileSync(
      state,
      JSON.stringify({ resources: [{ mode: 'managed' }, { mode: 'managed' }, { mode: 'data' }] }),
    );
  });

  test('puts a state aside, asks first, and keeps it to this user', async () => {
    expect((await terraform.pvestack('forget', DEV)).err).toContain('Terraform forgets 2 resources.');
    expect(existsSync(state)).toBe(true);
    expect(await terraform.pvestack('forget', DEV, '--yes-forget', DEV)).toEqual({
      code: 0,
      err: '',
      out: `${DEV} is forgotten. Its state is kept as ${state}.forgotten: remove it when you are sure.\n`,
    });
    expect([existsSync(state), statSync(`${state}.forgotten`).mode & 0o777]).toEqual([false, 0o600]);
    expect((await terraform.pvestack('forget', DEV, '--yes-forget', DEV)).err).toContain(
      'there is nothing to forget',
    );
  });

  test('also of a stack that has left the inventory', async () => {
    writeFileSync(
      'inventory.yml',
      readFileSync('inventory.yml', 'utf8').replace(/ {6}dev:\n(?: {8,}.*\n)+/, ''),
    );
    expect((await terraform.pvestack('plan', 'all')).err).toContain(`pvestack forget ${DEV}`);
    expect((await terraform.pvestack('forget', DEV, '--yes-forget', DEV)).code).toBe(0);
    expect((await terraform.pvestack('synth')).code).toBe(0);
  });
});
