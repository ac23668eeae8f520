import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isAmbiguous } from '../../inventory/env-value';
import { hasJinja } from '../../inventory/text';
import { encodeEnvValue } from '../../renderers/env-file';
import { AppRepository, BAKED, git, serveGit } from '../support/app-fixture';
import { dotenvReaders, readWithDotenv } from '../support/dotenv-readers';
import { VALUES } from '../support/env-values';
import { realGuests, useRealLab } from '../support/real-lab';
import { describeWith, providers } from '../support/requirements';

// The first test of a machine builds the base images.
jest.setTimeout(900_000);

const STACK = 'app-shop-dev';
const ADDRESS = '10.0.10.41';

/** Jinja would be taken for Jinja, and no inventory holds a byte order mark; a secret may hold both. */
const PLAIN = VALUES.filter((value) => !hasJinja(value) && !value.includes('\ufeff'));

const named = <T>(prefix: string, values: readonly T[]): Record<string, T> =>
  Object.fromEntries(values.map((value, index) => [`${prefix}${index}`, value]));

describeWith([realGuests, providers, git], 'values of env_vars, in the process on a real guest', () => {
  const lab = useRealLab({ lab: BAKED });
  const repository = new AppRepository();
  let stop = (): void => undefined;
  beforeAll(async () => {
    stop = await serveGit(lab, repository);
  });
  afterAll(() => {
    stop();
    repository.remove();
  });

  const synth = (envVars: Record<string, string>, more: Record<string, unknown> = {}): void => {
    // JSON is YAML.
    lab.workspace.synth(
      JSON.stringify({
        proxmox_host: lab.emulator.url,
        ssh_public_keys: [lab.publicKey],
        guest: { lxc_ostemplate: 'local:vztmpl/debian-12-baked_1_amd64.tar.zst' },
        app_projects: {
          shop: {
            repo: 'git://10.0.10.1/app',
            ...more,
            env_vars: envVars,
            plain_env_vars: Object.keys(envVars),
            envs: {
              dev: { name: 'shop-dev', vmid: 341, ip: `${ADDRESS}/24`, gateway: '10.0.10.1', branch: 'dev' },
            },
          },
        },
      }),
    );
  };
  const terraform = (args: readonly string[], variables: Record<string, string> = {}) => {
    const given = Object.entries(variables).map(([name, value]) => [`TF_VAR_${name}`, value]);
    return lab.workspace.terraform(STACK, args, {
      env: { TF_VAR_ssh_private_key_file: lab.privateKey, ...Object.fromEntries(given) },
    });
  };
  const deploy = async (variables?: Record<string, string>): Promise<void> => {
    const { code, output } = await terraform(['apply', '-auto-approve'], variables);
    expect([code, output]).toEqual([0, expect.stringContaining('Apply complete!')]);
  };
  /** The environment of the backend's process, as it says itself. */
  const environment = async (): Promise<Record<string, string>> => {
    const { output } = await lab.exec('curl', ['-sS', '--max-time', '20', `http://${ADDRESS}:3001/env`]);
    return JSON.parse(output) as Record<string, string>;
  };
  /** The lines that a plan takes away and adds, without blanks at their beginnings. */
  const changes = (plan: string): string[] =>
    [...plan.matchAll(/^ +([-+] .*)$/gm)]
      .map(([, line = '']) => line.trim())
      .filter((line) => !/^[-+] (create|destroy)|^\+\/-|known after apply/.test(line));

  test('plain values arrive byte for byte', async () => {
    synth({ ...named('V', PLAIN), NODE_ENV: 'staging' });
    await deploy();
    const found = await environment();
    expect(PLAIN.map((_, index) => found[`V${index}`])).toEqual(PLAIN);
    expect([found['NODE_ENV'], found['PORT']]).toEqual(['staging', '3001']);
    const plan = await terraform(['plan', '-detailed-exitcode']);
    expect([plan.code, plan.output]).toEqual([0, expect.stringContaining('No changes.')]);
    const pwned = await lab.ssh(ADDRESS, 'ls /pwned 2>/dev/null | wc -l');
    expect(pwned.output).toBe('0\n');
  });

  test('a changed value is one line of the JSON and one line of the plan', async () => {
    const before = lab.workspace.json(STACK).split('\n');
    synth({ ...named('V', PLAIN), NODE_ENV: 'testing' });
    const after = lab.workspace.json(STACK).split('\n');
    expect(after.filter((line, index) => line !== before[index])).toEqual([
      expect.stringContaining(`"NODE_ENV='testing'"`),
    ]);
    const { output } = await terraform(['plan']);
    expect(changes(output)).toEqual(["- NODE_ENV='staging'", "+ NODE_ENV='testing'"]);
  });

  test('a changed port shows the lines that carry it', async () => {
    synth({ ...named('V', PLAIN), NODE_ENV: 'staging' }, { backend_port: 3100 });
    const { output } = await terraform(['plan']);
    expect(changes(output)).toEqual([
      '- app-backend.service backend 3001 -',
      '+ app-backend.service backend 3100 -',
      '- Environment=PORT=3001',
      '+ Environment=PORT=3100',
      '- allow 3001/tcp',
      '+ allow 3100/tcp',
    ]);
  });

  test('a changed template shows its lines only', async () => {
    const template = readFileSync(path.join(__dirname, '../../templates/app/common.conf.ejs'), 'utf8');
    const folder = path.join(lab.workspace.root, 'templates');
    mkdirSync(path.join(folder, 'app'), { recursive: true });
    writeFileSync(
      path.join(folder, 'app/common.conf.ejs'),
      template.replace('TimeoutStopSec=20', 'TimeoutStopSec=45'),
    );
    synth({ ...named('V', PLAIN), NODE_ENV: 'staging' }, { templates_dir: 'templates' });
    const { output } = await terraform(['plan']);
    expect(changes(output)).toEqual(['- TimeoutStopSec=20', '+ TimeoutStopSec=45']);
  });

  test('secrets arrive byte for byte, alone and in longer texts', async () => {
    const secrets = named('vault_s', VALUES);
    const around = VALUES.flatMap((value, index) =>
      index % 4 === 0 ? [[`a'$"{{ vault_s${index} }}\${x}\\ `, `a'$"${value}\${x}\\ `] as const] : [],
    );
    const two = VALUES.flatMap((value, index) =>
      index % 40 === 1
        ? [[`{{ vault_s${index} }}{{ vault_s${index - 1} }}`, `${value}${VALUES[index - 1]}`] as const]
        : [],
    );
    const longer = [...around, ...two];
    synth({
      ...named(
        'S',
        VALUES.map((_, index) => `{{ vault_s${index} }}`),
      ),
      ...named(
        'L',
        longer.map(([text]) => text),
      ),
    });
    await deploy(secrets);
    const found = await environment();
    expect(VALUES.map((_, index) => found[`S${index}`])).toEqual(VALUES);
    expect(longer.map((_, index) => found[`L${index}`])).toEqual(longer.map(([, value]) => value));
    const plan = await terraform(['plan', '-detailed-exitcode'], secrets);
    expect([plan.code, plan.output]).toEqual([0, expect.stringContaining('No changes.')]);
  });
});

describeWith([dotenvReaders], 'env files, read by dotenv libraries', () => {
  it('differ from systemd and shells just where the inventory warns', () => {
    const file = (value: string): string => `BEFORE='b'\nX=${encodeEnvValue(value)}\nAFTER='# x'\nLAST=''\n`;
    const read = readWithDotenv(VALUES.map(file));
    const differ = VALUES.filter((value, index) =>
      [read[index]?.node, read[index]?.python].some(
        (found) =>
          found?.['X'] !== value ||
          found['AFTER'] !== '# x' ||
          found['LAST'] !== '' ||
          found['BEFORE'] !== 'b',
      ),
    );
    expect(differ).toEqual(VALUES.filter(isAmbiguous));
  });
});
