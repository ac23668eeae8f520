import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DEFAULT_PASSWORD } from 'proxmox-emulator';
import { openLab, type OpenLab, type Scene } from '../support/lab';
import { command, describeWith, providers } from '../support/requirements';
import { readTables } from '../support/tables';

jest.setTimeout(300_000);

const STACK = 'app-shop-dev';
const DOCS = path.join(__dirname, '..', '..', 'docs', 'changes.md');

/** What Terraform does with a change, in the words of docs/changes.md. */
type Effect =
  | 'in place'
  | 'in place, reboot'
  | 'in place, next restart'
  | 'replaced'
  | 'refused by the plan'
  | 'refused by Proxmox'
  | 'nothing';

/** What a user changes: the inventory's text, or what Terraform finds in its environment. */
type Change = (text: string, env: NodeJS.ProcessEnv) => string;

/** Change, as docs/changes.md names it; how; what it does. */
type Row = [string, Change, Effect];

const GUEST = {
  lxc: 'lxc_ostemplate: "local:vztmpl/debian-12-standard_12.12-1_amd64.tar.zst", lxc_password: "{{ vault_root }}", allow_password_in_state: true',
  kvm: 'proxmox_guest_type: kvm, kvm_clone_vmid: 900',
};
type Type = keyof typeof GUEST;

/** The API's address comes from the environment, for each row has an emulator of its own. */
const base = (type: Type): string => `configure: false
ssh_public_keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExampleA ops@example.lan]
app_projects:
  shop:
    app_type: none
    envs:
      dev:
        name: shop-dev
        vmid: 301
        ip: 10.0.10.31/24
        gateway: 10.0.10.1
        guest: {${GUEST[type]}}
`;

/** Adds guest keys. */
const guest =
  (keys: string): Change =>
  (text) =>
    text.replace(/guest: \{(.*)\}$/m, `guest: {$1, ${keys}}`);
const replace =
  (from: string, to: string): Change =>
  (text) =>
    text.replace(from, to);
/** With another value of a variable. */
const given =
  (name: string, value: string): Change =>
  (text, env) => {
    env[`TF_VAR_${name}`] = value;
    return text;
  };
/** As `root@pam` with a password, in place of the token. */
const asRoot =
  (change: Change): Change =>
  (text, env) => {
    delete env['PROXMOX_VE_API_TOKEN'];
    Object.assign(env, { PROXMOX_VE_USERNAME: 'root@pam', PROXMOX_VE_PASSWORD: DEFAULT_PASSWORD });
    return change(text, env);
  };

/** The tables of docs/changes.md. */
const CHANGES: Record<Type, Row[]> = {
  lxc: [
    ['`memory`', guest('memory: 4096'), 'in place, reboot'],
    ['`swap`', guest('swap: 0'), 'in place, reboot'],
    ['`cores`', guest('cores: 4'), 'in place'],
    ['`disk_size`, larger', guest('disk_size: 16'), 'in place, next restart'],
    ['`disk_size`, smaller', guest('disk_size: 4'), 'refused by Proxmox'],
    ['`disk_storage`', guest('disk_storage: local'), 'replaced'],
    ['`ip`', replace('10.0.10.31/24', '10.0.10.32/24'), 'in place, reboot'],
    ['`gateway`', replace('gateway: 10.0.10.1', 'gateway: 10.0.10.2'), 'in place, reboot'],
    [
      '`ip6`, `gateway6`',
      replace('gateway: 10.0.10.1', 'gateway: 10.0.10.1\n        ip6: fd00::31/64'),
      'in place, reboot',
    ],
    [
      '`networks`',
      replace(
        'gateway: 10.0.10.1',
        'gateway: 10.0.10.1\n        networks: [{bridge: vmbr1, ip: 10.0.20.31/24}]',
      ),
      'in place, reboot',
    ],
    ['`name`', replace('name: shop-dev', 'name: shop-new'), 'in place, reboot'],
    ['`bridge`', guest('bridge: vmbr1'), 'in place, reboot'],
    ['`vlan`', guest('vlan: 7'), 'in place, reboot'],
    ['`mtu`', guest('mtu: 1400'), 'in place, reboot'],
    ['`mac_address`', guest('mac_address: "BC:24:11:00:00:31"'), 'in place, reboot'],
    ['`firewall`', guest('firewall: false'), 'in place, reboot'],
    [
      '`nameservers`, `searchdomain`',
      guest('nameservers: [10.0.10.1], searchdomain: example.lan'),
      'in place, reboot',
    ],
    ['`tags`', guest('tags: [blue]'), 'in place'],
    ['`description`', guest('description: other'), 'in place'],
    ['`onboot`', guest('onboot: false'), 'in place'],
    ['`startup_order`', guest('startup_order: 3'), 'in place'],
    ['`protection`', guest('protection: true'), 'in place'],
    ['`lxc_ostype`', guest('lxc_ostype: ubuntu'), 'in place, reboot'],
    ['`lxc_nesting`, with a token', guest('lxc_nesting: false'), 'refused by Proxmox'],
    [
      '`lxc_nesting`, as `root@pam` with a password',
      asRoot(guest('lxc_nesting: false')),
      'in place, next restart',
    ],
    ['`lxc_unprivileged`', guest('lxc_unprivileged: false, lxc_nesting: false'), 'replaced'],
    ['`mount_points`', guest('mount_points: [{path: /srv, volume: local-lvm, size: 4}]'), 'replaced'],
    ['`lxc_ostemplate`', replace('debian-12-standard_12.12-1', 'debian-13-standard_13.1-2'), 'nothing'],
    ['`ssh_public_keys`', replace('ExampleA ops', 'ExampleB ops'), 'nothing'],
    ['`lxc_password`', given('vault_root', 'another-fake-pass'), 'nothing'],
    [
      '`lxc_password`, removed',
      replace(', lxc_password: "{{ vault_root }}", allow_password_in_state: true', ''),
      'nothing',
    ],
    ['`lxc_start_after_create: false`', guest('lxc_start_after_create: false'), 'nothing'],
    ['`proxmox_node`', replace('configure:', 'proxmox_node: pve2\nconfigure:'), 'refused by the plan'],
    ['`vmid`', replace('vmid: 301', 'vmid: 302'), 'refused by the plan'],
  ],
  kvm: [
    ['`memory`', guest('memory: 4096'), 'in place, reboot'],
    ['`cores`', guest('cores: 4'), 'in place, reboot'],
    ['`disk_size`, larger', guest('disk_size: 16'), 'in place'],
    ['`disk_size`, smaller', guest('disk_size: 4'), 'refused by Proxmox'],
    ['`disk_storage`', guest('disk_storage: local'), 'in place, reboot'],
    ['`ip`', replace('10.0.10.31/24', '10.0.10.32/24'), 'in place, reboot'],
    ['`gateway`', replace('gateway: 10.0.10.1', 'gateway: 10.0.10.2'), 'in place, reboot'],
    [
      '`ip6`, `gateway6`',
      replace('gateway: 10.0.10.1', 'gateway: 10.0.10.1\n        ip6: fd00::31/64'),
      'in place, reboot',
    ],
    [
      '`networks`',
      replace(
        'gateway: 10.0.10.1',
        'gateway: 10.0.10.1\n        networks: [{bridge: vmbr1, ip: 10.0.20.31/24}]',
      ),
      'in place, reboot',
    ],
    ['`name`', replace('name: shop-dev', 'name: shop-new'), 'in place'],
    ['`bridge`', guest('bridge: vmbr1'), 'in place'],
    ['`vlan`', guest('vlan: 7'), 'in place'],
    ['`mtu`', guest('mtu: 1400'), 'in place'],
    ['`mac_address`', guest('mac_address: "BC:24:11:00:00:31"'), 'in place'],
    ['`firewall`', guest('firewall: false'), 'in place'],
    [
      '`nameservers`, `searchdomain`',
      guest('nameservers: [10.0.10.1], searchdomain: example.lan'),
      'in place, reboot',
    ],
    ['`tags`', guest('tags: [blue]'), 'in place'],
    ['`description`', guest('description: other'), 'in place'],
    ['`onboot`', guest('onboot: false'), 'in place'],
    ['`startup_order`', guest('startup_order: 3'), 'in place'],
    ['`protection`', guest('protection: true'), 'in place'],
    ['`kvm_clone_vmid`', replace('kvm_clone_vmid: 900', 'kvm_clone_vmid: 901'), 'nothing'],
    ['`ssh_public_keys`', replace('ExampleA ops', 'ExampleB ops'), 'nothing'],
    ['`lxc_start_after_create: false`', guest('lxc_start_after_create: false'), 'nothing'],
    ['`proxmox_node`', replace('configure:', 'proxmox_node: pve2\nconfigure:'), 'refused by the plan'],
    ['`vmid`', replace('vmid: 301', 'vmid: 302'), 'refused by the plan'],
  ],
};
const CASES = (Object.keys(CHANGES) as Type[]).flatMap((type) =>
  CHANGES[type].map(([name, change, effect]) => ({ type, name, change, effect })),
);

const scenes = new Map<Type, Promise<Scene>>();
/** A guest that stands, deployed once for each type. */
function standing(type: Type): Promise<Scene> {
  const scene = scenes.get(type) ?? deployed(type);
  scenes.set(type, scene);
  return scene;
}

async function deployed(type: Type): Promise<Scene> {
  const lab = await openLab();
  for (const vmid of type === 'kvm' ? [900, 901] : []) {
    const config = { name: 'template', template: 1, scsi0: `local-lvm:base-${vmid}-disk-0,size=4G` };
    lab.emulator.addGuest({ vmid, type: 'qemu', node: 'pve', running: false, config });
  }
  lab.workspace.env['TF_VAR_vault_root'] = 'fake-pass';
  lab.workspace.synth(base(type));
  const apply = await lab.workspace.apply(STACK);
  expect([apply.code, apply.output]).toEqual([0, expect.stringContaining('Apply complete!')]);
  const scene = lab.capture();
  await lab.close();
  return scene;
}

/** What terraform planned for the guest, and what came of it. */
async function effect({ emulator, workspace, writes }: OpenLab): Promise<Effect> {
  const before = JSON.stringify(emulator.state.export().guests);
  const apply = await workspace.apply(STACK);
  if (apply.code !== 0) {
    expect(JSON.stringify(emulator.state.export().guests)).toBe(before);
    return /guest: Modifying\.\.\./.test(apply.output) ? 'refused by Proxmox' : 'refused by the plan';
  }
  const again = await workspace.plan(STACK);
  expect([again.code, again.output]).toEqual([0, expect.stringContaining('No changes.')]);
  const destroys = writes().some((call) => call.startsWith('DELETE'));
  // What destroys a guest stands in the plan, in these words.
  expect(apply.output.includes('guest must be replaced')).toBe(destroys);
  if (destroys) return 'replaced';
  if (!apply.output.includes('guest will be updated in-place')) {
    expect(writes()).toEqual([]);
    return 'nothing';
  }
  const waiting = emulator.state
    .export()
    .guests.some(({ pending, pendingDelete }) => Object.keys(pending).length + pendingDelete.length > 0);
  if (waiting) return 'in place, next restart';
  return writes().some((call) => /\/status\/(reboot|stop|shutdown)$/.test(call))
    ? 'in place, reboot'
    : 'in place';
}

describeWith([providers, command('curl')], 'what a change in the inventory does to a standing guest', () => {
  test.concurrent.each(CASES)('$type: $name', async ({ type, change, effect: expected }) => {
    const lab = await openLab({}, await standing(type));
    try {
      lab.workspace.env['TF_VAR_vault_root'] = 'fake-pass';
      const env = { ...lab.workspace.env };
      const changed = change(base(type), lab.workspace.env);
      expect([changed, lab.workspace.env]).not.toEqual([base(type), env]);
      lab.workspace.synth(changed);
      expect(await effect(lab)).toBe(expected);
    } finally {
      await lab.close();
    }
  });
});

test('docs/changes.md says the same', () => {
  const tables = readTables(readFileSync(DOCS, 'utf8')).map(({ rows }) =>
    rows.map(([name, what]) => [name, what]),
  );
  expect(tables).toEqual(Object.values(CHANGES).map((rows) => rows.map(([name, , what]) => [name, what])));
});
