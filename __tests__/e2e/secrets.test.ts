import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { DEFAULT_PASSWORD, DEFAULT_TOKEN } from '../../emulator';
import { inventorySchema } from '../../inventory/schema/inventory';
import { SSH_VARIABLES } from '../../renderers/variables';
import { serveStates } from '../support/http-state';
import { useLab } from '../support/lab';
import { command, describeWith, providers } from '../support/requirements';
import { Secrets, type Finding } from '../support/secrets';
import { runCommand } from '../support/workspace';

jest.setTimeout(300_000);

const ROOT = path.join(__dirname, '..', '..');
const STACK = 'app-shop-dev';
const [TOKEN_ID = '', TOKEN_SECRET = ''] = DEFAULT_TOKEN.split('=');

/** A private key that nobody has: its form is right, its content is not. */
const fakeKey = (name: string): string =>
  [
    '-----BEGIN OPENSSH PRIVATE KEY-----',
    ...[1, 2, 3].map((line) => Buffer.from(`fake ${name}, line ${line} of three, no key`).toString('base64')),
    '-----END OPENSSH PRIVATE KEY-----',
    '',
  ].join('\n');

/** A value for every variable that is secret. */
const VALUES: Record<string, string> = {
  vault_token: TOKEN_SECRET,
  vault_password: DEFAULT_PASSWORD,
  vault_root: 'fake-Root-Pass-4711',
  vault_deploy_key: fakeKey('deploy'),
  vault_db: 'fake-Db-Pass-%41-0815',
  vault_session: `fake "session" 'secret' $& <\\> + ü`,
  ssh_private_key: fakeKey('ssh'),
};

/** By the key of the inventory, the variable that brings it here. */
const KEYS: Record<string, string> = {
  proxmox_password: 'vault_password',
  proxmox_token_secret: 'vault_token',
  git_deploy_key: 'vault_deploy_key',
  'guest.lxc_password': 'vault_root',
  'postgresql.password': 'vault_db',
};

const reference = (key: string): string => `{{ ${KEYS[key] ?? ''} }}`;

/** An inventory with a secret under every key that takes one. */
function inventory(top: Record<string, unknown>): string {
  return JSON.stringify({
    ...top,
    guest: { lxc_password: reference('guest.lxc_password'), allow_password_in_state: true },
    app_projects: {
      shop: {
        app_type: 'python',
        data: 'disposable',
        repo: 'ssh://git@git.example.lan/team/shop.git',
        git_deploy_key: reference('git_deploy_key'),
        git_known_hosts: [
          'git.example.lan ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExample',
        ],
        postgresql: { password: reference('postgresql.password') },
        env_vars: {
          SESSION_SECRET: '{{ vault_session }}',
          DATABASE_URL: 'postgresql://shop:{{ vault_db }}@localhost/shop',
        },
        envs: {
          dev: { name: 'shop-dev', vmid: 301, ip: '10.0.10.31/24', gateway: '10.0.10.1', branch: 'dev' },
        },
      },
    },
  });
}

/** The credentials of the API, in each way in which they can be given. */
const CREDENTIALS = {
  'a token by variable': {
    top: { proxmox_token_id: TOKEN_ID, proxmox_token_secret: reference('proxmox_token_secret') },
    env: {},
  },
  'a password by variable': {
    top: { proxmox_user: 'root@pam', proxmox_password: reference('proxmox_password') },
    env: {},
  },
  'a token by the environment': { top: {}, env: { PROXMOX_VE_API_TOKEN: DEFAULT_TOKEN } },
  'a password by the environment': {
    top: {},
    env: { PROXMOX_VE_USERNAME: 'root@pam', PROXMOX_VE_PASSWORD: DEFAULT_PASSWORD },
  },
};

/** Keys of the inventory's schema that are secrets, e.g. `guest.lxc_password`. */
function secretKeys(): string[] {
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
  walk(z.toJSONSchema(inventorySchema, { io: 'input', reused: 'inline' }), []);
  return [...found].sort();
}

describe('the secrets of these suites', () => {
  test('are all that an inventory can hold, and all that a stack asks for', () => {
    expect(secretKeys()).toEqual(Object.keys(KEYS).sort());
    expect(SSH_VARIABLES.filter(({ sensitive }) => sensitive).map(({ name }) => name)).toEqual([
      'ssh_private_key',
    ]);
  });

  test('are found in every form in which they may leak', () => {
    const secrets = new Secrets({
      session: VALUES['vault_session'] ?? '',
      key: VALUES['ssh_private_key'] ?? '',
    });
    const session = VALUES['vault_session'] ?? '';
    const key = VALUES['ssh_private_key'] ?? '';
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    expect(secrets.find(`a ${session} b`)).toEqual(['session clear']);
    expect(secrets.find(JSON.stringify({ a: `x${session}` }))).toEqual(['session clear']);
    expect(secrets.find(encodeURIComponent(session))).toEqual(['session URL-encoded']);
    for (const before of ['', 'x', 'xx', 'xxx']) {
      expect(secrets.find(base64(`${before}${session}!`))).toEqual(['session base64']);
    }
    expect(secrets.find(`\t${key.split('\n')[2] ?? ''}`)).toEqual(['key clear']);
    expect(secrets.find('nothing')).toEqual([]);
  });
});

const requests: string[] = [];

describeWith([providers, command('curl')], 'no secret shows', () => {
  const lab = useLab({ log: (line) => requests.push(line) });
  const secrets = new Secrets(VALUES);
  let found: Finding[];
  let tmp: string;

  beforeEach(() => {
    requests.length = 0;
    found = [];
    tmp = path.join(lab.workspace.root, 'tmp');
    mkdirSync(tmp);
    delete lab.workspace.env['PROXMOX_VE_API_TOKEN'];
    for (const [name, value] of Object.entries(VALUES)) lab.workspace.env[`TF_VAR_${name}`] = value;
    // There is no guest to be looked at.
    Object.assign(lab.workspace.env, { TMPDIR: tmp, TF_LOG: 'INFO', TF_VAR_look_at_guest: 'false' });
  });

  /** Searches a text; an empty one would prove nothing. */
  const look = (place: string, text: string): void => {
    expect(text).not.toBe('');
    const hits = secrets.find(text);
    if (hits.length > 0) found.push([place, ...hits]);
  };
  const terraform = async (...args: string[]): Promise<string> => {
    const { code, output } = await lab.workspace.terraform(STACK, args);
    expect([code, output]).toEqual([0, expect.stringContaining('[INFO]')]);
    look(args.join(' '), output);
    return output;
  };
  /** What `appstack provision` does, which is all that these guests can have done to them. */
  const provision = async (): Promise<void> => {
    const { code, output } = await runCommand(
      process.execPath,
      [path.join(ROOT, 'bin', 'appstack.js'), 'provision', STACK, '--auto-approve'],
      { cwd: lab.workspace.root, env: { ...process.env, ...lab.workspace.env, CHECKPOINT_DISABLE: '1' } },
    );
    expect([code, output]).toEqual([0, expect.stringContaining('guest will be created')]);
    look('appstack provision', output);
  };

  test.each(Object.entries(CREDENTIALS))('%s', async (_name, { top, env }) => {
    Object.assign(lab.workspace.env, env);
    lab.workspace.synth(inventory({ proxmox_host: lab.emulator.url, ...top }));
    const { variable } = JSON.parse(lab.workspace.json(STACK)) as {
      variable: Record<string, { sensitive?: boolean }>;
    };
    const sensitive = Object.keys(variable).filter((name) => variable[name]?.sensitive);
    expect(Object.keys(VALUES)).toEqual(expect.arrayContaining(sensitive));
    expect(sensitive).toEqual(expect.arrayContaining(['vault_db', 'vault_session', 'ssh_private_key']));

    const plan = await terraform('plan');
    expect(plan).toContain('(sensitive value)');
    await terraform('plan', '-json');
    await provision();
    await terraform('plan');
    // The password did travel, and to nobody else.
    const sent = lab.emulator.log
      .list()
      .find(({ method, path: to }) => method === 'POST' && to.endsWith('/lxc'));
    expect(sent?.params).toHaveProperty('password', '***');
    await terraform('destroy', '-auto-approve', '-json');

    look('the request log', requests.join('\n'));
    look('the requests', JSON.stringify(lab.emulator.log.list()));
    expect(readdirSync(tmp)).toEqual([]);
    expect([...found, ...secrets.findInFiles(lab.workspace.root)]).toEqual([
      ['state/app-shop-dev.tfstate.backup', 'vault_root clear'],
    ]);
  });

  test('but in a saved plan, which holds all of them', async () => {
    const { top } = CREDENTIALS['a token by variable'];
    lab.workspace.synth(inventory({ proxmox_host: lab.emulator.url, ...top }));
    await terraform('plan', '-out=saved.tfplan');
    await terraform('show', 'saved.tfplan');
    const all = Object.keys(VALUES)
      .filter((name) => name !== 'vault_password')
      .map((name) => `${name} clear`)
      .sort();
    expect(found).toEqual([]);
    await terraform('show', '-json', 'saved.tfplan');
    expect(found).toEqual([['show -json saved.tfplan', ...all]]);
    expect(secrets.findInFiles(lab.workspace.root)).toEqual([
      [`cdktf.out/stacks/${STACK}/saved.tfplan`, ...all],
    ]);
  });

  test('but in the log of TF_LOG=DEBUG', async () => {
    lab.workspace.synth(
      inventory({ proxmox_host: lab.emulator.url, ...CREDENTIALS['a token by variable'].top }),
    );
    lab.workspace.env['TF_LOG'] = 'DEBUG';
    const target = '-target=proxmox_virtual_environment_container.guest';
    await terraform('apply', '-auto-approve', target);
    expect(found).toEqual([]);
  });

  test('the password of the http backend', async () => {
    const password = 'fake-State-Pass-2342';
    const server = await serveStates('states', password);
    const backend = new Secrets({ ...VALUES, TF_HTTP_PASSWORD: password });
    try {
      Object.assign(lab.workspace.env, CREDENTIALS['a token by the environment'].env, {
        TF_HTTP_USERNAME: 'states',
        TF_HTTP_PASSWORD: password,
      });
      const address = `${server.url}/{stack}`;
      lab.workspace.synth(
        inventory({
          proxmox_host: lab.emulator.url,
          backend: { type: 'http', address, lock_address: address, unlock_address: address },
        }),
      );
      const target = '-target=proxmox_virtual_environment_container.guest';
      const outputs = [
        await terraform('init'),
        await terraform('plan', '-out=saved.tfplan'),
        await terraform('apply', '-auto-approve', target),
        await terraform('destroy', '-auto-approve'),
      ];
      expect(outputs.flatMap((output) => backend.find(output))).toEqual([]);
      expect(backend.find(server.states.get(`/${STACK}`) ?? '')).toEqual([]);
      expect(backend.findInFiles(lab.workspace.root)).toEqual([]);
    } finally {
      await server.stop();
    }
  });
});
