import { display, hasJinja, JinjaError, literal, parseText, type Reference } from '../../inventory/text';
import { added, changed, onlyEnv, problems } from './minimal';

describe('parseText', () => {
  const x: Reference = { variable: 'vault_x' };
  test.each<[text: string, parts: (string | Reference)[]]>([
    ['', []],
    ['plain', ['plain']],
    ['{ not jinja }', ['{ not jinja }']],
    ['}} neither', ['}} neither']],
    ['{{ vault_x }}', [x]],
    ['{{vault_x}}', [x]],
    ['{{\n vault_x\t}}', [x]],
    ['a {{ vault_x }} b', ['a ', x, ' b']],
    ['{{ vault_x }}{{ vault_Y2 }}', [x, { variable: 'vault_Y2' }]],
    ['a{{ vault_x }}b{{ vault_x }}', ['a', x, 'b', x]],
    ["{{ vault_x | default('y') }}", [{ ...x, default: 'y' }]],
    ['{{ vault_x | default("y") }}', [{ ...x, default: 'y' }]],
    ["{{vault_x|default( 'y' )}}", [{ ...x, default: 'y' }]],
    ["{{ vault_x | default('') }}", [{ ...x, default: '' }]],
    [String.raw`{{ vault_x | default('it\'s') }}`, [{ ...x, default: "it's" }]],
    [String.raw`{{ vault_x | default("a\\b") }}`, [{ ...x, default: 'a\\b' }]],
    [`{{ vault_x | default('say "a"') }}`, [{ ...x, default: 'say "a"' }]],
    ['$' + '{vault_x} %{ if true }', ['$' + '{vault_x} %{ if true }']],
  ])('%j', (text, parts) => {
    expect(parseText(text)).toEqual({ parts, secret: false });
  });

  const OTHER = 'holds Jinja that is not a vault reference';
  const STATEMENT = 'holds a Jinja statement, which nothing evaluates here';
  const NAME = 'holds a name that does not begin with vault_';
  const UNQUOTED = `has a default without quotes, which only Jinja could look up: put quotes around the default: "{{ vault_x | default('value') }}"`;
  const OPEN = 'has "{{" without its "}}"';
  test.each<[text: string, what: string]>([
    ['{{ x }}', `${NAME}: write the value itself, or "{{ vault_x }}" and give it as TF_VAR_vault_x`],
    ['{{ }}', OTHER],
    ['{{ vault_ }}', OTHER],
    ['{{ my_vault_x }}', NAME],
    ['{{ db-password }}', `${NAME}: write the value itself, or "{{ vault_db_password }}"`],
    ['{{ vault-pw }}', '"{{ vault_pw }}"'],
    ['{{ vault_x | upper }}', OTHER],
    ['{{ vault_x | default(7) }}', UNQUOTED],
    ['{{ vault_x | default(foo) }}', UNQUOTED],
    ["{{ vault_x | default('a', true) }}", OTHER],
    ["{{ vault_x | default('a) }}", OTHER],
    ['{{ vault_x.y }}', OTHER],
    ["{{ lookup('env', 'X') }}", OTHER],
    ['a {{ vault_x }} {{ y }}', NAME],
    ['{% if true %}', STATEMENT],
    ['{# note #}', STATEMENT],
    ['{{ vault_x }}{% end %}', STATEMENT],
    ['{{ vault_x', OPEN],
    ['{{ vault_x }', OPEN],
    ['{{ vault_x }} {{', OPEN],
  ])('%j is refused', (text, what) => {
    expect(hasJinja(text)).toBe(true);
    expect(() => parseText(text)).toThrow(JinjaError);
    expect(() => parseText(text)).toThrow(what);
  });

  test.each<[text: string, value: string | undefined, shown: string]>([
    ['', '', ''],
    ['a', 'a', 'a'],
    ['{{ vault_x }}', undefined, '$' + '{vault_x}'],
    ["a-{{ vault_x | default('s3cr3t-marker') }}-b", undefined, 'a-$' + '{vault_x}-b'],
  ])('%j: its literal value and how it is shown', (text, value, shown) => {
    expect(literal(parseText(text))).toBe(value);
    expect(display(parseText(text))).toBe(shown);
  });
});

describe('in an inventory', () => {
  test('a reference stands for a text, whole or inside, with and without a default', () => {
    const env = onlyEnv(
      added(
        'env',
        `proxmox_node: "{{ vault_node | default('pve') }}"`,
        'env_vars:',
        '  DATABASE_URL: postgresql://pote:{{ vault_db }}@localhost/pote',
      ),
    );
    expect(env.node).toMatchObject({ parts: [{ variable: 'vault_node', default: 'pve' }], secret: false });
    expect(env.app.envVars['DATABASE_URL']).toMatchObject({
      parts: ['postgresql://pote:', { variable: 'vault_db' }, '@localhost/pote'],
      secret: true,
    });
  });

  const KNOWN =
    'is a vault reference, but has to be known when the inventory is checked  write the value itself';
  test.each<[text: string, lines: string[]]>([
    [
      changed('name: pote-dev', 'name: "{{ vault_name }}"'),
      [`6:9  app_projects.pote.envs.dev.name  ${KNOWN}`],
    ],
    [
      changed('name: pote-dev', 'name: pote-{{ vault_name }}'),
      [`6:9  app_projects.pote.envs.dev.name  ${KNOWN}`],
    ],
    [
      changed('ip: 10.0.10.101/24', `ip: "{{ vault_ip | default('10.0.10.101/24') }}"`),
      [`8:9  app_projects.pote.envs.dev.ip  ${KNOWN}`],
    ],
    [
      changed('gateway: 10.0.10.1', 'gateway: "{{ vault_gateway }}"'),
      [`9:9  app_projects.pote.envs.dev.gateway  ${KNOWN}`],
    ],
    [changed('vmid: 201', 'vmid: "{{ vault_vmid }}"'), [`7:9  app_projects.pote.envs.dev.vmid  ${KNOWN}`]],
    [
      // The names in env_vars are nobody's address.
      added('env', 'env_vars: {name: "{{ vault_name }}", ip: "{{ vault_ip }}"}'),
      [],
    ],
    [
      added('top', 'proxmox_node: "{{ node }}"'),
      [
        '1:1  proxmox_node  holds a name that does not begin with vault_  ' +
          'write the value itself, or "{{ vault_node }}" and give it as TF_VAR_vault_node',
      ],
    ],
    [
      added('top', 'proxmox_node: "{{ vault_a-b }}"'),
      [
        '1:1  proxmox_node  holds Jinja that is not a vault reference  ' +
          `write the value itself, "{{ vault_a_b }}" or "{{ vault_a_b | default('value') }}"`,
      ],
    ],
    [
      added('top', 'packages: ["{{ vault_a | lower }}"]'),
      [
        '1:12  packages.0  holds Jinja that is not a vault reference  ' +
          `write the value itself, "{{ vault_a }}" or "{{ vault_a | default('value') }}"`,
      ],
    ],
    [
      added('env', 'env_vars: {A: "{{ vault_a"}'),
      ['6:20  app_projects.pote.envs.dev.env_vars.A  has "{{" without its "}}"  write "{{ vault_name }}"'],
    ],
    [
      added('env', 'env_vars: {A: "{% if a %}"}'),
      [
        '6:20  app_projects.pote.envs.dev.env_vars.A  holds a Jinja statement, which nothing evaluates here  ' +
          'write the value itself, or "{{ vault_name }}" and give it as TF_VAR_vault_name',
      ],
    ],
    [
      added('top', 'backend: {type: s3, bucket: "{{ vault_bucket }}"}'),
      [
        '1:21  backend.bucket  cannot be a vault reference: Terraform reads the backend before its variables  ' +
          "write the value, or leave it to the backend's own environment variables",
      ],
    ],
    [
      added('env', 'guest: {mac_address: "{{ vault_mac }}"}'),
      [
        '6:17  app_projects.pote.envs.dev.guest.mac_address  is not a unicast MAC address  ' +
          'write six pairs of hex digits, the first pair even: "BC:24:11:00:00:01"',
      ],
    ],
  ])('%j', (text, lines) => {
    expect(problems(text)).toEqual(lines.map((line) => `inventory.yml:${line}`));
  });
});

describe('the default of a variable', () => {
  const twice = (a: string, b: string): string[] =>
    problems(added('env', 'env_vars:', `  A: >-`, `    {{ ${a} }}`, `  B: >-`, `    {{ ${b} }}`));
  const conflict = (variable: string): string[] => [
    `inventory.yml:9:11  app_projects.pote.envs.dev.env_vars.B  gives ${variable} another default than elsewhere ` +
      '(the other: inventory.yml:7:11)  write the same default in both, or none',
  ];

  test.each([
    ["vault_a | default('1')", "vault_a | default('1')"],
    ["vault_a | default('1')", 'vault_a|default("1")'],
    ["vault_a | default('1')", "vault_b | default('2')"],
    ['vault_a', 'vault_a'],
  ])('%s and %s go together', (a, b) => {
    expect(twice(a, b)).toEqual([]);
  });

  test.each([
    ["vault_a | default('1')", "vault_a | default('2')"],
    ["vault_a | default('1')", 'vault_a'],
    ["vault_a | default('')", 'vault_a'],
  ])('%s and %s conflict', (a, b) => {
    expect(twice(a, b)).toEqual(conflict('vault_a'));
  });

  test('conflicts within one value, too', () => {
    const text = `"{{ vault_a | default('1') }}-{{ vault_a | default('2') }}"`;
    expect(problems(added('env', `env_vars: {A: ${text}}`))).toEqual([
      'inventory.yml:6:20  app_projects.pote.envs.dev.env_vars.A  gives vault_a another default than elsewhere ' +
        '(the other: inventory.yml:6:20)  write the same default in both, or none',
    ]);
  });
});
