import { z } from 'zod';
import { KINDS } from '../../renderers/kinds/registry';
import { appKeys } from './app';
import { backendSchema } from './backend';
import { baseOsKeys } from './base-os';
import { bool, checked, key, message, nodeName, port, secret, text, whole } from './fields';
import { guestSchema } from './guest';
import { pythonKeys } from './python';
import { BRANCH_FIX, isBranch } from './git';

/** What `app_type` may be. */
export const APP_TYPE_NAMES = [...(Object.keys(KINDS) as (keyof typeof KINDS)[]), 'none'] as const;

const USER = /^[a-z_][a-z0-9_-]{0,31}$/;
const userName = (): z.ZodString =>
  checked((value) => USER.test(value), 'is not a user name', 'write e.g. root');

const publicKey = (): z.ZodString =>
  checked(
    (value) =>
      /^(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com) [A-Za-z0-9+/]+={0,3}( [^\r\n]*)?$/.test(
        value,
      ),
    'is not an SSH public key',
    'write one line as in ~/.ssh/id_ed25519.pub: "ssh-ed25519 AAAA… name"',
  );

const hostKey = (): z.ZodString =>
  checked(
    (value) =>
      /^(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+={0,3}( [^\r\n]*)?$/.test(value),
    'is not an SSH host key',
    'write the type and the key of one line of /etc/ssh/ssh_host_ed25519_key.pub',
  );

/** The host that connections go through. */
export const bastionSchema = z.strictObject({
  host: checked(
    (value) => /^[A-Za-z0-9.:-]+$/.test(value),
    'is not a host',
    'write a name or an address',
  ).meta({
    description: 'Name or address of the bastion.',
  }),
  port: key(port(), { description: 'SSH port of the bastion.', default: '22' }),
  user: key(userName(), { description: 'User on the bastion.', default: 'root' }),
});

const scalar = z.union([z.string(), z.number(), z.boolean()], {
  error: message('is not a text, number or boolean', 'write one value; "" for an empty one'),
});

/** Names that cannot be refused by the schema alone are checked in rules/env-vars.ts. */
const envVars = z.record(z.string(), scalar);

const packageName = checked(
  (value) => /^[a-z0-9][a-z0-9+.-]*[a-z0-9+.](:[a-z0-9]+)?(=[A-Za-z0-9.+:~-]+)?$/.test(value),
  'is not a Debian package',
  'write its name as `apt-cache search` shows it',
);

/** Keys that may stand at the top, on a project and on an env. */
const everywhere = {
  proxmox_node: key(nodeName(), { description: 'The Proxmox node that the guest lives on.', default: 'pve' }),
  app_bootstrap_user: key(userName(), {
    description: 'The user that Terraform connects as.',
    default: 'root',
  }),
  ssh_public_keys: key(z.array(publicKey()), {
    description: 'SSH public keys that may log in.',
    default: '[]',
  }),
  ssh_public_key: key(publicKey(), { description: 'One SSH public key, instead of `ssh_public_keys`.' }),
  ssh_bastion: key(bastionSchema, { description: 'The host that connections go through.' }),
  ssh_host_key: key(hostKey(), {
    description: "The guest's SSH host key; without it host keys are not verified.",
  }),
  packages: key(z.array(packageName), { description: 'Debian packages besides the base.', default: '[]' }),
  guest: key(guestSchema, { description: 'The guest: see the guest keys.', default: '{}' }),
  configure: key(bool(), {
    description: 'Whether Terraform connects to the guest. false: it is only created, nothing waits for SSH.',
    default: 'true',
  }),
  ...baseOsKeys,
};

const ports = {
  backend_port: key(port(), { description: 'The port of the backend.', default: '3001' }),
  frontend_port: key(port(), { description: 'The port of the frontend.', default: '3000' }),
  ...appKeys,
  ...pythonKeys,
};

const variables = {
  env_vars: key(envVars, { description: "The application's environment.", default: '{}' }),
  plain_env_vars: key(z.array(z.string()), {
    description: 'Names in `env_vars` that look secret but may hold a literal.',
    default: '[]',
  }),
};

const templatesDir = {
  templates_dir: key(
    checked((value) => !value.includes('\0'), 'is not a path', 'write a folder, relative to the inventory'),
    { description: 'Folder whose templates replace those of the tool by name, relative to the inventory.' },
  ),
};

/** One environment. */
export const envSchema = z.strictObject({
  name: key(z.string(), { description: "The guest's host name." }),
  vmid: key(whole(100, 999_999_999, 'VMID'), { description: "The guest's number, unique in the cluster." }),
  ip: key(z.string(), { description: 'Its address with prefix, e.g. 10.0.10.101/24.' }),
  gateway: key(z.string(), { description: 'Its gateway, e.g. 10.0.10.1.' }),
  branch: key(checked(isBranch, 'is not a git branch name', BRANCH_FIX), {
    description: 'The branch that is deployed.',
  }),
  state: key(z.enum(['present', 'absent']), {
    description: '`absent`: the stack plans the destruction of all it made.',
    default: 'present',
  }),
  adopt: key(bool(), { description: 'The same as `guest.adopt`.', default: 'false' }),
  ...everywhere,
  ...ports,
  ...variables,
});

/** One project. */
export const projectSchema = z.strictObject({
  app_type: key(z.enum(APP_TYPE_NAMES), { description: 'What kind of application it is.', default: 'node' }),
  repo: key(text(), {
    description:
      'URL of its git repository: `git@host:path`, `ssh://`, `https://`, `http://` or `git://`. Required unless `app_type: none`.',
  }),
  git_deploy_key: key(secret('vault_git_deploy_key'), {
    description: 'Private key that reads the repository.',
    secret: true,
  }),
  git_known_hosts: key(z.array(text()), { description: "known_hosts lines of the repository's host." }),
  ...everywhere,
  ...ports,
  ...variables,
  ...templatesDir,
  backend: key(backendSchema, { description: 'Where the state lies.', default: '{type: local}' }),
  envs: z.record(z.string(), envSchema).meta({ description: 'Its environments.' }),
});

/** The whole inventory. */
export const inventorySchema = z.strictObject({
  proxmox_host: key(
    checked(
      (value) => /^(https:\/\/)?([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:\d+)?\/?$/.test(value),
      'is not a host name, address or https URL',
      'write e.g. pve.example.lan or https://pve.example.lan:8006',
    ),
    { description: 'The Proxmox API: host name, address or https URL.', default: 'PROXMOX_VE_ENDPOINT' },
  ),
  proxmox_port: key(port(), { description: 'Its port, where the URL has none.', default: '8006' }),
  proxmox_user: key(
    checked(
      (value) => /^[^\s:/!]+@[A-Za-z][A-Za-z0-9._-]+$/.test(value),
      'is not a Proxmox user',
      'write name@realm, e.g. terraform@pve',
    ),
    { description: 'Proxmox user.', default: 'PROXMOX_VE_USERNAME' },
  ),
  proxmox_password: key(secret('vault_proxmox_password'), {
    description: "The user's password.",
    default: 'PROXMOX_VE_PASSWORD',
    secret: true,
  }),
  proxmox_token_id: key(
    checked(
      (value) => /^[^\s:/!]+@[A-Za-z][A-Za-z0-9._-]+![A-Za-z][A-Za-z0-9._-]+$/.test(value),
      'is not a Proxmox token',
      'write user@realm!id, e.g. terraform@pve!pvestack',
    ),
    { description: 'API token.', default: 'PROXMOX_VE_API_TOKEN' },
  ),
  proxmox_token_secret: key(secret('vault_proxmox_token_secret'), {
    description: "The token's secret.",
    default: 'PROXMOX_VE_API_TOKEN',
    secret: true,
  }),
  proxmox_insecure: key(bool(), { description: "Do not verify the API's certificate.", default: 'false' }),
  proxmox_ca_file: key(text(), {
    description:
      'CA certificate of the API. The provider reads it from SSL_CERT_FILE: export that, too; the plan says so where it is missing.',
  }),
  ...everywhere,
  ...templatesDir,
  backend: key(backendSchema, { description: 'Where the state lies.', default: '{type: local}' }),
  app_projects: z.record(z.string(), projectSchema).meta({ description: 'The projects.' }),
});

/** An inventory as written. */
export type InventoryInput = z.infer<typeof inventorySchema>;
/** A project as written. */
export type ProjectInput = z.infer<typeof projectSchema>;
/** An environment as written. */
export type EnvInput = z.infer<typeof envSchema>;
