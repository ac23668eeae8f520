import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Workspace } from '../support/workspace';

const ROOT = path.join(__dirname, '..', '..');

interface Block {
  attributes?: Record<string, { type: unknown; required?: boolean; optional?: boolean; computed?: boolean }>;
  block_types?: Record<
    string,
    { block: Block; nesting_mode: string; max_items?: number; min_items?: number }
  >;
}

interface Schema {
  provider: { block: Block };
  resource_schemas: Record<string, { block: Block }>;
  data_source_schemas: Record<string, { block: Block }>;
}

const pinned = JSON.parse(readFileSync(path.join(ROOT, 'schemas', 'proxmox@0.111.1.json'), 'utf8')) as {
  provider_schemas: Record<string, Schema>;
};
const schema = pinned.provider_schemas['registry.terraform.io/bpg/proxmox'] as Schema;

/** What Terraform itself gives every resource. */
const META = new Set(['lifecycle', 'depends_on', 'count', 'provisioner', 'connection', 'provider']);

/** Everything in a configuration that the schema does not allow, as `path: what`. */
function violations(value: unknown, block: Block, at: string, top = true): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at}: is no block`];
  const config = value as Record<string, unknown>;
  const found: string[] = [];
  for (const [name, item] of Object.entries(config)) {
    if (top && META.has(name)) continue;
    const attribute = block.attributes?.[name];
    const nested = block.block_types?.[name];
    if (attribute) {
      if (!attribute.required && !attribute.optional) found.push(`${at}.${name}: is read-only`);
      if (!fits(item, attribute.type)) found.push(`${at}.${name}: is not ${JSON.stringify(attribute.type)}`);
    } else if (nested) {
      const items = Array.isArray(item) ? item : [item];
      if (nested.max_items !== undefined && items.length > nested.max_items)
        found.push(`${at}.${name}: too many`);
      items.forEach((each, i) => found.push(...violations(each, nested.block, `${at}.${name}[${i}]`, false)));
    } else found.push(`${at}.${name}: unknown`);
  }
  for (const [name, { required }] of Object.entries(block.attributes ?? {})) {
    if (required && config[name] === undefined) found.push(`${at}.${name}: missing`);
  }
  for (const [name, { min_items: least }] of Object.entries(block.block_types ?? {})) {
    if ((least ?? 0) > 0 && config[name] === undefined) found.push(`${at}.${name}: missing`);
  }
  return found;
}

function fits(value: unknown, type: unknown): boolean {
  if (value === null) return true;
  if (typeof value === 'string' && value.startsWith('${')) return true;
  if (type === 'string') return typeof value === 'string';
  if (type === 'number') return typeof value === 'number';
  if (type === 'bool') return typeof value === 'boolean';
  if (!Array.isArray(type)) return false;
  const [kind, inner] = type as [string, unknown];
  if (kind === 'list' || kind === 'set')
    return Array.isArray(value) && value.every((item) => fits(item, inner));
  if (kind === 'map')
    return typeof value === 'object' && Object.values(value).every((item) => fits(item, inner));
  if (kind !== 'object' || typeof value !== 'object') return false;
  const keys = Object.keys(inner as object);
  const given = value as Record<string, unknown>;
  // An attribute that is a list of objects needs every key of them, null or not.
  return (
    keys.every((key) => key in given) &&
    Object.entries(given).every(
      ([key, item]) => key in (inner as object) && fits(item, (inner as Record<string, unknown>)[key]),
    )
  );
}

const ALL_OPTIONS = `
guest: &all
  cores: 3
  memory: 1024
  swap: 0
  disk_size: 12
  disk_storage: "{{ vault_storage | default('local-lvm') }}"
  bridge: vmbr1
  vlan: 7
  mtu: 1400
  firewall: no
  nameservers: [10.0.10.1]
  searchdomain: example.lan
  onboot: false
  startup_order: 3
  description: a guest
  tags: [web]
  protection: true
  lxc_ostype: ubuntu
  lxc_password: "{{ vault_password }}"
  allow_password_in_state: true
`;

const inventory = (guest: string, top = ''): string => `
proxmox_host: pve.example.lan
proxmox_user: root@pam
proxmox_password: "{{ vault_root_password }}"
proxmox_insecure: true
${top}
app_projects:
  a:
    app_type: none
    envs:
      dev: {name: a-dev, vmid: 301, ip: 10.0.10.31/24, gateway: 10.0.10.1, guest: ${guest}}
`;

const workspaces: Workspace[] = [];
afterAll(() => {
  for (const workspace of workspaces) workspace.remove();
});

describe('against the pinned schema of the provider', () => {
  test.each([
    ['a container by default', inventory('{}')],
    [
      'a container with every option',
      inventory(
        '{mac_address: "BC:24:11:00:00:01", mount_points: [{path: /a, volume: local-lvm, size: 4, read_only: true}]}',
        ALL_OPTIONS,
      ),
    ],
    ['a VM by default', inventory('{proxmox_guest_type: kvm, kvm_clone_vmid: 900}')],
    [
      'a VM with every option',
      inventory('{proxmox_guest_type: kvm, kvm_clone_vmid: 900, kvm_disk: virtio0}', ALL_OPTIONS),
    ],
    ['an adopted container', inventory('{adopt: true}')],
    ['an absent container', inventory('{}').replace('guest: {}', 'state: absent')],
  ])('%s uses only what the provider knows, with the right types', (_what, text) => {
    const workspace = new Workspace();
    workspaces.push(workspace);
    workspace.synth(text);
    const stack = JSON.parse(workspace.json('app-a-dev')) as {
      provider: { proxmox: unknown[] };
      resource: Record<string, Record<string, unknown>>;
      data?: Record<string, Record<string, unknown>>;
    };
    const found = violations(stack.provider.proxmox[0], schema.provider.block, 'provider', false);
    let checked = 0;
    for (const [kind, schemas] of [
      [stack.resource, schema.resource_schemas],
      [stack.data ?? {}, schema.data_source_schemas],
    ] as const) {
      for (const [type, items] of Object.entries(kind)) {
        const known = schemas[type];
        if (!type.startsWith('proxmox_')) continue;
        for (const [name, item] of Object.entries(items)) {
          checked++;
          found.push(...(known ? violations(item, known.block, `${type}.${name}`) : [`${type}: unknown`]));
        }
      }
    }
    expect(found).toEqual([]);
    expect(checked).toBeGreaterThan(0);
  });

  test('the check itself finds what is wrong', () => {
    const block = schema.resource_schemas['proxmox_virtual_environment_container']?.block as Block;
    const wrong = { vm_id: '301', unknown: 1, cpu: { cores: 'two' }, disk: [{}, {}], ipv4: {} };
    expect(violations(wrong, block, 'guest')).toEqual([
      'guest.vm_id: is not "number"',
      'guest.unknown: unknown',
      'guest.cpu[0].cores: is not "number"',
      'guest.disk: too many',
      'guest.ipv4: is read-only',
      'guest.node_name: missing',
    ]);
  });
});
