import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

jest.setTimeout(60_000);

const ROOT = path.join(__dirname, '..', '..');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'gen-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Every file below a folder with its content. */
function contents(root: string, below = ''): [string, string][] {
  return readdirSync(path.join(root, below))
    .sort()
    .flatMap((name) => {
      const file = path.join(below, name);
      return statSync(path.join(root, file)).isDirectory()
        ? contents(root, file)
        : [[file, readFileSync(path.join(root, file), 'utf8')] as [string, string]];
    });
}

function generate(out: string): number | null {
  const code = `require('./scripts/get.js').get({ force: true, out: process.argv[1] })`;
  // No terraform on PATH, and no proxy or registry that anything could ask.
  return spawnSync(process.execPath, ['-e', code, out], {
    cwd: ROOT,
    env: { PATH: folder, CHECKPOINT_DISABLE: '1' },
  }).status;
}

test('the bindings are generated without terraform, only for the resources in use, the same bytes every time', () => {
  expect([generate(path.join(folder, 'a')), generate(path.join(folder, 'b'))]).toEqual([0, 0]);
  const first = contents(path.join(folder, 'a'));
  expect(first).toEqual(contents(path.join(folder, 'b')));
  expect(readdirSync(path.join(folder, 'a', 'providers', 'proxmox')).sort()).toEqual([
    'data-proxmox-virtual-environment-containers',
    'data-proxmox-virtual-environment-vms',
    'index.ts',
    'lazy-index.ts',
    'provider',
    'virtual-environment-container',
    'virtual-environment-vm',
  ]);
});

test('refreshing the pinned schema without terraform fails with what is missing', () => {
  const schema = path.join(ROOT, 'schemas', 'proxmox@0.111.1.json');
  const before = statSync(schema).mtimeMs;
  const run = spawnSync(process.execPath, ['scripts/refresh-schema.js'], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { PATH: folder },
  });
  expect([run.status, run.stdout, run.stderr]).toEqual([
    1,
    '',
    'terraform is not installed: the schema can only be refreshed on a machine that has it (or name it in TERRAFORM_BINARY_NAME).\n',
  ]);
  expect(statSync(schema).mtimeMs).toBe(before);
});
