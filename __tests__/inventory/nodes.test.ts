import { added, changed, MINIMAL, onlyEnv, problems } from './minimal';

const DEV = 'app_projects.pote.envs.dev';

/** The report lines of a text without the file's name. */
function linesOf(text: string, options = {}): string[] {
  return problems(text, options).map((line) => line.replace(/^inventory\.yml:/, ''));
}

describe('aliases that lead in a circle', () => {
  const CIRCLE = 'is an alias (*) of what it stands in  remove it';
  test.each<[name: string, text: string, line: string]>([
    ['in a map', 'app_projects: &a\n  p: *a\n', `2:6  app_projects.p  ${CIRCLE}`],
    ['in a list', 'packages: &a [git, *a]\napp_projects: {}\n', `1:20  packages.1  ${CIRCLE}`],
    [
      'far below',
      'app_projects: &a\n  p:\n    envs: {dev: *a}\n',
      `3:17  app_projects.p.envs.dev  ${CIRCLE}`,
    ],
    ['by a merge key', 'app_projects: &a\n  p: {<<: *a}\n', `2:11  app_projects.p.<<  ${CIRCLE}`],
  ])('%s', (_name, text, line) => {
    expect(linesOf(text)).toEqual([line]);
  });
});

describe('merge keys that merge no map', () => {
  const MERGE = 'merges (<<) something that is not a map  write <<: *name, where &name stands at a map';
  test.each<[text: string, line: string]>([
    [added('env', '<<: 5'), `6:9  ${DEV}.<<  ${MERGE}`],
    [added('env', '<<:'), `6:9  ${DEV}.<<  ${MERGE}`],
    [added('env', 'guest: {<<: [{cores: 3}, text]}'), `6:17  ${DEV}.guest.<<  ${MERGE}`],
    [`packages: &list [git]\n${added('env', 'guest:', '  <<: *list')}`, `8:11  ${DEV}.guest.<<  ${MERGE}`],
  ])('%j', (text, line) => {
    expect(linesOf(text)).toEqual([line]);
  });

  test('a list of maps is merged, the first wins; "<<" in quotes is a name as any other', () => {
    const text = added('env', 'guest: {<<: [{cores: 3}, {cores: 4, memory: 512}]}');
    expect(onlyEnv(text).guest).toMatchObject({ cores: 3, memory: 512 });
    expect(linesOf(added('env', 'env_vars: {"<<": {A: x}}'))).toEqual([
      `6:20  ${DEV}.env_vars.<<  is a map, not one text  write it as the application reads it: JSON in single quotes, e.g. '{"a": true}', or "a,b"`,
    ]);
  });
});

describe('keys that are no texts', () => {
  const KEY =
    'has a key that is not a text  write a text before the colon, in quotes where YAML would read it as something else';
  test.each<[text: string, line: string]>([
    ['? [a, b]\n: c\n', `1:3  (top)  ${KEY}`],
    ['app_projects:\n  ? {a: b}\n  : c\n', `2:5  app_projects  ${KEY}`],
    ['app_projects:\n  null: {}\n', `2:3  app_projects.null  ${KEY}`],
    ['app_projects:\n  : {}\n', `2:3  app_projects.null  ${KEY}`],
  ])('%j', (text, line) => {
    expect(linesOf(text)).toEqual([line]);
  });

  test('numbers and booleans are read as they are shown', () => {
    expect(linesOf(added('env', 'env_vars: {7: x, true: y}'))).toEqual([
      `6:20  ${DEV}.env_vars.7  is not the name of an environment variable  use letters, digits and _, not beginning with a digit`,
    ]);
  });

  test('nothing of them is printed beside the report', () => {
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    problems('? [s3cr3t-marker]\n: c\n');
    problems(added('env', 'env_vars: {A: {{ s3cr3t_marker }}}'));
    expect(warned).not.toHaveBeenCalled();
    warned.mockRestore();
  });
});

describe('a vault reference without quotes, which YAML reads as a map in a map', () => {
  const UNQUOTED =
    'holds {{ }} without quotes, which YAML reads as a map  write "{{ vault_name }}", in quotes';
  test.each<[text: string, lines: string[]]>([
    [added('top', 'proxmox_node: {{ vault_node }}'), [`1:15  proxmox_node  ${UNQUOTED}`]],
    [changed('vmid: 201', 'vmid: {{ vault_vmid }}'), [`7:15  ${DEV}.vmid  ${UNQUOTED}`]],
    [added('env', 'env_vars:', '  A: {{ vault_a }}'), [`7:14  ${DEV}.env_vars.A  ${UNQUOTED}`]],
    [added('top', 'packages:', '  - git', '  - {{ vault_a }}'), [`3:5  packages.1  ${UNQUOTED}`]],
    [
      added('top', "proxmox_node: {{ vault_node | default('pve') }}", 'packages: 7'),
      [
        `1:15  proxmox_node  ${UNQUOTED}`,
        '2:1  packages  is a number, not a list  write a list: one "- item" per line',
      ],
    ],
    [
      added('top', 'proxmox_host: {{ vault_host }}:8006'),
      [
        `1:15  proxmox_host  ${UNQUOTED}`,
        '1:31  (top)  YAML: Unexpected scalar at node end  put quotes around a value that begins with {{',
      ],
    ],
  ])('%j', (text, lines) => {
    expect(linesOf(text)).toEqual(lines);
  });
});

describe('tags of YAML whose values are no plain data', () => {
  test.each<[written: string, tag: string]>([
    ['!!binary aGVsbG8=', 'binary'],
    ['!!set {a, b}', 'set'],
    ['!!omap [a: 1]', 'omap'],
    ['!!timestamp 2026-01-02', 'timestamp'],
  ])('%s', (written, tag) => {
    const lines = linesOf(added('env', 'env_vars:', `  A: ${written}`));
    expect(lines).toEqual([
      expect.stringMatching(
        new RegExp(
          `^7:\\d+  ${DEV}\\.env_vars\\.A  has the tag !!${tag}, which is not supported  write the value without a tag$`,
        ),
      ),
    ]);
  });

  test('those of the core schema are fine', () => {
    const text = changed('vmid: 201', 'vmid: !!int "201"').replace('name: pote-dev', 'name: !!str pote-dev');
    expect(linesOf(text)).toEqual([]);
    expect(onlyEnv(text).vmid).toBe(201);
  });

  test('a tag at a field is the only thing said of it', () => {
    const VAULT =
      'is encrypted by ansible-vault (!vault), and Terraform cannot decrypt it  write "{{ vault_name }}" and give the value, decrypted, as TF_VAR_vault_name';
    expect(linesOf(changed('vmid: 201', 'vmid: !vault x'))).toEqual([`7:15  ${DEV}.vmid  ${VAULT}`]);
    expect(linesOf(changed('ip: 10.0.10.101/24', 'ip: !vault x'))).toEqual([`8:13  ${DEV}.ip  ${VAULT}`]);
    expect(linesOf(added('project', 'env_vars: {A_KEY: !vault [a, b]}'))).toEqual([
      '3:23  app_projects.pote.env_vars.A_KEY  has an unknown tag (!)  write the value without a tag, or in quotes',
    ]);
  });

  test('an unknown tag hides no other error', () => {
    expect(linesOf(added('top', 'proxmox_node: !mine pve', 'packages: 7'))).toEqual([
      '1:15  proxmox_node  has an unknown tag (!)  write the value without a tag, or in quotes',
      '2:1  packages  is a number, not a list  write a list: one "- item" per line',
    ]);
  });
});

test('of a key that is written twice the last one counts: errors stand there', () => {
  expect(linesOf(changed('branch: dev', 'branch: dev\n        vmid: 7'))).toEqual([
    `11:9  ${DEV}.vmid  is not a VMID from 100 to 999999999  write a whole number from 100 to 999999999`,
    `11:9  ${DEV}.vmid  is written twice (the other: inventory.yml:7:9)  keep one of the two`,
  ]);
});

describe('characters that are no text', () => {
  test.each<[written: string, what: string]>([
    ['"a\\u0085b"', 'holds the control character U+0085  remove it'],
    ['"a\\x7fb"', 'holds the control character U+007F  remove it'],
    ['"a\\rb"', 'holds the control character U+000D  remove it'],
    ['"a\\ud800b"', 'holds U+D800, half of a character  remove it'],
    ['"a\\udc00b"', 'holds U+DC00, half of a character  remove it'],
  ])('%s', (written, what) => {
    expect(linesOf(added('env', `env_vars: {A: ${written}}`))).toEqual([`6:20  ${DEV}.env_vars.A  ${what}`]);
  });

  test.each(['"a\\tb"', '\u{1f980}', '"\\U0001F980"', 'a\u00a0b', 'a\u200db'])('%s is text', (written) => {
    expect(linesOf(added('env', `env_vars: {A: ${written}}`))).toEqual([]);
  });

  test.each<[written: string, shown: string]>([
    ['a\\x1b[2J', 'a\\u001b[2J'],
    ['a\\nb', 'a\\u000ab'],
    ['a\\u009bb', 'a\\u009bb'],
    ['a\\u200bb', 'a\\u200bb'],
    ['a\\u202eb', 'a\\u202eb'],
  ])('in a name they reach no terminal, nor stay unseen: %s', (written, shown) => {
    const lines = linesOf(added('env', `env_vars: {"${written}": x}`));
    expect(lines.map((line) => line.split('  ').slice(0, 2))).toEqual([['6:20', `${DEV}.env_vars.${shown}`]]);
  });
});

test('below a key that is ignored everything of YAML is fine', () => {
  const other = `other:
  ? [a, b]
  : !!set {c}
  null: {{ x }}
  d: !mine e
  f: 1
  f: 2
other: again
`;
  expect(linesOf(`${other}${MINIMAL}`, { allowOtherKeys: true })).toEqual([]);
});

test('lines end as on Windows, too', () => {
  expect(linesOf(MINIMAL.replaceAll('\n', '\r\n'))).toEqual([]);
  expect(linesOf(changed('vmid: 201', 'vmid: 7').replaceAll('\n', '\r\n'))).toEqual([
    `7:9  ${DEV}.vmid  is not a VMID from 100 to 999999999  write a whole number from 100 to 999999999`,
  ]);
});
