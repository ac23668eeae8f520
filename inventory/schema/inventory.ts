import { z } from 'zod';
import { FEATURES } from '../features/registry';
import { APP_TYPES } from '../kinds';
import { KINDS } from '../kinds/registry';
import { keysOf } from '../part';
import { RULES } from '../values/rules';
import { editorPattern } from '../editor';
import { appKeys } from './app';
import { backendSchema } from './backend';
import { baseOsKeys } from './base-os';
import { bool, checked, filled, isLine, key, plain, port, secret, whole } from './fields';
import { guestSchema } from './guest';

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
  ssh_bastion: key(bastionSchema, { description: 'The host that connections go through.' }),
  ssh_host_key: key(checked(RULES.hostKey), {
    description: "The guest's SSH host key; without it host keys are not verified.",
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

/** Keys of the application, on a project and on an env. */
const application = { ...appKeys, ...keysOf(KINDS), ...keysOf(FEATURES) };

const templatesDir = {
  templates_dir: key(plain(isLine, 'is not a path', 'write a folder, relative to the inventory'), {
    description: 'Folder whose templates replace those of the tool by name, relative to the inventory.',
  }),
};

const stateBackend = {
  backend: key(backendSchema, { description: 'Where the state lies.', default: { type: 'local' } }),
};

/** One environment. */
export const envSchema = z
  .strictObject({
    name: key(z.string().meta({ editor: HOSTNAME }), { description: "The guest's host name." }),
    vmid: key(whole(100, 999_999_999, 'VMID'), { description: "The guest's number, unique in the cluster." }),
    ip: key(z.string().meta({ editor: ADDRESS }), {
      description: 'Its address with prefix, e.g. 10.0.10.101/24.',
    }),
    gateway: key(z.string().meta({ editor: GATEWAY }), { description: 'Its gateway, e.g. 10.0.10.1.' }),
    branch: key(checked(RULES.branch), {
      description: 'The branch that is deployed.',
    }),
    state: key(z.enum(['present', 'absent']), {
      description: '`absent`: the stack plans the destruction of all it made.',
      default: 'present',
    }),
    adopt: key(bool(), { description: 'The same as `guest.adopt`.', default: false }),
    ...everywhere,
    ...application,
  })
  .meta({ editor: { required: ['name', 'ip'] } });

/** One project. */
export const projectSchema = z.strictObject({
  app_type: key(z.enum(APP_TYPES), { description: 'What kind of application it is.', default: 'node' }),
  repo: key(checked(RULES.repo), {
    description:
      'URL of its git repository: `git@host:path`, `ssh://`, `https://`, `http://` or `git://`. Required unless `app_type: none`.',
  }),
  git_deploy_key: key(secret(RULES.deployKey, 'vault_git_deploy_key'), {
    description: 'Private key that reads the repository.',
    secret: true,
  }),
  git_known_hosts: key(z.array(checked(RULES.knownHosts)), {
    description: "known_hosts lines of the repository's host.",
    default: [],
  }),
  ...everywhere,
  ...application,
  ...templatesDir,
  ...stateBackend,
  envs: z
    .record(z.string(), envSchema)
    .meta({ description: 'Its environments.', editor: { propertyNames: ID } }),
});

/** The whole inventory. */
export const inventorySchema = z.strictObject({
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
  ...everywhere,
  ...templatesDir,
  ...stateBackend,
  app_projects: z
    .record(z.string(), projectSchema)
    .meta({ description: 'The projects.', editor: { propertyNames: ID } }),
});

/** Every key that a level can have; one that several levels have is the same. */
export const levelKeys = { ...inventorySchema.shape, ...projectSchema.shape, ...envSchema.shape };

/** An inventory as written. */
export type InventoryInput = z.infer<typeof inventorySchema>;
