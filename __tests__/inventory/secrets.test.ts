import { RULES } from '../../inventory/values/rules';
import { REFUSED_VALUES } from '../support/env-values';
import { added, MINIMAL, onlyEnv, problems } from './minimal';

const MARKER = 's3cr3t-marker';
const VARS = 'app_projects.pote.envs.dev.env_vars';

/** Reads the minimal inventory with one variable of the env. */
function variable(name: string, value: string, ...more: string[]): string[] {
  return problems(added('env', 'env_vars:', `  ${name}: ${value}`, ...more));
}

/** What is said of a literal in a variable that looks secret. */
function refused(name: string): string {
  const reference = `vault_pote_dev_${name.toLowerCase()}`;
  return (
    `inventory.yml:7:11  ${VARS}.${name}  looks like a secret written in clear  ` +
    `write "{{ ${reference} }}" and give it as TF_VAR_${reference}, or list ${name} in plain_env_vars`
  );
}

describe('names of secrets', () => {
  test.each([
    'PASSWORD',
    'DB_PASSWORD',
    'db_password',
    'PASSWORD_FILE',
    'DB_PASSWD',
    'DB_PASS',
    'PASS',
    'PASSPHRASE',
    'DB_PWD',
    'SECRET',
    'CLIENT_SECRET_2',
    'TOKEN',
    'AUTH_TOKENS',
    'CREDENTIALS',
    'KEY',
    'API_KEY',
    'api_key',
    'apiKey',
    'APIKEY',
    'AccessKey',
  ])('%s takes no literal', (name) => {
    expect(variable(name, MARKER)).toEqual([refused(name)]);
  });

  test.each([
    'LOG_LEVEL',
    'KEYBOARD',
    'MONKEY',
    'COMPASS',
    'BYPASS',
    'PASSENGERS',
    'KEY_COUNT',
    'ACCESS_KEY_ID',
    'PATHS',
  ])('%s takes one', (name) => {
    expect(variable(name, 'x')).toEqual([]);
  });

  test.each<[written: string]>([['"{{ vault_a }}"'], ['"prefix-{{ vault_a }}"'], ['""']])(
    'API_KEY: %s is fine',
    (written) => {
      expect(variable('API_KEY', written)).toEqual([]);
    },
  );

  test.each(['12345', '1.10', 'true'])('API_KEY: %s is a literal as well', (written) => {
    expect(variable('API_KEY', written)).toEqual([refused('API_KEY')]);
  });

  test.each([
    ['ACCESS_TOKEN_EXPIRE_MINUTES', '11520'],
    ['PASSWORD_MIN_LENGTH', '12'],
    ['MIN_PASSWORD', '12'],
    ['MAX_TOKENS', '4096'],
    ['TOKEN_TEMPERATURE', '0.7'],
    ['PASSWORD_RESET_TIMEOUT', '3d'],
    ['TOKEN_LIFETIME', '"15 minutes"'],
    ['JWT_SECRET_ROTATION', '1h30m'],
    ['REFRESH_TOKEN_TTL', 'P7D'],
    ['SECRET_FILE', '/run/x'],
    ['SECRETS_PATH', '~/secrets'],
    ['CREDENTIALS_DIR', './conf/credentials'],
    ['TOKEN_FILE', '/run/secrets/app.token'],
    ['USE_TOKEN', 'true'],
    ['PASSWORD_LOGIN', '"off"'],
  ])('%s: %s is about a secret, and none', (name, written) => {
    expect(variable(name, written)).toEqual([]);
  });

  test.each([
    ['DB_PASSWORD', '"123456"'],
    ['DB_PASS', '4711'],
    ['DB_PASSWORD', '/run/x'],
    ['SECRET', 'true-love'],
    ['TOKEN', '3days-left'],
    ['TOKEN', '/9j4AAQSkZJRgABAQAAAQABAADFakeFakeFakeFakeFake'],
    ['TOKEN', '/abc+def='],
    ['AUTH_TOKEN', 'a1b2c3'],
  ])('%s: %s may be one', (name, written) => {
    expect(variable(name, written)).toEqual([refused(name)]);
  });

  test('a variable of the project suggests a name of the project', () => {
    expect(problems(added('project', `env_vars: {API_KEY: ${MARKER}}`))).toEqual([
      'inventory.yml:3:16  app_projects.pote.env_vars.API_KEY  looks like a secret written in clear  ' +
        'write "{{ vault_pote_api_key }}" and give it as TF_VAR_vault_pote_api_key, or list API_KEY in plain_env_vars',
    ]);
  });
});

describe('URLs with credentials', () => {
  test.each([
    `postgresql://pote:${MARKER}@localhost/pote`,
    `https://u:${MARKER}@git.example.lan`,
    `see redis://:${MARKER}@10.0.10.9:6379/0`,
    `postgresql://{{ vault_user }}:${MARKER}@localhost/pote`,
    `a://u:{{ vault_a }}@h b://u:${MARKER}@h`,
  ])('DATABASE_URL: %s is refused', (url) => {
    expect(variable('DATABASE_URL', `"${url}"`)).toEqual([refused('DATABASE_URL')]);
  });

  test.each([
    'postgresql://pote@localhost/pote',
    'postgresql://pote:{{ vault_a }}@localhost/pote',
    'postgresql://{{ vault_a }}@localhost/pote',
    'http://10.0.10.111:3001/a@b',
    'http://git.example.lan:3001',
    'a:b@c',
  ])('DATABASE_URL: %s is fine', (url) => {
    expect(variable('DATABASE_URL', `"${url}"`)).toEqual([]);
  });
});

describe('plain_env_vars', () => {
  test('allows a literal on the env', () => {
    const text = added('env', 'env_vars: {PUBLIC_KEY: abc}', 'plain_env_vars: [PUBLIC_KEY]');
    expect(problems(text)).toEqual([]);
    expect(onlyEnv(text).app.envVars).toEqual({
      PUBLIC_KEY: { parts: ['abc'], secret: true, rule: RULES.envValue },
    });
  });

  test('of a project holds for its envs', () => {
    const text = added('project', 'plain_env_vars: [PUBLIC_KEY]').replace(
      'branch: dev',
      'branch: dev\n        env_vars: {PUBLIC_KEY: abc}',
    );
    expect(problems(text)).toEqual([]);
  });

  test('of an env does not hold for the project', () => {
    const text = added('project', 'env_vars: {PUBLIC_KEY: abc}').replace(
      'branch: dev',
      'branch: dev\n        plain_env_vars: [PUBLIC_KEY]',
    );
    expect(problems(text)).toEqual([
      'inventory.yml:3:16  app_projects.pote.env_vars.PUBLIC_KEY  looks like a secret written in clear  ' +
        'write "{{ vault_pote_public_key }}" and give it as TF_VAR_vault_pote_public_key, or list PUBLIC_KEY in plain_env_vars',
    ]);
  });

  test('is exact, and names only what is there', () => {
    expect(variable('API_KEY', MARKER, 'plain_env_vars: [api_key, toString]')).toEqual([
      refused('API_KEY'),
      'inventory.yml:8:26  app_projects.pote.envs.dev.plain_env_vars.0  names no variable of env_vars here  remove it or mend its name',
      'inventory.yml:8:35  app_projects.pote.envs.dev.plain_env_vars.1  names no variable of env_vars here  remove it or mend its name',
    ]);
  });
});

describe('names of variables', () => {
  const NAME =
    'is not the name of an environment variable  use letters, digits and _, not beginning with a digit';
  test.each<[name: string, meant: string | undefined]>([
    ['9LIVES', undefined],
    ['a-b', 'a_b'],
    ['MY-SERVICE.URL', 'MY_SERVICE_URL'],
    ['a b', 'a_b'],
    ['Ä', undefined],
  ])('%s is none', (name, meant) => {
    const said = meant === undefined ? NAME : NAME.replace(/use .*/, `write ${meant}: letters, digits and _`);
    expect(variable(name, 'x')).toEqual([`inventory.yml:7:11  ${VARS}.${name}  ${said}`]);
  });

  test.each([
    [
      'PATH',
      'write the program with its path, or give it to the program alone: backend_start: PATH=… npm start',
    ],
    ['HOME', 'whose home is /var/lib/app'],
    ['LD_PRELOAD', 'give it to the program alone: backend_start: LD_PRELOAD=… npm start'],
    ['NODE_OPTIONS', 'backend_start: NODE_OPTIONS=… npm start'],
    ['PYTHONPATH', 'service_start of a Python application'],
    ['LISTEN_FDS', 'choose another name'],
    ['BASH_ENV', 'choose another name'],
  ])('%s is refused', (name, fix) => {
    const said = variable(name, 'x');
    expect(said).toEqual([
      expect.stringContaining(
        `inventory.yml:7:11  ${VARS}.${name}  would change how the process is started  `,
      ),
    ]);
    expect(said).toEqual([expect.stringContaining(fix)]);
  });

  test.each([
    ['PORT', 'write port of the service (backend_port, frontend_port): each process gets its own as PORT'],
    ['npm_config_cache', "remove it: npm's cache is where the application, or a build, may write"],
  ])('%s is set by the tool', (name, fix) => {
    expect(variable(name, 'x')).toEqual([
      `inventory.yml:7:11  ${VARS}.${name}  is set by this tool itself  ${fix}`,
    ]);
  });

  test.each(['constructor', 'toString'])('%s is a name as any other', (name) => {
    expect(variable(name, 'x')).toEqual([]);
  });

  test('NODE_ENV is there to be overridden', () => {
    expect(variable('NODE_ENV', 'staging')).toEqual([]);
  });

  test.each(['"a\\nb\\n"', '"\\t"', '"x {{ vault_x }}\\n"'])('%s arrives as it is', (value) => {
    expect(variable('A', value)).toEqual([]);
  });

  test.each(REFUSED_VALUES.map(([value, why]) => [value.slice(0, 9), value, why] as const))(
    '%j is refused',
    (_shown, value, why) => {
      // JSON is YAML, but for NUL.
      const [found, ...others] = variable('A', JSON.stringify(`{{ vault_x }}${value}`));
      expect([found, others]).toEqual([expect.stringMatching(why), []]);
    },
  );

  test.each(['"it\'s $5"', '"${HOME}"', '"C:\\\\\\\\x\\\\"'])(
    'a warning of %s, which dotenv libraries read otherwise',
    (value) => {
      expect(variable('A', value)).toEqual([
        expect.stringContaining(
          `inventory.yml:7:11  ${VARS}.A  warning: arrives as written, but a dotenv library`,
        ),
      ]);
    },
  );

  test('a private key is a secret, whatever its name', () => {
    expect(variable('TLS', '"-----BEGIN PRIVATE KEY-----\\nx"')).toEqual([
      expect.stringContaining(`inventory.yml:7:11  ${VARS}.TLS  looks like a secret written in clear`),
    ]);
  });
});

describe('fields that take only a vault reference', () => {
  test.each<[text: string, line: string]>([
    [
      added('top', 'proxmox_user: terraform@pve', `proxmox_password: ${MARKER}`),
      '2:1  proxmox_password  is a secret written in clear  ' +
        'write "{{ vault_proxmox_password }}" and give it as TF_VAR_vault_proxmox_password',
    ],
    [
      added('top', 'proxmox_token_id: terraform@pve!pvestack', `proxmox_token_secret: ${MARKER}`),
      '2:1  proxmox_token_secret  is a secret written in clear  ' +
        'write "{{ vault_proxmox_token_secret }}" and give it as TF_VAR_vault_proxmox_token_secret',
    ],
    [
      added('project', `git_deploy_key: ${MARKER}`),
      '3:5  app_projects.pote.git_deploy_key  is a secret written in clear  ' +
        'write "{{ vault_git_deploy_key }}" and give it as TF_VAR_vault_git_deploy_key',
    ],
    [
      added('env', `guest: {allow_password_in_state: true, lxc_password: ${MARKER}}`),
      '6:48  app_projects.pote.envs.dev.guest.lxc_password  is a secret written in clear  ' +
        'write "{{ vault_lxc_password }}" and give it as TF_VAR_vault_lxc_password',
    ],
    [
      added('project', `git_deploy_key: "{{ vault_a | default('${MARKER}') }}"`),
      '3:5  app_projects.pote.git_deploy_key  has a default, which is a secret written in clear  ' +
        'write "{{ vault_git_deploy_key }}" and give it as TF_VAR_vault_git_deploy_key',
    ],
    [
      added('project', `git_deploy_key: "{{ vault_a | default(${MARKER}) }}"`),
      '3:5  app_projects.pote.git_deploy_key  has a default without quotes, which only Jinja could look up  ' +
        'write "{{ vault_a }}" and give it as TF_VAR_vault_a',
    ],
    [
      added('project', 'git_deploy_key: "{{ deploy_key }}"'),
      '3:5  app_projects.pote.git_deploy_key  holds a name that does not begin with vault_  ' +
        'write "{{ vault_deploy_key }}" and give it as TF_VAR_vault_deploy_key',
    ],
  ])('%j', (text, line) => {
    expect(problems(text)).toEqual([`inventory.yml:${line}`]);
  });
});

test.each(['{{ vault_a }}', "{{ vault_a | default('') }}", 'ops-{{ vault_a }}'])(
  'git_deploy_key: %s is accepted, and a secret',
  (value) => {
    const { deployKey } = onlyEnv(added('project', `git_deploy_key: "${value}"`)).app;
    expect(deployKey).toMatchObject({ secret: true });
  },
);

describe('no report shows a secret', () => {
  const url = `https://u:${MARKER}@git.example.lan/a`;
  test.each<[name: string, text: string]>([
    ['a password', added('top', `proxmox_password: ${MARKER}`)],
    ['a password of the wrong type', added('top', `proxmox_password: [${MARKER}]`)],
    ['a token', added('top', `proxmox_token_secret: ${MARKER}`)],
    ['a token in the id', added('top', `proxmox_token_id: terraform@pve!id=${MARKER}`)],
    ['a user', added('top', `proxmox_user: "u:${MARKER}"`)],
    ['a host', added('top', `proxmox_host: https://u:${MARKER}@pve.example.lan`)],
    ['a deploy key', added('project', `git_deploy_key: ${MARKER}`)],
    ['a repository', MINIMAL.replace('git@git.example.lan:team/pote.git', url)],
    ['a repository, wrong', MINIMAL.replace('git@git.example.lan:team/pote.git', `x${MARKER}`)],
    ['a container password', added('env', `guest: {lxc_password: ${MARKER}}`)],
    ['a variable', added('env', `env_vars: {API_KEY: ${MARKER}}`)],
    ['a variable of the wrong type', added('env', `env_vars: {API_KEY: {a: ${MARKER}}}`)],
    ['a URL', added('env', `env_vars: {DATABASE_URL: "${url}"}`)],
    ['a default', added('env', `env_vars: {A: "{{ vault_a | default('${MARKER}', 1) }}"}`)],
    [
      'conflicting defaults',
      added('env', `env_vars: {A: "{{ vault_a | default('${MARKER}') }}", B: "{{ vault_a }}"}`),
    ],
    ['Jinja', added('env', `env_vars: {A: "{{ lookup('${MARKER}') }}"}`)],
    ['an open reference', added('env', `env_vars: {A: "{{ vault_a ${MARKER}"}`)],
    ['a state URL', added('top', `backend: {type: http, address: "https://u:${MARKER}@h/{stack}"}`)],
    ['a database', added('top', `backend: {type: pg, conn_str: "postgres://u:${MARKER}@h/db"}`)],
    ['a private key', added('top', `ssh_host_key: "-----BEGIN KEY----- ${MARKER}"`)],
    ['a bastion', added('top', `ssh_bastion: {host: "u:${MARKER}@h"}`)],
    ['an enum', added('project', `app_type: ${MARKER}`)],
    ['an inline vault value', added('top', `proxmox_password: !vault ${MARKER}`)],
    ['an alias', added('top', `proxmox_password: *${MARKER}`)],
    ['a tag', added('top', `proxmox_password: !${MARKER}`)],
    ['a directive', added('top', `proxmox_password: %${MARKER}`)],
    ['a wrong escape', added('top', `proxmox_password: "\\q${MARKER}"`)],
    ['an open quote', added('top', `proxmox_password: "${MARKER}`)],
    ['text after a quote', added('top', `proxmox_password: "a" ${MARKER}`)],
    ['a colon', added('top', `proxmox_password: a: ${MARKER}`)],
    ['a comment sign', added('top', `proxmox_password: a\u0000${MARKER}`)],
    ['a block', added('top', `proxmox_password: |${MARKER}`)],
    ['a character that is not NFC', added('env', `env_vars: {API_KEY: "u\u0308${MARKER}"}`)],
  ])('%s', (_name, text) => {
    const report = problems(text).join('\n');
    expect(report).toMatch(/^inventory\.yml:\d+:\d+ {2}/);
    expect(report).not.toContain(MARKER);
  });
});
