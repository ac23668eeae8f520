import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { BINARY, describeWith, providers } from '../support/requirements';
import { enterFolder, leaveFolder, pvestack } from '../support/user-folder';
import { runCommand, type Outcome } from '../support/workspace';

jest.setTimeout(240_000);

const ROOT = path.join(__dirname, '..', '..');
const LOCK = '.terraform.lock.hcl';
const STACK = 'app-pote-dev';

describeWith([providers], 'providers that are pinned by sum', () => {
  /** The project; a stack's folder in it; packages as a mirror holds them, and the platform that they are for. */
  let folder: string, stack: string, mirror: string, platform: string;

  const terraform = (...args: string[]): Promise<Outcome> =>
    runCommand(BINARY, args, { cwd: stack, env: { ...process.env, CHECKPOINT_DISABLE: '1' } });
  const init = (...args: string[]): Promise<Outcome> => {
    rmSync(path.join(stack, '.terraform'), { recursive: true, force: true });
    return terraform('init', '-no-color', '-input=false', ...args);
  };
  const lock = (...args: string[]): ReturnType<typeof pvestack> => pvestack(['lock', ...args]);
  const fromMirror = (): string[] => ['--mirror', mirror, '--platform', platform];

  beforeAll(async () => {
    folder = enterFolder();
    stack = path.join(folder, 'cdktf.out', 'stacks', STACK);
    await pvestack(['synth']);
    // What init installed lies as in a mirror, wherever it came from.
    expect(await init()).toMatchObject({ code: 0 });
    mirror = path.join(folder, 'mirror');
    execFileSync('cp', ['-RL', path.join(stack, '.terraform', 'providers'), mirror]);
    rmSync(path.join(stack, LOCK));
    [platform = ''] = readdirSync(path.join(mirror, 'registry.terraform.io', 'bpg', 'proxmox', '0.111.1'));
  });
  afterAll(() => {
    leaveFolder(folder);
  });

  test('lock writes the file once, from a mirror, beside cdktf.json; synth brings it to the stacks', async () => {
    const what = `${LOCK}: bpg/proxmox 0.111.1, hashicorp/external 2.3.5, hashicorp/null 3.2.4, for ${platform}.`;
    expect(await lock('--mirror', 'mirror', '--platform', platform)).toEqual({
      code: 0,
      err: '',
      out: `${what} Commit it.\n`,
    });
    expect((await lock(...fromMirror())).out).toBe(`${what} Nothing changed.\n`);
    expect((await pvestack(['synth'])).code).toBe(0);
    expect(readFileSync(path.join(stack, LOCK), 'utf8')).toBe(readFileSync(LOCK, 'utf8'));
  });

  test.each([[['-lockfile=readonly']], [[]], [['-upgrade']]])(
    'init %j installs what is locked, and leaves the file as it is',
    async (args) => {
      expect(await init(...args)).toMatchObject({ code: 0 });
      expect(readFileSync(path.join(stack, LOCK), 'utf8')).toBe(readFileSync(LOCK, 'utf8'));
    },
  );

  test('the cdktf CLI asks no registry for the sums, and leaves the file as it is', async () => {
    const app = `${process.execPath} ${path.join(ROOT, 'bin', 'app.js')}`;
    const config = JSON.parse(readFileSync('cdktf.json', 'utf8')) as object;
    writeFileSync('cdktf.json', JSON.stringify({ ...config, app, sendCrashReports: 'false' }));
    const cli = path.join(ROOT, 'node_modules', 'cdktf-cli', 'bundle', 'bin', 'cdktf.js');
    const { output } = await runCommand(process.execPath, [cli, 'plan', STACK, '--no-color'], {
      cwd: folder,
      env: {
        ...process.env,
        CI: '1',
        CHECKPOINT_DISABLE: '1',
        TF_INPUT: '0',
        CDKTF_DISABLE_PLUGIN_CACHE_ENV: '1',
      },
    });
    // The plan itself ends at the variables that nobody set.
    expect(output).toContain('vault_proxmox_token_secret is not set');
    expect(output).not.toMatch(/checksums|providers lock|pvestack lock/);
    expect(readFileSync(path.join(stack, LOCK), 'utf8')).toBe(readFileSync(LOCK, 'utf8'));
  });

  test('another package under the same version is not installed, and not locked either', async () => {
    const name =
      readdirSync(path.join(mirror, 'registry.terraform.io/hashicorp/null/3.2.4', platform))[0] ?? '';
    const program = path.join(mirror, 'registry.terraform.io/hashicorp/null/3.2.4', platform, name);
    const before = readFileSync(program);
    const locked = readFileSync(LOCK, 'utf8');
    try {
      writeFileSync(program, '#!/bin/sh\necho not the provider\n');
      const refused = await init(`-plugin-dir=${mirror}`);
      expect([refused.code, refused.output]).toEqual([
        1,
        expect.stringMatching(/doesn't match any of the checksums\s+previously recorded/),
      ]);
      const { code, err } = await lock(...fromMirror());
      expect([code, err]).toEqual([
        1,
        expect.stringContaining(
          'registry.terraform.io/hashicorp/null 3.2.4 has other sums here than in .terraform.lock.hcl, which was left as it is',
        ),
      ]);
      expect(readFileSync(LOCK, 'utf8')).toBe(locked);
    } finally {
      writeFileSync(program, before);
    }
  });

  test.each([
    ['a mirror without a platform', () => ['--mirror', mirror], 'Name the platforms that are there'],
    ['a mirror that is none', () => ['--mirror', 'cdktf.out'], 'The mirror must hold these providers'],
    [
      'no way to the registry',
      () => [],
      'Without a way to it, name a mirror: --mirror <folder or https URL>.',
    ],
  ])('%s: the words of Terraform, and what to do', async (_what, args, words) => {
    const locked = readFileSync(LOCK, 'utf8');
    const proxy = { HTTPS_PROXY: 'http://127.0.0.1:9', https_proxy: 'http://127.0.0.1:9' };
    const { code, out, err } = await pvestack(['lock', ...args()], proxy);
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain('Error: Could not retrieve providers for locking');
    expect(err).toContain(words);
    expect(readFileSync(LOCK, 'utf8')).toBe(locked);
  });
});
