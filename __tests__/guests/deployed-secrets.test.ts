import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { CREDENTIALS, inventoryWithSecrets, STACK, VALUES } from '../support/all-secrets';
import { AppRepository, git } from '../support/app-fixture';
import {
  PYTHON_BAKED,
  PYTHON_TEMPLATES,
  servePrivately,
  sshd,
  type PrivateRepository,
} from '../support/pote-fixture';
import { realGuests, useRealLab } from '../support/real-lab';
import { command, describeWith, providers } from '../support/requirements';
import { Secrets, type Finding } from '../support/secrets';

// The first test of a machine builds the base image.
jest.setTimeout(900_000);

/** What layers bring to the guest. */
const OF_LAYERS = ['vault_db', 'vault_deploy_key', 'vault_registry', 'vault_session'];
const needs = [realGuests, providers, git, sshd, command('curl'), command('ssh-keygen')];

/** The secrets on the guest itself are the subject of guest-secrets.test.ts. */
describeWith(needs, 'a deploy on a real guest with a secret under every key', () => {
  const lab = useRealLab({ lab: PYTHON_BAKED });
  const repository = new AppRepository('dev', {
    'requirements.txt': '',
    'health_check.py': 'import os\nassert os.environ["SESSION_SECRET"]\n',
  });
  let source: PrivateRepository;
  let values: Record<string, string> = {};
  /** All values that there ever were. */
  const before: Record<string, string> = {};
  let secrets = new Secrets({});
  let tmp: string;
  let found: Finding[] = [];

  /** Gives new secrets; those before are searched for as well. */
  const give = (more: Record<string, string>, generation: string): void => {
    values = { ...values, ...more };
    for (const [name, value] of Object.entries(more)) before[`${name}${generation}`] = value;
    secrets = new Secrets(before);
  };
  beforeAll(async () => {
    source = await servePrivately(lab, repository);
    tmp = path.join(lab.workspace.root, 'tmp');
    mkdirSync(tmp);
    const own = { vault_deploy_key: source.newKey(), ssh_private_key: readFileSync(lab.privateKey, 'utf8') };
    const others = Object.entries(VALUES).filter(([name]) => name !== 'vault_password');
    give({ ...Object.fromEntries(others), ...own }, '');
    source.allowOnly(own.vault_deploy_key);
    delete lab.workspace.env['PROXMOX_VE_API_TOKEN'];
    lab.workspace.env['TMPDIR'] = tmp;
  });
  afterAll(() => {
    source.stop();
    repository.remove();
  });

  /** By this hash a state knows that a secret has changed. */
  const trigger = (name: string): string =>
    createHash('sha256')
      .update(`${STACK}/${name}/${values[name] ?? ''}`)
      .digest('hex');
  const find = (text: string): string[] => [
    ...secrets.find(text),
    ...OF_LAYERS.filter((name) => text.includes(trigger(name))).map((name) => `${name} hash`),
  ];
  const look = (place: string, text: string): void => {
    expect(text).not.toBe('');
    const hits = find(text);
    if (hits.length > 0) found.push([place, ...hits]);
  };
  const terraform = async (...args: string[]): Promise<string> => {
    const given = Object.entries(values).map(([name, value]) => [`TF_VAR_${name}`, value]);
    const { code, output } = await lab.workspace.terraform(STACK, args, {
      env: { TF_LOG: 'INFO', ...Object.fromEntries(given) },
    });
    expect([code, output]).toEqual([0, expect.stringContaining('[INFO]')]);
    look(args.join(' '), output);
    return output;
  };
  /** All that was found since the last time. */
  const nothingElse = (...expected: Finding[]): void => {
    look('the log of the API', JSON.stringify(lab.emulator.log.list()));
    expect(readdirSync(tmp).filter((name) => name !== 'terraform-provider-proxmox-id-gen.lock')).toEqual([]);
    const text = lab.workspace.state(STACK);
    const hashes = OF_LAYERS.filter((name) => text.includes(trigger(name))).map((name) => `${name} hash`);
    if (hashes.length > 0) found.push(['state', ...hashes]);
    expect([...found, ...secrets.findInFiles(lab.workspace.root)]).toEqual(expected);
    found = [];
  };

  test('shows them to nobody, and puts into the state what docs/operations.md says', async () => {
    const top = {
      proxmox_host: lab.emulator.url,
      ssh_public_keys: [lab.publicKey],
      guest: { lxc_ostemplate: PYTHON_TEMPLATES[12] },
      ...CREDENTIALS.tokenByVariable[0],
    };
    const project = { repo: source.url, git_known_hosts: [source.knownHost] };
    lab.workspace.synth(inventoryWithSecrets(top, project));
    await terraform('plan');
    await terraform('apply', '-auto-approve');
    expect(await terraform('plan')).toContain('No changes.');
    nothingElse(
      ['state', 'vault_db hash', 'vault_deploy_key hash', 'vault_registry hash', 'vault_session hash'],
      [`state/${STACK}.tfstate`, 'vault_root clear'],
    );
  });

  test('nor when they change: the plan names them', async () => {
    const deployKey = source.newKey();
    source.allowOnly(deployKey);
    give(
      {
        vault_deploy_key: deployKey,
        vault_db: 'fake-Db-Pass-second',
        vault_registry: 'fake-Registry-Token-second',
        vault_session: 'fake-Session-second',
        vault_root: 'fake-Root-Pass-second',
      },
      ' (second)',
    );
    const plan = await terraform('plan');
    const named = [...plan.matchAll(/~ "secret (\w+)" += \(sensitive value\)/g)].map(([, name]) => name);
    // vault_db is in the env file, too.
    expect(named.sort()).toEqual([
      'vault_db',
      'vault_db',
      'vault_deploy_key',
      'vault_registry',
      'vault_session',
    ]);
    await terraform('plan', '-json');
    await terraform('apply', '-auto-approve', '-json');
    expect(await terraform('plan')).toContain('No changes.');
    const health = await lab.ssh('10.0.10.31', 'deploy_app.sh --health && cat /srv/app/.env.dev');
    expect([health.code, health.output]).toEqual([0, expect.stringContaining('fake-Session-second')]);
    nothingElse(
      ['state', 'vault_db hash', 'vault_deploy_key hash', 'vault_registry hash', 'vault_session hash'],
      // The password of a guest that stands is not changed.
      [`state/${STACK}.tfstate`, 'vault_root clear'],
      [`state/${STACK}.tfstate.backup`, 'vault_root clear'],
    );
  });

  test('nor when it is destroyed', async () => {
    await terraform('destroy', '-auto-approve', '-json');
    nothingElse([`state/${STACK}.tfstate.backup`, 'vault_root clear']);
  });
});
