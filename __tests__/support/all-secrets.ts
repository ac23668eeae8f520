import * as z from 'zod';
import { DEFAULT_PASSWORD, DEFAULT_TOKEN } from 'proxmox-emulator';
import { schemaOf } from '../../inventory/schema/inventory';
import * as registry from '../../registry';

/** The stack of {@link inventoryWithSecrets}. */
export const STACK = 'app-shop-dev';

const [TOKEN_ID = '', TOKEN_SECRET = ''] = DEFAULT_TOKEN.split('=');

/** A private key that nobody has: its form is right, its content is not. */
const fakeKey = (name: string): string =>
  [
    '-----BEGIN OPENSSH PRIVATE KEY-----',
    ...[1, 2, 3].map((line) => Buffer.from(`fake ${name}, line ${line} of three, no key`).toString('base64')),
    '-----END OPENSSH PRIVATE KEY-----',
    '',
  ].join('\n');

/** A value for every variable of a stack that is secret. */
export const VALUES: Readonly<Record<string, string>> = {
  vault_token: TOKEN_SECRET,
  vault_password: DEFAULT_PASSWORD,
  vault_root: 'fake-Root-Pass-4711',
  vault_deploy_key: fakeKey('deploy'),
  vault_db: 'fake-Db-Pass-%41-0815',
  vault_registry: 'fake-Registry-Token-0916',
  vault_proxy: 'fake-Proxy-Pass-0918',
  vault_session: `fake "session" 'secret' $& <\\> + ü`,
  ssh_private_key: fakeKey('ssh'),
};

/** Every key of an inventory that is a secret, and the variable that brings it here. */
export const KEYS: Readonly<Record<string, string>> = {
  proxmox_password: 'vault_password',
  proxmox_token_secret: 'vault_token',
  git_deploy_key: 'vault_deploy_key',
  'guest.lxc_password': 'vault_root',
  'postgresql.password': 'vault_db',
};

const reference = (key: string): string => `{{ ${KEYS[key] ?? ''} }}`;

/** The credentials of the API, in each way in which they can be given: top-level keys, environment. */
export const CREDENTIALS = {
  tokenByVariable: [
    { proxmox_token_id: TOKEN_ID, proxmox_token_secret: reference('proxmox_token_secret') },
    {},
  ],
  passwordByVariable: [{ proxmox_user: 'root@pam', proxmox_password: reference('proxmox_password') }, {}],
  tokenByEnvironment: [{}, { PROXMOX_VE_API_TOKEN: DEFAULT_TOKEN }],
  passwordByEnvironment: [{}, { PROXMOX_VE_USERNAME: 'root@pam', PROXMOX_VE_PASSWORD: DEFAULT_PASSWORD }],
} as const satisfies Record<string, readonly [Record<string, string>, Record<string, string>]>;

/**
 * An inventory with one env and a secret under every key that takes one, but those of the API.
 * @param top further keys of the top
 * @param project further keys of the project
 * @returns YAML
 */
export function inventoryWithSecrets(
  top: Record<string, unknown>,
  project: Record<string, unknown> = {},
): string {
  return JSON.stringify({
    ...top,
    guest: {
      ...(top['guest'] as object | undefined),
      lxc_password: reference('guest.lxc_password'),
      allow_password_in_state: true,
    },
    app_projects: {
      shop: {
        app_type: 'python',
        // Otherwise nobody may destroy it.
        data: 'disposable',
        repo: 'ssh://git@git.example.lan/team/shop.git',
        git_deploy_key: reference('git_deploy_key'),
        git_known_hosts: [
          'git.example.lan ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExample',
        ],
        postgresql: { password: reference('postgresql.password') },
        env_vars: {
          SESSION_SECRET: '{{ vault_session }}',
          DATABASE_URL: `postgresql://shop:${reference('postgresql.password')}@localhost/shop`,
        },
        proxy: 'http://ci:{{ vault_proxy }}@proxy.example.lan:3128',
        install_env: { NPM_TOKEN: '{{ vault_registry }}' },
        ...project,
        envs: {
          dev: { name: 'shop-dev', vmid: 331, ip: '10.0.10.31/24', gateway: '10.0.10.1', branch: 'dev' },
        },
      },
    },
  });
}

/**
 * The keys of the inventory's schema that are secrets.
 * @returns their names, with those of the maps around them that are no ids: `guest.lxc_password`
 */
export function secretKeys(): string[] {
  const found = new Set<string>();
  const walk = (node: unknown, at: readonly string[]): void => {
    if (typeof node !== 'object' || node === null) return;
    if ('secret' in node && node.secret === true) found.add(at.join('.'));
    for (const [name, value] of Object.entries(node) as [string, object][]) {
      if (name === 'properties') {
        for (const [key, schema] of Object.entries(value)) walk(schema, [...at, key]);
      } else if (name === 'additionalProperties') walk(value, []);
      else if (['anyOf', 'oneOf', 'allOf', 'items'].includes(name)) {
        for (const one of [value].flat()) walk(one, at);
      }
    }
  };
  walk(z.toJSONSchema(schemaOf(registry).inventory, { io: 'input', reused: 'inline' }), []);
  return [...found].sort();
}
