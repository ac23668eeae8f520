import path from 'node:path';
import { DEFAULT_PASSWORD } from 'proxmox-emulator';
import { wordsBetween } from '../../cli/diff/planned';
import type { StackJson } from '../../cli/diff/stack-json';
import { type Change, CHANGES, type Effect } from '../../cli/plan/changes';
import type { Words } from '../../cli/plan/item';
import type { PlanJson } from '../../cli/plan/plan-json';
import { wordsOf } from '../../cli/plan/words';
import { openLab, type OpenLab, type Scene } from '../support/lab';
import { command, describeWith, providers } from '../support/requirements';

jest.setTimeout(300_000);

const STACK = 'app-shop-dev';

/** What a user changes: the inventory's text, or what Terraform finds in its environment. */
type Make = (text: string, env: NodeJS.ProcessEnv) => string;

/** Change, as the table names it, and how it is made. */
type Row = [string, Make];

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
  (keys: string): Make =>
  (text) =>
    text.replace(/guest: \{(.*)\}$/m, `guest: {$1, ${keys}}`);
const replace =
  (from: string, to: string): Make =>
  (text) =>
    text.replace(from, to);
/** With another value of a variable. */
const given =
  (name: string, value: string): Make =>
  (text, env) => {
    env[`TF_VAR_${name}`] = value;
    return text;
  };
/** As `root@pam` with a password, in place of the token. */
const asRoot =
  (change: Make): Make =>
  (text, env) => {
    delete env['PROXMOX_VE_API_TOKEN'];
    Object.assign(env, { PROXMOX_VE_USERNAME: 'root@pam', PROXMOX_VE_PASSWORD: DEFAULT_PASSWORD });
    return change(text, env);
  };

/** How each change of the table is made, in its order. */
const MADE: Record<Type, Row[]> = {
  lxc: [
    ['`memory`', guest('memory: 4096')],
    ['`swap`', guest('swap: 0')],
    ['`cores`', guest('cores: 4')],
    ['`disk_size`, larger', guest('disk_size: 16')],
    ['`disk_size`, smaller', guest('disk_size: 4')],
    ['`disk_storage`', guest('disk_storage: local')],
    ['`ip`', replace('10.0.10.31/24', '10.0.10.32/24')],
    ['`gateway`', replace('gateway: 10.0.10.1', 'gateway: 10.0.10.2')],
    [
      '`ip6`, `gateway6`',
      replace(
        'gateway: 10.0.10.1',
        'gateway: 10.0.10.1\n        ip6: fd00::31/64\n        gateway6: fd00::1',
      ),
    ],
    [
      '`networks`',
      replace(
        'gateway: 10.0.10.1',
        'gateway: 10.0.10.1\n        networks: [{bridge: vmbr1, ip: 10.0.20.31/24}]',
      ),
    ],
    ['`name`', replace('name: shop-dev', 'name: shop-new')],
    ['`bridge`', guest('bridge: vmbr1')],
    ['`vlan`', guest('vlan: 7')],
    ['`mtu`', guest('mtu: 1400')],
    ['`mac_address`', guest('mac_address: "BC:24:11:00:00:31"')],
    ['`firewall`', guest('firewall: false')],
    ['`nameservers`, `searchdomain`', guest('nameservers: [10.0.10.1], searchdomain: example.lan')],
    ['`tags`', guest('tags: [blue]')],
    ['`description`', guest('description: other')],
    ['`onboot`', guest('onboot: false')],
    ['`startup_order`', guest('startup_order: 3')],
    ['`protection`', guest('protection: true')],
    ['`lxc_ostype`', guest('lxc_ostype: ubuntu')],
    ['`lxc_nesting`, with a token', guest('lxc_nesting: false')],
    ['`lxc_nesting`, as `root@pam` with a password', asRoot(guest('lxc_nesting: false'))],
    ['`lxc_unprivileged`', guest('lxc_unprivileged: false, lxc_nesting: false')],
    ['`mount_points`', guest('mount_points: [{path: /srv, volume: local-lvm, size: 4}]')],
    ['`lxc_ostemplate`', replace('debian-12-standard_12.12-1', 'debian-13-standard_13.1-2')],
    ['`ssh_public_keys`', replace('ExampleA ops', 'ExampleB ops')],
    ['`lxc_password`', given('vault_root', 'another-fake-pass')],
    [
      '`lxc_password`, removed',
      replace(', lxc_password: "{{ vault_root }}", allow_password_in_state: true', ''),
    ],
    ['`lxc_start_after_create: false`', guest('lxc_start_after_create: false')],
    ['`proxmox_node`', replace('configure:', 'proxmox_node: pve2\nconfigure:')],
    ['`vmid`', replace('vmid: 301', 'vmid: 302')],
  ],
  kvm: [
    ['`memory`', guest('memory: 4096')],
    ['`cores`', guest('cores: 4')],
    ['`disk_size`, larger', guest('disk_size: 16')],
    ['`disk_size`, smaller', guest('disk_size: 4')],
    ['`disk_storage`', guest('disk_storage: local')],
    ['`ip`', replace('10.0.10.31/24', '10.0.10.32/24')],
    ['`gateway`', replace('gateway: 10.0.10.1', 'gateway: 10.0.10.2')],
    [
      '`ip6`, `gateway6`',
      replace(
        'gateway: 10.0.10.1',
        'gateway: 10.0.10.1\n        ip6: fd00::31/64\n        gateway6: fd00::1',
      ),
    ],
    [
      '`networks`',
      replace(
        'gateway: 10.0.10.1',
        'gateway: 10.0.10.1\n        networks: [{bridge: vmbr1, ip: 10.0.20.31/24}]',
      ),
    ],
    ['`name`', replace('name: shop-dev', 'name: shop-new')],
    ['`bridge`', guest('bridge: vmbr1')],
    ['`vlan`', guest('vlan: 7')],
    ['`mtu`', guest('mtu: 1400')],
    ['`mac_address`', guest('mac_address: "BC:24:11:00:00:31"')],
    ['`firewall`', guest('firewall: false')],
    ['`nameservers`, `searchdomain`', guest('nameservers: [10.0.10.1], searchdomain: example.lan')],
    ['`tags`', guest('tags: [blue]')],
    ['`description`', guest('description: other')],
    ['`onboot`', guest('onboot: false')],
    ['`startup_order`', guest('startup_order: 3')],
    ['`protection`', guest('protection: true')],
    ['`kvm_clone_vmid`', replace('kvm_clone_vmid: 900', 'kvm_clone_vmid: 901')],
    ['`ssh_public_keys`', replace('ExampleA ops', 'ExampleB ops')],
    ['`lxc_start_after_create: false`', guest('lxc_start_after_create: false')],
    ['`proxmox_node`', replace('configure:', 'proxmox_node: pve2\nconfigure:')],
    ['`vmid`', replace('vmid: 301', 'vmid: 302')],
  ],
};
const CASES = (Object.keys(CHANGES) as Type[]).flatMap((type) =>
  CHANGES[type].map((row) => {
    const [, make] = MADE[type].find(([name]) => name === row.name) ?? [];
    return { type, row, name: row.name, make };
  }),
);

/** What changes along with a key, as it has to. */
const ALONG: Record<string, string[]> = { '`lxc_unprivileged`': ['lxc_nesting'] };

/** What people are told of an effect. */
const TOLD: Record<Type, Partial<Record<Effect, string>>> = {
  lxc: {
    'in place, reboot': 'restarts it',
    'in place, next restart': 'waits for a restart',
    'refused by Proxmox': 'Proxmox refuses it',
    'refused by the plan': 'the plan refuses it',
    replaced: 'replaces it',
  },
  kvm: {
    'in place, reboot': 'powers it off and on',
    'refused by Proxmox': 'Proxmox refuses it',
    'refused by the plan': 'the plan refuses it',
  },
};

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

/** What terraform planned for the guest, what people were told of it, and what came of it. */
async function outcome(
  { emulator, workspace, writes }: OpenLab,
  { name, attributes = [] }: Change,
  fromGit: Words,
): Promise<[Effect, string | undefined]> {
  const before = JSON.stringify(emulator.state.export().guests);
  const file = path.join(workspace.root, 'plan');
  const plan = await workspace.plan(STACK, `-out=${file}`);
  if (plan.code === 1) return ['refused by the plan', fromGit.items[0]?.effect];
  const { output } = await workspace.terraform(STACK, ['show', '-json', file]);
  const words = wordsOf(JSON.parse(output) as PlanJson);
  const keys = [...name.matchAll(/`([a-z0-9_]+)`/g)].slice(0, attributes.length).map(([, key = '']) => key);
  const told = keys.map((key) => words.items.find(({ text }) => text.startsWith(`guest: ${key}`))?.effect);
  // Nothing is told but of these keys, and each of them is.
  const named = words.items.flatMap(({ text }) => /^guest: (\w+)/.exec(text)?.[1] ?? []).sort();
  expect(named).toEqual([...keys, ...(ALONG[name] ?? [])].sort());
  // `pvestack diff` says the same without Terraform, but for what only Proxmox and the provider know.
  const guest = ({ items }: Words): [string, string | undefined][] =>
    items
      .filter(({ text }) => text.startsWith('guest: '))
      .map(({ text, effect }) => [text.replace(/ [0-9A-F:]{17} →/, ' none →'), effect]);
  expect([fromGit.dangers, guest(fromGit)]).toEqual([words.dangers, guest(words)]);
  const lines = words.items.flatMap((item) => item.lines ?? []);
  expect(lines).toEqual(expect.arrayContaining(fromGit.items.flatMap((item) => [...(item.lines ?? [])])));
  const apply = await workspace.terraform(STACK, ['apply', file]);
  if (apply.code !== 0) {
    expect(JSON.stringify(emulator.state.export().guests)).toBe(before);
    return ['refused by Proxmox', told[0]];
  }
  const again = await workspace.plan(STACK);
  expect([again.code, again.output]).toEqual([0, expect.stringContaining('No changes.')]);
  const destroys = writes().some((call) => call.startsWith('DELETE'));
  // What destroys a guest stands in the plan, where nobody overlooks it.
  expect([plan.output.includes('guest must be replaced'), words.dangers.length]).toEqual(
    destroys ? [true, 1] : [false, 0],
  );
  if (destroys) return ['replaced', told[0]];
  if (!plan.output.includes('guest will be updated in-place')) {
    expect(writes()).toEqual([]);
    return ['nothing', told[0]];
  }
  const waiting = emulator.state
    .export()
    .guests.some(({ pending, pendingDelete }) => Object.keys(pending).length + pendingDelete.length > 0);
  if (waiting) return ['in place, next restart', told[0]];
  const reboots = writes().some((call) => /\/status\/(reboot|stop|shutdown)$/.test(call));
  return [reboots ? 'in place, reboot' : 'in place', told[0]];
}

describeWith([providers, command('curl')], 'what a change in the inventory does to a standing guest', () => {
  test.concurrent.each(CASES)('$type: $name', async ({ type, row, make }) => {
    const lab = await openLab({}, await standing(type));
    try {
      lab.workspace.env['TF_VAR_vault_root'] = 'fake-pass';
      const env = { ...lab.workspace.env };
      const changed = make?.(base(type), lab.workspace.env);
      expect([changed, lab.workspace.env]).not.toEqual([base(type), env]);
      const before = JSON.parse(lab.workspace.json(STACK)) as StackJson;
      lab.workspace.synth(changed ?? '');
      const after = JSON.parse(lab.workspace.json(STACK)) as StackJson;
      expect(await outcome(lab, row, wordsBetween(before, after))).toEqual([
        row.effect,
        row.told ?? TOLD[type][row.effect],
      ]);
    } finally {
      await lab.close();
    }
  });
});
