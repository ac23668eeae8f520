import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { loadInventory } from '../../inventory/load';
import * as registry from '../../registry';
import { InventoryError } from '../../inventory/problem';
import { added, changed, inventoryOf, MINIMAL, problems, read } from './minimal';

test('the minimal inventory is accepted without a doubt', () => {
  expect(problems(MINIMAL)).toEqual([]);
  expect(read(MINIMAL).envs.map(({ stack }) => stack)).toEqual(['app-pote-dev']);
});

test('a report ends with the count of errors', () => {
  const message = (text: string): string => {
    try {
      read(text);
    } catch (error) {
      if (error instanceof InventoryError) return error.message;
    }
    return 'accepted';
  };
  expect(message('')).toBe(
    'inventory.yml:1:1  (top)  is empty  write an inventory: examples/inventory.yml is a start\n' +
      '1 error in inventory.yml: nothing was synthesized.',
  );
  // Said once, counted once, however many envs it is about.
  expect(
    message(`guest: {lxc_password: "{{ vault_p }}"}\n${inventoryOf({ project: 'a' }, { project: 'b' })}`),
  ).toMatch(/^inventory\.yml:1:9 {2}[^\n]+\n1 error in inventory\.yml: nothing was synthesized\.$/);
  expect(message('a: 1\nb: 2\napp_projects: {}\n')).toMatch(
    /\n3 errors in inventory\.yml: nothing was synthesized\.$/,
  );
});

describe('what is no text', () => {
  const EMPTY = 'is empty  write an inventory: examples/inventory.yml is a start';
  test.each<[name: string, bytes: Uint8Array, line: string]>([
    [
      'not UTF-8',
      Buffer.from('a: caf\xe9\n', 'latin1'),
      '1:1  (top)  is not UTF-8 text  save the file as UTF-8',
    ],
    [
      'UTF-16',
      Buffer.from(`\ufeff${MINIMAL}`, 'utf16le'),
      '1:1  (top)  is not UTF-8 text  save the file as UTF-8',
    ],
    [
      'a byte order mark',
      Buffer.from(`\ufeff${MINIMAL}`),
      '1:1  (top)  starts with a byte order mark  save the file as UTF-8 without BOM',
    ],
    [
      'NUL',
      Buffer.from('a: 1\nb: x\0y\n'),
      '2:5  (top)  holds a NUL character  remove it; where every second one is NUL, save the file as UTF-8',
    ],
    [
      'a file of ansible-vault',
      Buffer.from('$ANSIBLE_VAULT;1.1;AES256\n6162\n'),
      '1:1  (top)  is encrypted by ansible-vault  write an inventory without secrets: decrypt it (ansible-vault decrypt), write "{{ vault_name }}" in the place of each secret, and give it as TF_VAR_vault_name',
    ],
    ['nothing', Buffer.from(''), `1:1  (top)  ${EMPTY}`],
    ['only space', Buffer.from('\n\n'), `1:1  (top)  ${EMPTY}`],
    ['only comments', Buffer.from('# later\n'), `1:1  (top)  ${EMPTY}`],
    ['only a document mark', Buffer.from('---\n'), `1:1  (top)  ${EMPTY}`],
  ])('%s', (_name, bytes, line) => {
    expect(problems(bytes)).toEqual([`inventory.yml:${line}`]);
  });
});

describe('characters that Terraform would change', () => {
  const NFC =
    'is not in Unicode normal form C, and Terraform would change it silently  ' +
    'type it again, or convert the file (e.g. `uconv -x nfc`)';
  test.each<[name: string, text: string, lines: string[]]>([
    [
      'a value that is not NFC',
      added('env', 'env_vars:', '  CITY: Zu\u0308rich'),
      [`7:11  app_projects.pote.envs.dev.env_vars.CITY  ${NFC}`],
    ],
    ['the same in NFC', added('env', 'env_vars:', '  CITY: Z\u00fcrich'), []],
    [
      'an item of a list',
      added('env', 'guest:', '  description: x', 'env_vars:', '  A: a\u0301', '  B: b'),
      [`9:11  app_projects.pote.envs.dev.env_vars.A  ${NFC}`],
    ],
    [
      'a control character',
      added('env', 'env_vars:', '  BELL: "a\\u0007"'),
      ['7:11  app_projects.pote.envs.dev.env_vars.BELL  holds the control character U+0007  remove it'],
    ],
    [
      'an escaped NUL',
      added('env', 'env_vars:', '  NIL: "a\\0b"'),
      ['7:11  app_projects.pote.envs.dev.env_vars.NIL  holds the control character U+0000  remove it'],
    ],
    [
      'a byte order mark inside',
      added('env', 'env_vars:', '  BOM: "a\ufeffb"'),
      ['7:11  app_projects.pote.envs.dev.env_vars.BOM  holds the control character U+FEFF  remove it'],
    ],
  ])('%s', (_name, text, lines) => {
    expect(problems(text)).toEqual(lines.map((line) => `inventory.yml:${line}`));
  });
});

describe('YAML syntax', () => {
  const WITHIN: Record<string, string> = {
    "'": "a ' within is written ''",
    '"': 'a " within is written \\"',
  };
  const OPEN = (at: string, quote: string): string =>
    `${at}  (top)  YAML: the ${quote} that opens here is not closed  close it on this line; ${WITHIN[quote] ?? ''}`;
  const BEHIND =
    'YAML: text stands behind the closing quote  put it within the quotes (a " within is written \\"), or remove it';
  test.each<[name: string, text: string, lines: string[]]>([
    [
      'a tab as indent',
      'app_projects:\n\tpote: 1\n',
      ['2:1  (top)  YAML: a tab stands where only spaces may  indent with spaces'],
    ],
    [
      'several documents',
      `${MINIMAL}---\na: 1\n`,
      ['12:1  (top)  YAML: the file holds several documents  keep one; remove the "---" between them'],
    ],
    ['an open quote', 'a: "open\n', [OPEN('1:4', '"')]],
    [
      'an open quote, far from the line where it is missed',
      added('project', "migrate: 'npm run migrate", '  # far'),
      [OPEN('3:14', "'")],
    ],
    [
      'a quote within quotes',
      "a: 'it's'\n",
      [
        "1:8  (top)  YAML: text stands behind the closing quote  put it within the quotes (a ' within is written ''), or remove it",
      ],
    ],
    [
      'two that have nothing to do with one another',
      'a: "x" y\nb: {c: [d}\ne: "z" w\n',
      [
        `1:8  (top)  ${BEHIND}`,
        '2:10  (top)  YAML: a [list] or {map} is not closed, or goes on without indentation  close it, or indent its lines',
        `3:8  (top)  ${BEHIND}`,
      ],
    ],
    [
      'an open list',
      'a: [1, 2\n',
      [
        '2:1  (top)  YAML: a [list] or {map} is not closed, or goes on without indentation  close it, or indent its lines',
      ],
    ],
  ])('%s', (_name, text, lines) => {
    expect(problems(text)).toEqual(lines.map((line) => `inventory.yml:${line}`));
  });

  // How deep the parser can go depends on the stack that it has.
  test.each(['['.repeat(20_000), `x: ${'{a: '.repeat(5000)}1${'}'.repeat(5000)}`])(
    '%.9s… is too deep',
    (text) => {
      expect(problems(text)).toEqual([
        expect.stringMatching(
          /^inventory\.yml:1:\d+ {2}\(top\) {2}YAML: is nested too deeply {2}close the brackets before, or nest less$/,
        ),
      ]);
    },
  );

  test('no text of the file is quoted', () => {
    const report = problems('a:\n  b: "c" s3cr3t-marker\n d: s3cr3t-marker: s3cr3t-marker\n').join('\n');
    expect(report).toContain('text stands behind the closing quote');
    expect(report).not.toContain('s3cr3t-marker');
  });
});

describe('duplicate keys', () => {
  test.each<[name: string, text: string, lines: string[]]>([
    [
      'two envs',
      changed('ssh_public_keys', '      dev:\n        name: other\nssh_public_keys'),
      [
        '11:7  app_projects.pote.envs.dev  is written twice (the other: inventory.yml:5:7)  keep one of the two',
      ],
    ],
    [
      'a key of the guest',
      added('env', 'guest: {cores: 2, memory: 512, cores: 4}'),
      [
        '6:40  app_projects.pote.envs.dev.guest.cores  is written twice (the other: inventory.yml:6:17)  keep one of the two',
      ],
    ],
    [
      'one in quotes',
      `${MINIMAL}"ssh_public_keys": []\n`,
      ['12:1  ssh_public_keys  is written twice (the other: inventory.yml:11:1)  keep one of the two'],
    ],
  ])('%s', (_name, text, lines) => {
    expect(problems(text).filter((line) => line.includes('is written twice'))).toEqual(
      lines.map((line) => `inventory.yml:${line}`),
    );
  });
});

describe('anchors and merge keys', () => {
  const merged = (
    cores: string,
  ): string => `ssh_public_keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExampleA ops@example.lan]
app_projects:
  pote: &pote
    repo: https://git.example.lan/app.git
    envs:
      dev: &dev
        name: pote-dev
        vmid: 201
        ip: 10.0.10.101/24
        gateway: 10.0.10.1
        branch: main
        guest: &small
          cores: ${cores}
          memory: 512
      qa:
        <<: *dev
        name: pote-qa
        vmid: 202
        ip: 10.0.10.102/24
        guest:
          <<: *small
          memory: 1024
`;

  test('are read', () => {
    const { envs } = read(merged('3'));
    expect(envs.map(({ stack, guest }) => [stack, guest.cores, guest.memory])).toEqual([
      ['app-pote-dev', 3, 512],
      ['app-pote-qa', 3, 1024],
    ]);
  });

  test('an error in the anchored map is said where it is written, for each that takes it', () => {
    const what = 'is not a core count from 1 to 8192  write a whole number from 1 to 8192';
    expect(problems(merged('0'))).toEqual([
      `inventory.yml:13:11  app_projects.pote.envs.dev.guest.cores  ${what}`,
      `inventory.yml:13:11  app_projects.pote.envs.qa.guest.cores  ${what}`,
    ]);
  });

  test('an error below an alias', () => {
    const text = added('top', 'guest: &g {cores: 0}').replace(
      'branch: dev',
      'branch: dev\n        guest: *g',
    );
    const what = 'is not a core count from 1 to 8192  write a whole number from 1 to 8192';
    expect(problems(text)).toEqual([
      `inventory.yml:1:12  app_projects.pote.envs.dev.guest.cores  ${what}`,
      `inventory.yml:1:12  guest.cores  ${what}`,
    ]);
  });

  test('an alias without an anchor', () => {
    expect(problems(added('top', 'guest: *nowhere'))).toEqual([
      'inventory.yml:1:8  guest  is an alias (*) whose anchor (&) does not stand before it  ' +
        'write the anchor, or put quotes around a text that begins with *',
    ]);
  });

  test('a password that YAML reads as an alias is not quoted', () => {
    expect(problems(added('env', 'env_vars: {A: [x, *s3cr3t-marker]}'))).toEqual([
      'inventory.yml:6:27  app_projects.pote.envs.dev.env_vars.A.1  ' +
        'is an alias (*) whose anchor (&) does not stand before it  ' +
        'write the anchor, or put quotes around a text that begins with *',
    ]);
  });

  test('two merge keys in one map are no duplicate; the first wins', () => {
    const text = added('top', 'packages: [git]').replace(
      'branch: dev',
      'branch: dev\n        env_vars: {<<: {A: 1.10}, <<: {A: 2, B: 3}}',
    );
    expect(problems(text)).toEqual([]);
    expect(read(text).envs[0]?.app.envVars).toMatchObject({
      A: { parts: ['1.10'] },
      B: { parts: ['3'] },
    });
  });

  test('anchors that multiply are refused, not expanded', () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 9; level++) {
      const [name, below] = [String.fromCharCode(97 + level), String.fromCharCode(96 + level)];
      bomb.push(`${name}: &${name} [${Array<string>(10).fill(`*${below}`).join(', ')}]`);
    }
    expect(problems(`${bomb.join('\n')}\n`)).toEqual([
      'inventory.yml:1:1  (top)  cannot be read: Excessive alias count indicates a resource exhaustion attack  use fewer or simpler anchors',
    ]);
  });
});

describe('tags', () => {
  const VAULT =
    'is encrypted by ansible-vault (!vault), and Terraform cannot decrypt it  ' +
    'write "{{ vault_name }}" and give the value, decrypted, as TF_VAR_vault_name';
  test.each<[name: string, text: string, lines: string[]]>([
    [
      '!vault',
      added('env', 'env_vars:', '  A_TOKEN: !vault |', '    $ANSIBLE_VAULT;1.1;AES256', '    6162'),
      [`7:20  app_projects.pote.envs.dev.env_vars.A_TOKEN  ${VAULT}`],
    ],
    [
      '!vault at a secret field, with an error elsewhere',
      added(
        'top',
        'proxmox_token_id: terraform@pve!id',
        'proxmox_token_secret: !vault |',
        '  $ANSIBLE_VAULT;1.1;AES256',
        'nope: 1',
      ),
      [
        `2:23  proxmox_token_secret  ${VAULT}`,
        '4:1  nope  is not a key of this tool here  remove it or mend its name (docs/inventory.md lists all keys); in an Ansible group_vars file, APP_INVENTORY_ALLOW_OTHER_KEYS=1 ignores it',
      ],
    ],
    [
      'a tag of somebody else',
      added('env', 'env_vars:', '  A: !s3cr3t-marker x'),
      [
        '7:14  app_projects.pote.envs.dev.env_vars.A  has an unknown tag (!)  write the value without a tag, or in quotes',
      ],
    ],
    [
      '!vault in a list',
      added('env', 'packages: [git, !vault x]'),
      [`6:25  app_projects.pote.envs.dev.packages.1  ${VAULT}`],
    ],
    [
      '!unsafe',
      added('env', 'env_vars:', '  A: !unsafe "x{{y"'),
      [
        '7:14  app_projects.pote.envs.dev.env_vars.A  has the tag !unsafe, which is not supported  write the value without a tag',
      ],
    ],
  ])('%s', (_name, text, lines) => {
    expect(problems(text)).toEqual(lines.map((line) => `inventory.yml:${line}`));
  });
});

describe('the file', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'inventory-'));
    writeFileSync(path.join(folder, 'inventory.yml'), MINIMAL);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test('is read by its path', () => {
    const file = path.join(folder, 'inventory.yml');
    expect(loadInventory(file, registry)).toEqual({ ...read(MINIMAL), file });
  });

  test.each([
    [
      'missing.yml',
      'does not exist  name the inventory by APP_INVENTORY=path, or in the context of cdktf.json',
    ],
    ['.', 'is a folder  name the file in it'],
    ['inventory.yml/below', 'cannot be read (ENOTDIR)  check the file'],
  ])('%s', (name, what) => {
    const file = path.join(folder, name);
    expect(() => loadInventory(file, registry)).toThrow(
      new InventoryError(file, [
        {
          severity: 'error',
          position: { line: 1, column: 1 },
          path: '',
          what: what.split('  ')[0] ?? '',
          fix: what.split('  ')[1] ?? '',
        },
      ]),
    );
  });
});
