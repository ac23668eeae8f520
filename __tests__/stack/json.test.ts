import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readInventoryOf } from '../../cli/read-inventory';
import { layersIn } from '../renderers/envs';
import { Workspace } from '../support/workspace';

const ROOT = path.join(__dirname, '..', '..');
const EXAMPLE = readFileSync(path.join(ROOT, 'examples', 'inventory.yml'), 'utf8');
const STACKS = ['app-pote-dev', 'app-pote-prod', 'app-pote-qa', 'app-projecta-dev', 'app-projecta-prod'];

const workspaces: Workspace[] = [];

function workspaceOf(inventory: string): Workspace {
  const workspace = new Workspace();
  workspaces.push(workspace);
  workspace.synth(inventory);
  return workspace;
}

afterAll(() => {
  for (const workspace of workspaces) workspace.remove();
});

/** The lines that differ, as `diff` shows them: `-` what was, `+` what is. */
function diff(before: string, after: string): string[] {
  const a = before.split('\n');
  const b = after.split('\n');
  // Longest common subsequence, enough for files of some hundred lines.
  const lengths = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  const at = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const row = lengths[i];
      if (row) row[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: string[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      i++;
      j++;
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1)))
      lines.push(`- ${a[i++]?.trim() ?? ''}`);
    else lines.push(`+ ${b[j++]?.trim() ?? ''}`);
  }
  return lines;
}

describe('the synthesized JSON', () => {
  const example = workspaceOf(EXAMPLE);

  test.each([
    ['as it is', EXAMPLE],
    ['without configuration', `configure: false\n${EXAMPLE}`],
  ])('declares the variables that it uses, and no others: %s', (_name, inventory) => {
    const workspace = workspaceOf(inventory);
    for (const stack of STACKS) {
      const { variable, ...rest } = JSON.parse(workspace.json(stack)) as { variable: object };
      const used = [...JSON.stringify(rest).matchAll(/\bvar\.(\w+)/g)].map(([, name]) => name);
      expect([stack, [...new Set(used)].sort()]).toEqual([stack, Object.keys(variable).sort()]);
    }
  });

  test('is the same bytes in another folder', () => {
    const other = workspaceOf(EXAMPLE);
    for (const stack of STACKS) expect(other.json(stack)).toBe(example.json(stack));
  });

  test.each(STACKS)(
    '%s holds no absolute path, time, user or secret, and no comment but the top-level one',
    (stack) => {
      const text = example.json(stack);
      expect(text).not.toContain(example.root);
      expect(text).not.toContain(ROOT);
      expect(text).not.toMatch(/\/(home|root|tmp|Users)\//);
      expect(text).not.toMatch(/20\d\d-\d\d-\d\d/);
      expect(text.match(/"\/\/":/g)).toHaveLength(1);
      expect(text).not.toContain('create_before_destroy');
      // In the order in which people read them.
      const blocks = [
        '//',
        'terraform',
        'variable',
        'provider',
        'locals',
        'data',
        'resource',
        'check',
        'output',
      ];
      expect(Object.keys(JSON.parse(text) as object)).toEqual(blocks);
    },
  );

  test('the first stack, whole', () => {
    const stack = JSON.parse(example.json('app-pote-dev')) as {
      '//': { metadata: { version: string } };
      locals: { layers: { kit: { lists: { programs: string[] } } } };
    };
    stack['//'].metadata.version = '(of CDKTF)';
    const { lists } = stack.locals.layers.kit;
    expect(lists.programs).toEqual([expect.stringMatching(/^[0-9a-f]{64} {2}kit\.sh$/)]);
    lists.programs = ['(its sum, another one with each change of the kit)  kit.sh'];
    expect(stack).toMatchSnapshot();
  });

  // One value of each kind, and the exact lines of app-pote-dev that mean it.
  test.each<[string, string, string, string[]]>([
    [
      'memory',
      'vmid: 201\n',
      'vmid: 201\n        guest: {memory: 4096}\n',
      ['- "dedicated": 2048,', '+ "dedicated": 4096,'],
    ],
    ['cores', 'vmid: 201\n', 'vmid: 201\n        guest: {cores: 8}\n', ['- "cores": 2', '+ "cores": 8']],
    [
      'a bridge',
      'vmid: 201\n',
      'vmid: 201\n        guest: {bridge: vmbr1}\n',
      // What is looked for before the guest is made, and the guest.
      ['- "bridge=vmbr0",', '+ "bridge=vmbr1",', '- "bridge": "vmbr0",', '+ "bridge": "vmbr1",'],
    ],
    [
      'a VLAN',
      'vmid: 201\n',
      'vmid: 201\n        guest: {vlan: 7}\n',
      ['- "name": "eth0"', '+ "name": "eth0",', '+ "vlan_id": 7'],
    ],
    ['a tag', 'vmid: 201\n', 'vmid: 201\n        guest: {tags: [Blue]}\n', ['+ "blue",']],
    [
      'start on boot',
      'vmid: 201\n',
      'vmid: 201\n        guest: {onboot: no}\n',
      ['- "start_on_boot": true,', '+ "start_on_boot": false,'],
    ],
    [
      'the host name',
      'name: pote-dev',
      'name: pote-new',
      ['- "hostname": "pote-dev",', '+ "hostname": "pote-new",'],
    ],
    [
      'the SSH key',
      'ExampleA ops',
      'ExampleB ops',
      // In the container's own set-up, and in what base_os keeps.
      [',', ''].flatMap((end) => [
        `- "keys": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExampleA ops@example.lan"]${end}`,
        `+ "keys": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExampleB ops@example.lan"]${end}`,
      ]),
    ],
    [
      'the name server',
      'nameservers: [10.0.10.1]',
      'nameservers: [10.0.10.2]',
      ['- "servers": ["10.0.10.1"]', '+ "servers": ["10.0.10.2"]'],
    ],
    [
      'the dumps that are kept',
      "postgresql:\n          password: '{{ vault_pote_dev",
      "postgresql:\n          backup_keep: 3\n          password: '{{ vault_pote_dev",
      ['- "backup_keep=14"', '+ "backup_keep=3"'],
    ],
    [
      'the token',
      'terraform@pve!pvestack',
      'terraform@pve!other',
      [
        '- "api_token": "terraform@pve!pvestack=${var.vault_proxmox_token_secret}",',
        '+ "api_token": "terraform@pve!other=${var.vault_proxmox_token_secret}",',
        ...[
          ['-', 'pvestack'],
          ['+', 'other'],
        ].map(
          ([sign, token]) =>
            `${sign} "CREDENTIALS=if [ -z \\"$token\\" ] && [ -n \\"$\${TF_VAR_vault_proxmox_token_secret:-}\\" ]; then token='terraform@pve!${token}'=\\"$TF_VAR_vault_proxmox_token_secret\\"; fi",`,
        ),
        ...[
          ['-', 'pvestack'],
          ['+', 'other'],
        ].map(
          ([sign, token]) =>
            `${sign} "CREDENTIALS": "host=$\${TF_VAR_vault_proxmox_host-pve.example.lan}; if [ -z \\"$token\\" ] && [ -n \\"$\${TF_VAR_vault_proxmox_token_secret:-}\\" ]; then token='terraform@pve!${token}'=\\"$TF_VAR_vault_proxmox_token_secret\\"; fi",`,
        ),
        // Where a guest is asked before it is destroyed, and where the host key of a new one is pinned.
        ...['', ','].flatMap((end) => [
          `- "TOKEN": "terraform@pve!pvestack=\${var.vault_proxmox_token_secret}"${end}`,
          `+ "TOKEN": "terraform@pve!other=\${var.vault_proxmox_token_secret}"${end}`,
        ]),
      ],
    ],
  ])('%s changes only the lines that mean it', (_what, from, to, expected) => {
    expect(EXAMPLE).toContain(from);
    const changed = workspaceOf(EXAMPLE.replace(from, to));
    expect(diff(example.json('app-pote-dev'), changed.json('app-pote-dev'))).toEqual(expected);
  });

  test('a port changes the firewall, the list of services, the unit and the URL', () => {
    const [from, to] = ['project-a.git\n', 'project-a.git\n    backend_port: 8080\n'];
    const changed = workspaceOf(EXAMPLE.replace(from, to));
    expect(diff(example.json('app-projecta-dev'), changed.json('app-projecta-dev'))).toEqual([
      '- "allow 3001/tcp",',
      '+ "allow 8080/tcp",',
      '- "app-backend.service backend 3001 -",',
      '+ "app-backend.service backend 8080 -",',
      '- "Environment=PORT=3001",',
      '+ "Environment=PORT=8080",',
      '- "backend": "http://10.0.10.111:3001",',
      '+ "backend": "http://10.0.10.111:8080",',
    ]);
  });

  test('an address changes only lines that name it, and other stacks not at all', () => {
    const changed = workspaceOf(EXAMPLE.replace('10.0.10.101/24', '10.0.10.109/24'));
    const lines = diff(example.json('app-pote-dev'), changed.json('app-pote-dev'));
    expect(lines.every((line) => line.includes(line.startsWith('-') ? '10.0.10.101' : '10.0.10.109'))).toBe(
      true,
    );
    expect(lines.length).toBeGreaterThan(10);
    for (const stack of STACKS.slice(1)) expect(changed.json(stack)).toBe(example.json(stack));
  });

  // The figures of docs/review.md: what a reviewer has to read.
  test.each([
    ['app-pote-dev', 1000],
    ['app-projecta-dev', 800],
  ])('%s has at most %d lines', (stack, most) => {
    expect(example.json(stack).trimEnd().split('\n').length).toBeLessThanOrEqual(most);
  });

  test('a second env of a project has no line that is not about it', () => {
    const sorted = (lines: string[]): string[] => lines.map((line) => line.trim().replace(/,$/, '')).sort();
    const [dev = [], qa = []] = ['app-pote-dev', 'app-pote-qa'].map((stack) =>
      sorted(example.json(stack).split('\n')),
    );
    // All in which the two differ, as the inventory has it.
    const values: [RegExp, string][] = [
      [/\bpote-dev\b/g, 'pote-qa'],
      [/(?<=\b|_)pote_dev\b/g, 'pote_qa'],
      [/vault_pote_dev_/g, 'vault_pote_qa_'],
      [/\b10\.0\.10\.101\b/g, '10.0.10.102'],
      [/(?<![\w.])201\b/g, '202'],
      [/\bLOG_LEVEL='debug'/g, "LOG_LEVEL='info'"],
      // The branch, the env file and the tag.
      [/(?<=branch=|"|\.env\.)dev\b/gi, 'qa'],
    ];
    const translated = dev.map((line) => values.reduce((text, [from, to]) => text.replace(from, to), line));
    expect(sorted(translated)).toEqual(qa);
    // The lines that are about the env: what a reviewer of a new one has to read.
    expect(dev.filter((line, index) => line !== translated[index])).toHaveLength(82);
  });

  test.each(STACKS)('%s: every line of every file and list of its layers is in the JSON', (stack) => {
    const env = readInventoryOf(example.settings).envs.find((one) => one.stack === stack);
    if (!env) throw new Error(stack);
    const { locals } = JSON.parse(example.json(stack)) as {
      locals: { layers: Record<string, { files?: object; lists?: object; modes?: Record<string, string> }> };
    };
    const layers = layersIn(env);
    expect(Object.keys(locals.layers).sort()).toEqual(layers.map(({ name }) => name).sort());
    const some = (entries: [string, unknown][]): object | undefined =>
      entries.length > 0 ? Object.fromEntries(entries) : undefined;
    for (const { name, files, lists } of layers) {
      const there = locals.layers[name];
      expect(there?.files).toEqual(some(files.map(({ path: at, lines }) => [at, lines])));
      expect(there?.lists).toEqual(some(Object.entries(lists).filter(([, lines]) => lines.length > 0)));
      const modeOf = (at: string): string => there?.modes?.[at] ?? '0644 root:root';
      expect(files.map(({ path: at }) => modeOf(at))).toEqual(
        files.map(({ mode, owner }) => `${mode} ${owner}`),
      );
    }
    const paths = layers.flatMap(({ files }) => files.map(({ path: at }) => at));
    for (const kind of [
      'sudoers.d',
      'apt.conf.d',
      'sshd_config.d',
      '.service',
      '.conf',
      '.env.',
      'steps.sh',
    ]) {
      expect(paths.some((at) => at.includes(kind))).toBe(true);
    }
  });

  test('a template of templates_dir replaces ours by name, for the project that names it', () => {
    const workspace = new Workspace();
    workspaces.push(workspace);
    const folder = path.join(workspace.root, 'own', 'app');
    mkdirSync(folder, { recursive: true });
    const own = readFileSync(path.join(ROOT, 'templates', 'app', 'service.ejs'), 'utf8');
    writeFileSync(
      path.join(folder, 'service.ejs'),
      own.replace('[Install]\n', 'Environment=STACK=<%- stack %>\n[Install]\n'),
    );
    workspace.synth(EXAMPLE.replace('  projectA:\n', '  projectA:\n    templates_dir: own\n'));
    expect(diff(example.json('app-projecta-dev'), workspace.json('app-projecta-dev'))).toEqual(
      // The units of backend and frontend.
      [1, 2].map(() => '+ "Environment=STACK=app-projecta-dev",'),
    );
    expect(workspace.json('app-pote-dev')).toBe(example.json('app-pote-dev'));
  });
});

describe('prod', () => {
  test('is protected in Proxmox and in Terraform by default, dev is not', () => {
    const example = workspaceOf(EXAMPLE);
    const held = (stack: string): unknown[] => {
      const { resource } = JSON.parse(example.json(stack)) as {
        resource: {
          proxmox_virtual_environment_container: { guest: { protection: boolean } };
          terraform_data: { owned: { input: string; lifecycle: { prevent_destroy?: boolean } } };
        };
      };
      const { input, lifecycle } = resource.terraform_data.owned;
      return [
        resource.proxmox_virtual_environment_container.guest.protection,
        lifecycle.prevent_destroy,
        input,
      ];
    };
    expect(held('app-pote-prod')).toEqual([
      true,
      true,
      '203 ${local.owner} protected and holding data (data: keep)',
    ]);
    expect(held('app-projecta-dev')).toEqual([false, undefined, '211 ${local.owner} unprotected']);
    // Not protected, but it holds data.
    expect(held('app-pote-dev')).toEqual([false, true, '201 ${local.owner} holding data (data: keep)']);
  });
});

describe('a folder of own templates', () => {
  test.each([
    [
      'that does not exist',
      'own',
      undefined,
      'inventory.yml:1:1  templates_dir  is no folder  write a folder relative to the inventory',
    ],
    [
      'with a misspelt name',
      'own',
      'app/servcie.ejs',
      'inventory.yml:1:1  templates_dir  holds app/servcie.ejs, which replaces none of the templates (did you mean "app/service.ejs"?)  rename it, or remove it (docs/teams.md lists the names)',
    ],
    [
      'with a template in another folder than ours',
      'own',
      'node/backup.timer.ejs',
      'holds node/backup.timer.ejs, which replaces none of the templates (did you mean "postgresql/backup.timer.ejs"?)',
    ],
    [
      'with a template at its top',
      'own',
      'common.conf.ejs',
      'holds common.conf.ejs, which replaces none of the templates (did you mean "app/common.conf.ejs" or "jobs/common.conf.ejs"?)',
    ],
    [
      'with a file that is no template',
      'own',
      'app/service',
      'holds app/service, which replaces none of the templates (did you mean "app/service.ejs"',
    ],
    [
      'with a program of the kit',
      'own',
      'kit/pg-backup',
      'holds kit/pg-backup, which replaces none of the templates  rename it',
    ],
  ])('%s is refused', (_what, name, file, expected) => {
    const workspace = new Workspace();
    workspaces.push(workspace);
    if (file) {
      mkdirSync(path.dirname(path.join(workspace.root, name, file)), { recursive: true });
      writeFileSync(path.join(workspace.root, name, file), '');
    }
    expect(() => {
      workspace.synth(`templates_dir: ${name}\n${EXAMPLE}`);
    }).toThrow(expected);
  });
});

test('a CA file is named from where terraform runs', () => {
  const workspace = workspaceOf(`proxmox_ca_file: certs/pve.pem\n${EXAMPLE}`);
  expect(workspace.json('app-pote-dev')).toContain('"CA_FILE": "../../../certs/pve.pem"');
});
