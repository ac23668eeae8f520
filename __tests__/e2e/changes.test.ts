import { readFileSync } from 'node:fs';
import path from 'node:path';
import { useLab } from '../support/lab';
import { command, describeWith, providers } from '../support/requirements';

jest.setTimeout(120_000);

const STACK = 'app-shop-dev';
const DOCS = path.join(__dirname, '..', '..', 'docs', 'changes.md');

/** What Terraform does with a change, in the words of docs/changes.md. */
type Effect =
  'in place' | 'in place, reboot' | 'replaced' | 'refused by the plan' | 'refused by Proxmox' | 'nothing';

const GUEST = 'lxc_ostemplate: "local:vztmpl/debian-12-standard_12.12-1_amd64.tar.zst"';

const base = (url: string): string => `proxmox_host: ${url}
configure: false
ssh_public_keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExampleExa ops@example.lan]
app_projects:
  shop:
    app_type: none
    envs:
      dev:
        name: shop-dev
        vmid: 301
        ip: 10.0.10.31/24
        gateway: 10.0.10.1
        guest: {${GUEST}}
`;

/** Adds guest keys. */
const guest =
  (keys: string) =>
  (text: string): string =>
    text.replace(`{${GUEST}}`, `{${GUEST}, ${keys}}`);
const replace =
  (from: string, to: string) =>
  (text: string): string =>
    text.replace(from, to);

/** Change, as docs/changes.md names it; how; what it does. */
const CHANGES: [string, (text: string) => string, Effect][] = [
  ['`memory`', guest('memory: 4096'), 'in place, reboot'],
  ['`swap`', guest('swap: 0'), 'in place, reboot'],
  ['`cores`', guest('cores: 4'), 'in place'],
  ['`disk_size`, larger', guest('disk_size: 16'), 'in place'],
  ['`disk_size`, smaller', guest('disk_size: 4'), 'refused by Proxmox'],
  ['`disk_storage`', guest('disk_storage: local'), 'replaced'],
  ['`ip`', replace('10.0.10.31/24', '10.0.10.32/24'), 'in place, reboot'],
  ['`gateway`', replace('gateway: 10.0.10.1', 'gateway: 10.0.10.2'), 'in place, reboot'],
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
  ['`lxc_unprivileged`', guest('lxc_unprivileged: false, lxc_nesting: false'), 'replaced'],
  ['`mount_points`', guest('mount_points: [{path: /srv, volume: local-lvm, size: 4}]'), 'replaced'],
  ['`lxc_ostemplate`', replace('debian-12-standard_12.12-1', 'debian-13-standard_13.1-2'), 'nothing'],
  ['`ssh_public_keys`', replace('ExampleExa ops', 'ExampleExb ops'), 'nothing'],
  ['`lxc_password`', guest('lxc_password: "{{ vault_root }}", allow_password_in_state: true'), 'nothing'],
  ['`lxc_start_after_create: false`', guest('lxc_start_after_create: false'), 'nothing'],
  ['`proxmox_node`', replace('configure:', 'proxmox_node: pve2\nconfigure:'), 'refused by the plan'],
  ['`vmid`', replace('vmid: 301', 'vmid: 302'), 'refused by the plan'],
];

describeWith([providers, command('curl')], 'what a change in the inventory does to a standing guest', () => {
  const lab = useLab();

  beforeEach(async () => {
    lab.workspace.env['TF_VAR_vault_root'] = 'fake-pass';
    lab.workspace.synth(base(lab.emulator.url));
    expect((await lab.workspace.apply(STACK)).code).toBe(0);
    lab.emulator.log.clear();
  });

  /** What terraform planned for the guest, and what came of it. */
  async function effect(): Promise<Effect> {
    const plan = await lab.workspace.plan(STACK, '-out=plan.tfplan');
    if (plan.code === 1) return 'refused by the plan';
    const shown = await lab.workspace.terraform(STACK, ['show', '-json', 'plan.tfplan']);
    const { resource_changes: changes } = JSON.parse(
      shown.output.slice(shown.output.indexOf('{"format_version"')),
    ) as {
      resource_changes: { address: string; change: { actions: string[] } }[];
    };
    const actions = changes.find(({ address }) => address.endsWith('.guest'))?.change.actions ?? [];
    const apply = await lab.workspace.terraform(STACK, ['apply', 'plan.tfplan']);
    const calls = lab.emulator.log.list().map(({ method, path: where }) => `${method} ${where}`);
    if (actions.includes('delete')) {
      expect(apply.code).toBe(0);
      return 'replaced';
    }
    expect(calls.filter((call) => call.startsWith('DELETE'))).toEqual([]);
    if (apply.code !== 0) return 'refused by Proxmox';
    const again = await lab.workspace.plan(STACK);
    expect([again.code, again.output]).toEqual([0, expect.stringContaining('No changes.')]);
    if (actions.includes('no-op')) return 'nothing';
    return calls.some((call) => call.endsWith('/status/reboot')) ? 'in place, reboot' : 'in place';
  }

  test.each(CHANGES)('%s', async (_name, change, expected) => {
    const changed = change(base(lab.emulator.url));
    expect(changed).not.toBe(base(lab.emulator.url));
    lab.workspace.synth(changed);
    expect(await effect()).toBe(expected);
  });
});

test('docs/changes.md says the same', () => {
  const rows = readFileSync(DOCS, 'utf8')
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter((cells) => cells.length >= 4 && cells[1]?.startsWith('`'))
    .map((cells) => [cells[1], cells[2]]);
  expect(rows).toEqual(CHANGES.map(([name, , effect]) => [name, effect]));
});
