import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
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

/** Prints every name that is looked up and every connection that is begun. */
const WATCH = `
const dns = require('node:dns');
const { Socket } = require('node:net');
for (const [object, name] of [[dns, 'lookup'], [Socket.prototype, 'connect']]) {
  const original = object[name];
  object[name] = function (...args) {
    console.error(name, args[0]);
    return original.apply(this, args);
  };
}`;

/** Runs node where a terraform on PATH and every connection would show. */
function watched(...args: string[]): { status: number | null; seen: string } {
  const [terraform, watch] = [path.join(folder, 'terraform'), path.join(folder, 'watch.js')];
  writeFileSync(terraform, `#!/bin/sh\necho terraform "$@" >>${folder}/seen\n`, { mode: 0o755 });
  writeFileSync(watch, WATCH);
  const { status, stderr } = spawnSync(process.execPath, ['--require', watch, ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    // Without CHECKPOINT_DISABLE: nothing may depend on it.
    env: { PATH: `${folder}:${process.env['PATH'] ?? ''}`, HOME: folder },
  });
  const seen = path.join(folder, 'seen');
  return { status, seen: stderr + (existsSync(seen) ? readFileSync(seen, 'utf8') : '') };
}

function generate(out: string): { status: number | null; seen: string } {
  return watched('-e', `require('./scripts/get.js').get({ force: true, out: process.argv[1] })`, out);
}

test('the bindings are generated without terraform and network, only for the resources in use, the same bytes every time', () => {
  const nothing = { status: 0, seen: '' };
  expect(generate(path.join(folder, 'a'))).toEqual(nothing);
  expect(generate(path.join(folder, 'b'))).toEqual(nothing);
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

test('what `npm ci` runs of ours runs no terraform and connects to nobody', () => {
  expect(watched('scripts/build.js')).toEqual({ status: 0, seen: '' });
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
