import * as z from 'zod';
import { featuresOf, kindsOf, type Registry } from '../part';
import { RULES } from '../values/rules';
import { editorPattern } from '../editor';
import { appKeys } from './app';
import { backendSchema } from './backend';
import { baseOsKeys } from './base-os';
import { bool, checked, filled, isLine, key, plain, port, secret, whole } from './fields';
import { guestSchema } from './guest';
import { networkSchema } from './network';

const OCTET = '(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
const LABEL = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';

/** For editors: what the rules say with more words, and of all guests together. */
const ADDRESS = editorPattern(
  new RegExp(`^${OCTET}(\\.${OCTET}){3}/([89]|[12][0-9]|3[0-2])$`),
  'is not an IPv4 address with prefix',
  'write e.g. 10.0.10.101/24',
);
const GATEWAY = editorPattern(
  new RegExp(`^${OCTET}(\\.${OCTET}){3}$`),
  'is not an IPv4 address',
  'write e.g. 10.0.10.1',
);
const HOSTNAME = editorPattern(
  new RegExp(`^(?![0-9.]+$)(?!localhost(\\.|$))${LABEL}(\\.${LABEL})*$`),
  'is not a host name',
  'use lower-case letters, digits and "-", e.g. pote-dev',
);
const ID = editorPattern(
  /^(?![Aa][Ll][Ll]$)[A-Za-z]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?$/,
  'is not an id',
  'use letters, digits and "-", beginning with a letter',
);

/** The host that connections go through. */
const bastionSchema = z.strictObject({
  host: checked(RULES.host).meta({
    description: 'Name or address of the bastion.',
  }),
  port: filled(port(), { description: 'SSH port of the bastion.', default: 22 }),
  user: filled(checked(RULES.user), { description: 'User on the bastion.', default: 'root' }),
  host_key: checked(RULES.hostKey).optional().meta({
    description:
      "The bastion's SSH host key. Without it Terraform checks neither this one nor the guest's behind it; the look and the first contact hold to the guest's.",
  }),
});

/** Keys that may stand at the top, on a project and on an env. */
const everywhere = {
  proxmox_node: key(checked(RULES.node), {
    description: 'The Proxmox node that the guest lives on.',
    default: 'pve',
  }),
  app_bootstrap_user: key(checked(RULES.user), {
    description: 'The user that Terraform connects as.',
    default: 'root',
  }),
  ssh_public_keys: key(z.array(checked(RULES.publicKey)), {
    description: 'SSH public keys that may log in.',
    default: [],
  }),
  ssh_public_key: key(checked(RULES.publicKey), {
    description: 'One SSH public key, instead of `ssh_public_keys`.',
  }),
  ssh_port: key(port(), { description: "The port of the guest's sshd.", default: 22 }),
  ssh_bastion: key(bastionSchema, { description: 'The host that connections go through.' }),
  ssh_host_key: key(checked(RULES.hostKey), {
    description: "The guest's SSH host key; without it the first contact pins the key that it meets.",
  }),
  ssh_agent: key(bool(), {
    description:
      'Whether Terraform may use your SSH agent where no key is given. It forwards the agent to the guest: whoever is root there can use all keys in it during a deploy.',
    default: false,
  }),
  packages: key(z.array(checked(RULES.package)), {
    description: 'Debian packages besides the base.',
    default: [],
  }),
  guest: key(guestSchema, { description: 'The guest: see the guest keys.', default: {} }),
  configure: key(bool(), {
    description: 'Whether Terraform connects to the guest. false: it is only created, nothing waits for SSH.',
    default: true,
  }),
  ...baseOsKeys,
};

const templatesDir = {
  templates_dir: key(plain(isLine, 'is not a path', 'write a folder, relative to the inventory'), {
    description: 'Folder whose templates replace those of the tool by name, relative to the inventory.',
  }),
};

const stateBackend = {
  backend: key(backendSchema, { description: 'Where the state lies.', default: { type: 'local' } }),
};

/** Keys that stand on an env alone. */
const envKeys = {
  name: key(z.string().meta({ editor: HOSTNAME }), { description: "The guest's host name." }),
  vmid: key(whole(100, 999_999_999, 'VMID'), { description: "The guest's number, unique in the cluster." }),
  ip: key(z.string().meta({ editor: ADDRESS }), {
    description: 'Its address with prefix, e.g. 10.0.10.101/24.',
  }),
  gateway: key(z.string().meta({ editor: GATEWAY }), { description: 'Its gateway, e.g. 10.0.10.1.' }),
  ip6: key(z.string(), {
    description:
      'Its IPv6 address with prefix, e.g. fd00:0:0:10::101/64, instead of `ip` or beside it; beside it also `auto` or `dhcp`, where the network gives one.',
  }),
  gateway6: key(z.string(), {
    description: 'Its IPv6 gateway, e.g. fe80::1.',
    otherwise: 'the routers that announce themselves',
  }),
  networks: key(z.array(networkSchema), {
    description: 'Further interfaces: eth1, eth2 … of a container, net1, net2 … of a VM.',
    default: [],
  }),
  branch: key(checked(RULES.branch), {
    description: 'The branch that is deployed.',
  }),
  release: key(
    plain(
      /^[A-Za-z0-9][A-Za-z0-9._/+-]{0,199}$/,
      'is not a commit or tag',
      'write e.g. v1.4 or a commit in full; a commit of digits alone in quotes',
    ),
    {
      description:
        'The commit or tag that is deployed, instead of the head of the branch; `TF_VAR_release` overrides it.',
      otherwise: 'the head of the branch',
    },
  ),
  state: key(z.enum(['present', 'absent']), {
    description: '`absent`: the stack plans the destruction of all it made.',
    default: 'present',
  }),
  adopt: key(bool(), { description: 'The same as `guest.adopt`.', default: false }),
};

/** Keys that stand on a project alone. */
const projectKeys = {
  repo: key(checked(RULES.repo), {
    description:
      'URL of its git repository: `git@host:path`, `ssh://` (with a port: `ssh://git@host:2222/path`), `https://`, `http://` or `git://`. Required unless `app_type: none`.',
  }),
  git_deploy_key: key(secret(RULES.deployKey, 'vault_git_deploy_key'), {
    description: 'Private key that reads the repository.',
    secret: true,
  }),
  git_known_hosts: key(z.array(checked(RULES.knownHosts)), {
    description: "known_hosts lines of the repository's host.",
    default: [],
  }),
};

/** Keys that stand at the top alone. */
const topKeys = {
  proxmox_host: key(checked(RULES.apiHost), {
    description: 'The Proxmox API: host name, address or https URL.',
    otherwise: '`PROXMOX_VE_ENDPOINT`',
  }),
  proxmox_port: key(port(), { description: 'Its port, where the URL has none.', default: 8006 }),
  proxmox_user: key(checked(RULES.apiUser), {
    description: 'Proxmox user.',
    otherwise: '`PROXMOX_VE_USERNAME`',
  }),
  proxmox_password: key(secret(RULES.line, 'vault_proxmox_password'), {
    description: "The user's password.",
    otherwise: '`PROXMOX_VE_PASSWORD`',
    secret: true,
  }),
  proxmox_token_id: key(checked(RULES.tokenId), {
    description: 'API token.',
    otherwise: '`PROXMOX_VE_API_TOKEN`',
  }),
  proxmox_token_secret: key(secret(RULES.line, 'vault_proxmox_token_secret'), {
    description: "The token's secret.",
    otherwise: '`PROXMOX_VE_API_TOKEN`',
    secret: true,
  }),
  proxmox_insecure: key(bool(), { description: "Do not verify the API's certificate.", default: false }),
  proxmox_ca_file: key(checked(RULES.line), {
    description:
      'CA certificate of the API. The provider reads it from SSL_CERT_FILE: export that, too; the plan says so where it is missing.',
  }),
};

/**
 * The schema of an inventory.
 * @param registry the kinds of application and the features, which have keys of their own
 * @returns the schema of each level, and every key that a level can have; one that several levels have is the same
 */
function declare(registry: Registry) {
  const kinds = kindsOf(registry);
  const own = [...kinds, ...featuresOf(registry)].flatMap(({ keys }) => Object.entries(keys));
  // By their types the keys of a part are known to itself alone.
  const application: typeof appKeys = { ...appKeys, ...Object.fromEntries(own) };
  const env = z
    .strictObject({ ...envKeys, ...everywhere, ...application })
    .meta({ editor: { required: ['name'], anyOf: [{ required: ['ip'] }, { required: ['ip6'] }] } });
  const project = z.strictObject({
    app_type: key(z.enum([...kinds.map(({ name }) => name), 'none']), {
      description: 'What kind of application it is.',
      default: kinds[0]?.name ?? 'none',
    }),
    ...projectKeys,
    ...everywhere,
    ...application,
    ...templatesDir,
    ...stateBackend,
    envs: z.record(z.string(), env).meta({ description: 'Its environments.', editor: { propertyNames: ID } }),
  });
  const inventory = z.strictObject({
    ...topKeys,
    ...everywhere,
    ...templatesDir,
    ...stateBackend,
    app_projects: z
      .record(z.string(), project)
      .meta({ description: 'The projects.', editor: { propertyNames: ID } }),
  });
  const levelKeys = { ...inventory.shape, ...project.shape, ...env.shape };
  return { registry, inventory, project, env, levelKeys };
}

/** The schema of an inventory. */
export type Schema = ReturnType<typeof declare>;

/** Every key that a level can have, but for those of kinds and features. */
export type LevelKeys = Schema['levelKeys'];

/** An inventory as written. */
export type InventoryInput = z.infer<Schema['inventory']>;

const declared = new WeakMap<Registry, Schema>();

/** The schema of an inventory with these kinds and features. */
export function schemaOf(registry: Registry): Schema {
  const schema = declared.get(registry) ?? declare(registry);
  declared.set(registry, schema);
  return schema;
}
