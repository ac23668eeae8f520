import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { withEnv } from '../../cli/new/insert';
import { networksOf, nextVmid } from '../../inventory/free';
import { readYaml } from '../renderers/envs';
import { enterFolder, EXAMPLE, leaveFolder, pvestack } from '../support/user-folder';

let folder: string;
beforeEach(() => {
  folder = enterFolder();
});
afterEach(() => {
  leaveFolder(folder);
});
const inventory = (): string => readFileSync(path.join(folder, 'inventory.yml'), 'utf8');

test('one more env: the next free vmid and address, what is there stays byte for byte', async () => {
  expect(await pvestack(['new', 'pote', 'stage', '--yes'])).toEqual({
    code: 0,
    err: '',
    out: expect.stringContaining(`+       stage:
+         name: pote-stage
+         # The next free ones of this inventory. All keys: docs/inventory.md.
+         vmid: 204
+         ip: 10.0.10.114/24
+         gateway: 10.0.10.1
+         branch: stage
`) as string,
  });
  const lines = inventory().split('\n');
  expect(lines.filter((line) => !EXAMPLE.split('\n').includes(line)).length).toBeLessThanOrEqual(6);
  expect(lines.length).toBe(EXAMPLE.split('\n').length + 7);
  expect((await pvestack(['check'])).out).toBe('inventory.yml: 6 environments, no errors.\n');
  expect((await pvestack(['new', 'pote', 'stage', '--yes'])).err).toBe(
    'The project pote has the env stage already.\n',
  );
});

test('a project', async () => {
  const repo = 'git@git.example.lan:team/blog.git';
  const { code, out } = await pvestack(['new', 'blog', 'dev', '--type', 'node', '--repo', repo, '--yes']);
  expect([code, out]).toEqual([
    0,
    expect.stringContaining(`+   blog:
+     app_type: node
+     repo: git@git.example.lan:team/blog.git
+     envs:
+       dev:
+         name: blog-dev
`) as string,
  ]);
  expect(out).toContain('Written, and checked. What comes of it: pvestack plan app-blog-dev\n');
  expect((await pvestack(['list', 'blog'])).out).toContain(
    'app-blog-dev  lxc blog-dev  214   10.0.10.114/24',
  );
});

test.each<[what: string, args: string[], words: string]>([
  [
    'without a repository',
    ['blog', 'dev'],
    'A new project needs --type (node, python or none) and, but for none, --repo.',
  ],
  ['a vmid that is taken', ['pote', 'x', '--vmid', '201', '--yes'], 'is the VMID 201'],
  [
    'an address that is taken',
    ['pote', 'x', '--ip', '10.0.10.101/24', '--gateway', '10.0.10.1', '--yes'],
    'is the address 10.0.10.101',
  ],
  ['nobody to ask', ['pote', 'x'], 'This is no terminal to ask in: give --yes to write without asking.'],
])('%s: refused, and nothing is written', async (_what, args, words) => {
  const { code, err } = await pvestack(['new', ...args]);
  expect([code, err]).toEqual([1, expect.stringContaining(words)]);
  expect(inventory()).toBe(EXAMPLE);
});

describe('into the text', () => {
  const ADD = {
    project: 'a',
    env: 'qa',
    projectKeys: { app_type: 'none' },
    envKeys: { name: 'a-qa', vmid: 5 },
  };
  const NEW = `qa:
        name: a-qa
        # The next free ones of this inventory. All keys: docs/inventory.md.
        vmid: 5
`;
  test.each<[what: string, before: string, after: string]>([
    [
      'comments, quotes and the order of keys stay',
      `app_projects: # all\n  a:\n    envs:\n      dev: {name: "a",   vmid: 1} # first\n    # behind\n  b: {}\n`,
      `app_projects: # all\n  a:\n    envs:\n      dev: {name: "a",   vmid: 1} # first\n      ${NEW}    # behind\n  b: {}\n`,
    ],
    [
      'without a line end',
      'app_projects:\n  a:\n    envs:\n      dev:\n        vmid: 1',
      `app_projects:\n  a:\n    envs:\n      dev:\n        vmid: 1\n      ${NEW}`,
    ],
    [
      'the first project',
      'proxmox_host: x\n',
      `proxmox_host: x\napp_projects:\n  a:\n    app_type: none\n    envs:\n      ${NEW}`,
    ],
    [
      'line ends of Windows',
      'app_projects:\r\n  a:\r\n    envs:\r\n      dev:\r\n        vmid: 1\r\n',
      `app_projects:\r\n  a:\r\n    envs:\r\n      dev:\r\n        vmid: 1\r\n      ${NEW.replaceAll('\n', '\r\n')}`,
    ],
    [
      'a map in braces is written in lines',
      'app_projects: {a: {envs: {dev: {vmid: 1}}}} # all\n',
      'app_projects: { a: { envs:',
    ],
  ])('%s', (_what, before, after) => {
    const text = withEnv(before, ADD);
    if (before.includes('{a:')) expect(readFileSync(write(text), 'utf8')).toContain('# all');
    else expect(text).toBe(after);
  });
  const write = (text: string): string => {
    const file = path.join(folder, 'made.yml');
    writeFileSync(file, text);
    return file;
  };
});

test('networks, their free addresses, and the next VMID', () => {
  const env = (name: string, vmid: number, ip: string, gateway: string): string =>
    `      ${name}: {name: a-${name}, vmid: ${vmid}, ip: ${ip}, gateway: ${gateway}}\n`;
  const { envs } = readYaml(
    `app_projects:\n  a:\n    app_type: none\n    envs:\n${env('x', 300, '10.0.10.253/24', '10.0.10.1')}${env('y', 301, '10.0.10.254/24', '10.0.10.1')}${env('z', 400, '10.0.20.2/30', '10.0.20.1')}`,
  );
  expect(
    networksOf(envs).map(({ network, prefix, free, next, gateways }) => [
      `${network}/${prefix}`,
      free,
      next,
      gateways,
    ]),
  ).toEqual([
    ['10.0.10.0/24', 251, '10.0.10.2', ['10.0.10.1']],
    ['10.0.20.0/30', 0, undefined, ['10.0.20.1']],
  ]);
  expect([nextVmid(envs, 'a'), nextVmid(envs, 'b'), nextVmid([], 'b')]).toEqual([401, 401, 100]);
});
