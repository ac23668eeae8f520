import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { layersOf } from '../../renderers/layers';
import { stateScript } from '../../renderers/state';
import { templateSource } from '../../renderers/template-source';
import { envOf } from './envs';

/** The program of the look, as /bin/sh gets it. */
const PROGRAM = (() => {
  const env = envOf();
  const source = templateSource([]);
  return stateScript(layersOf(env, source), source)
    .join('\n')
    .replaceAll('$${', '${')
    .replaceAll('%%{', '%{');
})();

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "look %h it's-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the program with an ssh that is a shell script. */
function ask(
  ssh: string,
  env: NodeJS.ProcessEnv = {},
): { answer: Record<string, string>; args: string[]; ms: number } {
  const bin = path.join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  const file = path.join(bin, 'ssh');
  writeFileSync(
    file,
    `#!/bin/sh\nfor a; do printf '%s\\n' "$a"; done >'${folder.replaceAll("'", "'\\''")}/args'\n${ssh}\n`,
  );
  chmodSync(file, 0o755);
  const started = Date.now();
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', PROGRAM], {
    encoding: 'utf8',
    timeout: 20_000,
    env: {
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
      HOME: folder,
      TMPDIR: folder,
      ADDRESS: '10.0.10.101',
      SSH_USER: 'root',
      ...env,
    },
  });
  expect([status, stderr]).toEqual([0, '']);
  const args = path.join(folder, 'args');
  return {
    answer: JSON.parse(stdout) as Record<string, string>,
    args: existsSync(args) ? readFileSync(args, 'utf8').trim().split('\n') : [],
    ms: Date.now() - started,
  };
}

describe('what a guest says', () => {
  test('arrives', () => {
    const { answer } = ask(
      `cat >/dev/null; printf '%s\\n' 'base_os 2: edited /etc/sudoers.d/pvestack-appuser' 'app new' 'release 0123456789abcdef' 'note held'`,
    );
    expect(answer).toEqual({
      asked: 'yes',
      note: 'held',
      base_os: '2: edited /etc/sudoers.d/pvestack-appuser',
      app: 'new',
      release: '0123456789abcdef',
    });
  });

  test.each<[name: string, ssh: string, said: string]>([
    ['quotes and JSON', `echo 'base_os ","asked":"x"}'`, ',asked:x'],
    ['expressions', `echo 'base_os \${var.x} %{if} \`id\` $(id)'`, 'var.x if id (id)'],
    ['control characters', `printf 'base_os \\033[31mred\\007\\r\\033]0;title\\n'`, '31mred0;title'],
    ['other letters', `echo 'base_os \u202eübel'`, 'bel'],
    ['a long line', `echo "base_os $(head -c 5000 /dev/zero | tr '\\0' x)"`, 'x'.repeat(200)],
    ['a second answer', `echo 'base_os one'; echo 'base_os two'`, 'one'],
    ['nothing', '', ''],
  ])('%s: only harmless characters, and not many', (_name, ssh, said) => {
    expect(ask(`cat >/dev/null; ${ssh}`).answer).toEqual({
      asked: 'yes',
      note: '',
      base_os: said,
      app: '',
      release: '',
    });
  });

  test('a guest that says too much is not listened to', () => {
    const { answer } = ask(`cat >/dev/null; echo 'base_os new'; exec yes 'base_os hostile'`);
    expect(answer).toEqual({
      asked: 'no',
      note: 'root@10.0.10.101 does not let this plan look at the guest: no answer within a minute, or more than an answer',
      base_os: '',
      app: '',
      release: '',
    });
  });

  test('an ssh that fails is a note, and no answer of the guest counts', () => {
    const { answer } = ask(
      `cat >/dev/null; echo 'base_os new'; echo 'noise' >&2; printf 'ssh: "refused"\\033[0m\\n' >&2; exit 255`,
    );
    expect(answer).toMatchObject({
      asked: 'no',
      note: 'root@10.0.10.101 does not let this plan look at the guest: ssh: refused0m',
      base_os: '',
    });
  });
});

describe('how ssh is called', () => {
  const KEYS = ['-i', expect.stringMatching(/\/key$/), '-o', 'IdentitiesOnly=yes'];
  test('nothing of the caller’s own configuration counts, and nothing of the guest’s is kept', () => {
    const { args } = ask('cat >/dev/null');
    expect(args.slice(0, 3)).toEqual(['-F', '/dev/null', '-T']);
    expect(args).toEqual(
      expect.arrayContaining(['BatchMode=yes', 'ConnectTimeout=5', 'StrictHostKeyChecking=no']),
    );
    expect(args.slice(-5)).toEqual(['-l', 'root', '--', '10.0.10.101', 'sh -s']);
    expect(args).not.toContain('-i');
  });

  test('the key of the environment is a file of this user only, gone afterwards', () => {
    const { args, answer } = ask(
      `cat >/dev/null; shift 14; while [ "$1" != -i ]; do shift; done; echo "base_os $(stat -c %a "$2") $(cat "$2")"`,
      { TF_VAR_ssh_private_key: 'not a key' },
    );
    expect(args).toEqual(expect.arrayContaining(KEYS));
    expect(answer['base_os']).toBe('600 not a key');
    const file = args[args.indexOf('-i') + 1] ?? '';
    expect(existsSync(file)).toBe(false);
  });

  test('the key file, from home', () => {
    const { args } = ask('cat >/dev/null', { KEY_FILE: '~/.ssh/key' });
    expect(args).toEqual(expect.arrayContaining(['-i', path.join(folder, '.ssh/key')]));
  });

  test('a key that is only in a tfvars file cannot be used', () => {
    const { answer, args } = ask('cat >/dev/null', { KEY_GIVEN: 'yes' });
    expect(answer).toMatchObject({
      asked: 'no',
      note: 'ssh_private_key is no environment variable of this plan (TF_VAR_ssh_private_key), so the guest was not looked at.',
    });
    expect(args).toEqual([]);
  });

  test('a host key is the only one that is taken', () => {
    const { args, answer } = ask(
      `cat >/dev/null; for a; do case $a in UserKnownHostsFile=*) echo "base_os $(cat "\${a#*=}")" ;; esac; done`,
      { HOST_KEY: 'ssh-ed25519 AAAAC3' },
    );
    expect(args).toContain('StrictHostKeyChecking=yes');
    expect(answer['base_os']).toBe('10.0.10.101 ssh-ed25519 AAAAC3');
  });

  test('another user works by sudo', () => {
    const { args } = ask('cat >/dev/null', { SSH_USER: 'debian' });
    expect(args.slice(-5)).toEqual(['-l', 'debian', '--', '10.0.10.101', 'sudo -n sh -s']);
  });

  test.each(["x'; touch pwned; '", '$(touch pwned)', '%h `touch pwned`', '-oProxyCommand=touch pwned'])(
    'a bastion, whose user %j is one word of the command line',
    (user) => {
      const key = path.join(folder, 'a key');
      const { args } = ask('cat >/dev/null', { BASTION: `2222 ${user}@bastion.example.lan`, KEY_FILE: key });
      const proxy = args.find((arg) => arg.startsWith('ProxyCommand='))?.slice('ProxyCommand='.length) ?? '';
      // As ssh does: percent signs first, then a shell.
      const filled = proxy.replace(
        /%(.)/g,
        (_all, what: string) => ({ h: '10.0.10.101', p: '22' })[what] ?? what,
      );
      const shown = spawnSync('/bin/sh', ['-c', filled.replace(/^ssh /, "printf '%s\\n' ")], {
        encoding: 'utf8',
        cwd: folder,
      });
      expect(shown.stdout.trim().split('\n').slice(-10)).toEqual([
        '-i',
        key,
        '-o',
        'IdentitiesOnly=yes',
        '-W',
        '10.0.10.101:22',
        '-p',
        '2222',
        '--',
        `${user}@bastion.example.lan`,
      ]);
      expect(existsSync(path.join(folder, 'pwned'))).toBe(false);
    },
  );
});
