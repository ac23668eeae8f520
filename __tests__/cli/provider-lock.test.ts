import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { enterFolder, leaveFolder, pvestack } from '../support/user-folder';

jest.setTimeout(60_000);

const HEAD = `# This file is maintained automatically by "terraform init".
# Manual edits may be lost in future updates.
`;

/** A provider's block as Terraform writes it, with an obviously fake sum. */
function block(
  source: string,
  version: string,
  sums = ['h1:FakeFakeFakeFakeFakeFakeFakeFakeFakeFakeFak='],
): string {
  const lines = sums.map((sum) => `    "${sum}",\n`).join('');
  return `
provider "registry.terraform.io/${source}" {
  version     = "${version}"
  constraints = "${version}"
  hashes = [
${lines}  ]
}
`;
}

const PROXMOX = block('bpg/proxmox', '0.111.1');
const EXTERNAL = block('hashicorp/external', '2.3.5');
const NULL = block('hashicorp/null', '3.2.4');
const WHOLE = `${HEAD}${PROXMOX}${EXTERNAL}${NULL}`;

/** A host of somebody else's, which needs no Proxmox provider, and an env that is to go, which looks at no guest. */
const INVENTORY = `
app_projects:
  shop:
    app_type: none
    configure: false
    envs:
      dev: {name: shop-dev, vmid: 301, ip: 10.0.10.31/24, gateway: 10.0.10.1}
      ext: {name: shop-ext, ip: 10.0.10.32/24, guest: {proxmox_guest_type: external}}
      gone: {name: shop-gone, vmid: 303, ip: 10.0.10.33/24, gateway: 10.0.10.1, state: absent}
`;

let folder: string;
beforeEach(() => {
  folder = enterFolder();
  writeFileSync('inventory.yml', INVENTORY);
});
afterEach(() => {
  leaveFolder(folder);
});

const stackLock = (stack: string): string =>
  readFileSync(path.join(folder, 'cdktf.out', 'stacks', stack, '.terraform.lock.hcl'), 'utf8');

test('without a lock file synth says once how to make one, and the stacks get none', async () => {
  const { code, out, err } = await pvestack(['synth']);
  expect([code, err]).toEqual([0, '']);
  expect(out.trimEnd().split('\n').at(-1)).toBe(
    'Nothing pins the providers by the sums of their packages: run "pvestack lock", and commit the file that it writes.',
  );
  expect(out.match(/pvestack lock/g)).toHaveLength(1);
  expect(existsSync(path.join(folder, 'cdktf.out', 'stacks', 'app-shop-dev', '.terraform.lock.hcl'))).toBe(
    false,
  );
});

test.each([
  ['as it is', WHOLE],
  ['with the line ends of Windows', WHOLE.replaceAll('\n', '\r\n')],
])('each stack gets the lock of the providers that it uses, no more: %s', async (_how, text) => {
  writeFileSync('.terraform.lock.hcl', text);
  const { code, out } = await pvestack(['synth']);
  expect([code, out]).toEqual([0, expect.not.stringContaining('pvestack lock')]);
  expect(stackLock('app-shop-dev')).toBe(WHOLE);
  expect(stackLock('app-shop-ext')).toBe(`${HEAD}${EXTERNAL}${NULL}`);
  expect(stackLock('app-shop-gone')).toBe(`${HEAD}${PROXMOX}${NULL}`);
});

test.each([
  [
    'a provider that is missing, of which Terraform would trust whatever comes',
    `${HEAD}${PROXMOX}${NULL}`,
    '.terraform.lock.hcl lacks registry.terraform.io/hashicorp/external 2.3.5',
  ],
  [
    'another version, which the cdktf CLI would answer with an upgrade',
    WHOLE.replaceAll('0.111.1', '0.110.0'),
    '.terraform.lock.hcl has bpg/proxmox 0.110.0, and the stacks require 0.111.1',
  ],
  [
    'no sums',
    `${HEAD}${block('bpg/proxmox', '0.111.1', [])}${EXTERNAL}${NULL}`,
    '.terraform.lock.hcl has no sums of bpg/proxmox 0.111.1',
  ],
  [
    'the registry of another program',
    WHOLE.replaceAll('terraform.io', 'opentofu.org'),
    '.terraform.lock.hcl lacks registry.terraform.io/bpg/proxmox 0.111.1',
  ],
  [
    'a merge that went wrong',
    WHOLE.replace(NULL, `<<<<<<< HEAD\n${NULL}=======\n${NULL}>>>>>>> change\n`),
    '.terraform.lock.hcl is not what Terraform writes',
  ],
  ['something else', 'locked: yes\n', '.terraform.lock.hcl is not what Terraform writes'],
])('%s is refused before anything is written, with what to do', async (_what, text, words) => {
  writeFileSync('.terraform.lock.hcl', text);
  const { code, out, err } = await pvestack(['synth']);
  expect([code, out]).toEqual([1, '']);
  expect(err).toContain(words);
  expect(err).toContain('run "pvestack lock", and commit the file.');
  expect(existsSync(path.join(folder, 'cdktf.out'))).toBe(false);
});

test('a platform that is none is refused before Terraform runs', async () => {
  expect((await pvestack(['lock', '--platform', 'linux'])).err).toContain(
    'It must be <system>_<architecture>, e.g. linux_amd64.',
  );
});
