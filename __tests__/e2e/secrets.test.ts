import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { SSH_VARIABLES } from '../../renderers/variables';
import { CREDENTIALS, inventoryWithSecrets, KEYS, secretKeys, STACK, VALUES } from '../support/all-secrets';
import { serveStates } from '../support/http-state';
import { useLab } from '../support/lab';
import { command, describeWith, providers } from '../support/requirements';
import { Secrets, type Finding } from '../support/secrets';
import { runCommand } from '../support/workspace';

jest.setTimeout(300_000);

const PVESTACK = path.join(__dirname, '..', '..', 'bin', 'pvestack.js');
const GUEST = '-target=proxmox_virtual_environment_container.guest';

describe('the secrets of these suites', () => {
  test('are all that an inventory can hold, and all variables that are secret by themselves', () => {
    expect(secretKeys()).toEqual(Object.keys(KEYS).sort());
    const own = SSH_VARIABLES.filter(({ sensitive }) => sensitive).map(({ name }) => name);
    expect(own).toEqual(['ssh_private_key']);
    expect(Object.keys(VALUES)).toEqual(expect.arrayContaining([...Object.values(KEYS), ...own]));
  });

  test('are found in every form in which they may leak', () => {
    const { vault_session: session = '', ssh_private_key: key = '' } = VALUES;
    const secrets = new Secrets({ session, key });
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    expect(secrets.find(`a ${session} b`)).toEqual(['session clear']);
    expect(secrets.find(JSON.stringify({ a: `x${session}` }))).toEqual(['session clear']);
    expect(secrets.find(`'${session.replaceAll("'", "'\\''")}'`)).toEqual(['session clear']);
    expect(secrets.find(encodeURIComponent(session))).toEqual(['session URL-encoded']);
    for (const before of ['', 'x', 'xx', 'xxx']) {
      expect(secrets.find(base64(`${before}${session}!`))).toEqual(['session base64']);
    }
    expect(secrets.find(`\t${key.split('\n')[2] ?? ''}`)).toEqual(['key clear']);
    expect(secrets.find(`nothing of ${session.slice(2)}`)).toEqual([]);
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

  const synth = (
    [top, env]: (typeof CREDENTIALS)[keyof typeof CREDENTIALS],
    more: Record<string, unknown> = {},
  ): void => {
    Object.assign(lab.workspace.env, env);
    lab.workspace.synth(inventoryWithSecrets({ proxmox_host: lab.emulator.url, ...top, ...more }));
  };
  /** Searches a text; an empty one would prove nothing. */
  const look = (place: string, text: string): void => {
    expect(text).not.toBe('');
    const hits = secrets.find(text);
    if (hits.length > 0) found.push([place, ...hits]);
  };
  const terraform = async (...args: string[]): Promise<string> => {
    const { code, output } = await lab.workspace.terraform(STACK, args);
    expect([code, output]).toEqual([0, expect.stringMatching(/\[(INFO|DEBUG)\]/)]);
    look(args.join(' '), output);
    return output;
  };
  /** All that can be done without a guest that runs: see deployed-secrets.test.ts for the rest. */
  const provision = async (): Promise<void> => {
    const { code, output } = await runCommand(
      process.execPath,
      [PVESTACK, 'provision', STACK, '--auto-approve'],
      {
        cwd: lab.workspace.root,
        env: { ...process.env, ...lab.workspace.env, CHECKPOINT_DISABLE: '1' },
      },
    );
    expect([code, output]).toEqual([0, expect.stringContaining('+ guest 331 (shop-dev): a container')]);
    look('pvestack provision', output);
    const sent = lab.emulator.log
      .list()
      .find(({ method, path: to }) => method === 'POST' && to.endsWith('/lxc'));
    expect(sent?.params).toHaveProperty('password', '***');
  };
  const nothingElse = (...expected: Finding[]): void => {
    look('the log of the API', requests.join('\n'));
    look('its last requests', JSON.stringify(lab.emulator.log.list()));
    expect(readdirSync(tmp).filter((name) => name !== 'terraform-provider-proxmox-id-gen.lock')).toEqual([]);
    expect([...found, ...secrets.findInFiles(lab.workspace.root)]).toEqual(expected);
  };

  test.each(['tokenByVariable', 'passwordByVariable'] as const)('%s', async (credentials) => {
    synth(CREDENTIALS[credentials]);
    const { variable } = JSON.parse(lab.workspace.json(STACK)) as {
      variable: Record<string, { sensitive?: boolean }>;
    };
    const sensitive = Object.keys(variable).filter((name) => variable[name]?.sensitive);
    const other = credentials === 'tokenByVariable' ? 'vault_password' : 'vault_token';
    expect([...sensitive, other].sort()).toEqual(Object.keys(VALUES).sort());

    expect(await terraform('plan')).toContain('(sensitive value)');
    await terraform('plan', '-json');
    await provision();
    await terraform('plan');
    nothingElse([`state/${STACK}.tfstate`, 'vault_root clear']);
    await terraform('destroy', '-auto-approve', '-json');
    nothingElse([`state/${STACK}.tfstate.backup`, 'vault_root clear']);
  });

  test.each(['tokenByEnvironment', 'passwordByEnvironment'] as const)('%s', async (credentials) => {
    synth(CREDENTIALS[credentials]);
    await provision();
    nothingElse([`state/${STACK}.tfstate`, 'vault_root clear']);
  });

  test('a state that lies elsewhere, and its password', async () => {
    const password = 'fake-State-Pass-2342';
    const server = await serveStates('states', password);
    try {
      const address = `${server.url}/{stack}`;
      Object.assign(lab.workspace.env, { TF_HTTP_USERNAME: 'states', TF_HTTP_PASSWORD: password });
      synth(CREDENTIALS.tokenByEnvironment, {
        backend: { type: 'http', address, lock_address: address, unlock_address: address },
      });
      await provision();
      look('the state', server.states.get(`/${STACK}`) ?? '');
      nothingElse(['the state', 'vault_root clear']);
      const backend = new Secrets({ password });
      expect(backend.findInFiles(lab.workspace.root)).toEqual([]);
      expect(backend.find(await terraform('plan', '-out=saved.tfplan'))).toEqual([]);
      expect(backend.findInFiles(lab.workspace.root)).toEqual([]);
    } finally {
      await server.stop();
    }
  });

  test('a saved plan holds all of them: docs/operations.md says so', async () => {
    synth(CREDENTIALS.tokenByVariable);
    await terraform('plan', '-out=saved.tfplan');
    await terraform('show', 'saved.tfplan');
    expect(found).toEqual([]);
    const all = Object.keys(VALUES)
      .filter((name) => name !== 'vault_password')
      .map((name) => `${name} clear`)
      .sort();
    await terraform('show', '-json', 'saved.tfplan');
    nothingElse(['show -json saved.tfplan', ...all], [`cdktf.out/stacks/${STACK}/saved.tfplan`, ...all]);
  });

  test('a log of TF_LOG=DEBUG holds what is sent: docs/operations.md says so', async () => {
    synth(CREDENTIALS.tokenByVariable);
    lab.workspace.env['TF_LOG'] = 'DEBUG';
    const command = ['apply', '-auto-approve', GUEST];
    await terraform(...command);
    expect(found).toEqual([[command.join(' '), 'vault_root clear', 'vault_token clear']]);
  });
});
