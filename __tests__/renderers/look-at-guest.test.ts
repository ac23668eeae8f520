import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { lookProgram } from '../../renderers/look';
import { PLANNER_FOLDER, sh, TemporaryFolder } from '../support/shell';
import { envOf, layersIn } from './envs';

const PROGRAM = `exec /bin/sh '${path.join(PLANNER_FOLDER, 'look.sh')}'`;
const LAYERS = ['kit', 'base_os', 'app', 'release'];

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder("look %h it's-");
});
afterEach(() => {
  folder.remove();
});

interface Asked {
  answer: Record<string, string>;
  /** Of the answer: when it was, and what each layer was asked for. */
  now: string;
  sums: string;
  /** The key that was met, as a pin; and all that the guest says it has. */
  key: string;
  keys: string;
  /** Of ssh. */
  args: string[];
  /** What ssh got on standard input: the mark, the layers, the wanted release, the repository and the branch. */
  question: string[];
}

/** Runs the program with an ssh that is a shell script; `$mark` is the mark of the answer, `$at` the folder. */
function ask(ssh: string, env: NodeJS.ProcessEnv = {}): Asked {
  folder.fake(
    'ssh',
    `at='${folder.root.replaceAll("'", "'\\''")}'
for a; do printf '%s\n' "$a"; done >"$at/args"
cat >"$at/question"
mark=$(head -n 1 "$at/question")
${ssh}`,
  );
  const { status, stdout, stderr } = sh(PROGRAM, {
    env: {
      ...folder.env,
      HOME: folder.root,
      TMPDIR: folder.root,
      ADDRESS: '10.0.10.101',
      SSH_USER: 'root',
      LAYERS: LAYERS.join(' '),
      ...env,
    },
  });
  expect([status, stderr]).toEqual([0, '']);
  const lines = (name: string): string[] =>
    existsSync(folder.at(name)) ? readFileSync(folder.at(name), 'utf8').replace(/\n$/, '').split('\n') : [];
  const {
    now = '',
    sums = '',
    key = '',
    keys = '',
    ...answer
  } = JSON.parse(stdout) as Record<string, string>;
  return {
    answer,
    now,
    sums,
    keys,
    key,
    args: lines('args'),
    question: lines('question'),
  };
}

/** An ssh whose guest answers with what these commands print. */
const framed = (commands: string): string => `echo "$mark begin"\n${commands}\necho "$mark end"`;
const says = (...lines: string[]): string =>
  framed(lines.map((line) => `echo '${line.replaceAll("'", "'\\''")}'`).join('\n'));

/** An answer in which every layer says the same, of a guest that is nobody else's. */
const all = (value: string): Record<string, string> => ({
  stranger: '',
  runs: '',
  ...Object.fromEntries(LAYERS.map((layer) => [layer, value])),
});
const UNANSWERED = 'root@10.0.10.101 does not let this plan look at the guest: ';

describe('what a guest says', () => {
  test('arrives', () => {
    const { answer } = ask(
      says(
        'kit abc',
        'base_os 2: edited /etc/sudoers.d/pvestack-appuser',
        'app new',
        'release 0123456789abcdef',
        'note held',
      ),
    );
    expect(answer).toEqual({
      asked: 'yes',
      note: 'held',
      stranger: '',
      runs: '',
      kit: 'abc',
      base_os: '2: edited /etc/sudoers.d/pvestack-appuser',
      app: 'new',
      release: '0123456789abcdef',
    });
  });

  test('what each layer was asked for arrives on one line', () => {
    const { answer, sums } = ask(
      says('kit a', 'sums kit:0a1b', 'base_os b', 'sums base_os:2c3d,4e"}$(x)', 'app c'),
    );
    expect(answer).toEqual({ asked: 'yes', note: '', ...all(''), kit: 'a', base_os: 'b', app: 'c' });
    expect(sums).toBe('kit:0a1b base_os:2c3d,4ex ');
  });

  test.each<[name: string, commands: string, said: string]>([
    ['quotes and JSON', `echo 'base_os ","asked":"x"}'`, ',asked:x'],
    ['expressions', `echo 'base_os \${var.x} %{if} \`id\` $(id)'`, 'var.x if id (id)'],
    ['control characters', `printf 'base_os \\033[31mred\\007\\r\\033]0;title\\n'`, '31mred0;title'],
    ['other letters', `echo 'base_os \u202eübel'`, 'bel'],
    ['a long line', `echo "base_os $(head -c 5000 /dev/zero | tr '\\0' x)"`, 'x'.repeat(200)],
    ['a second answer', `echo 'base_os one'; echo 'base_os two'`, 'one'],
    ['nothing', '', ''],
  ])('%s: only harmless characters, and not many', (_name, commands, said) => {
    expect(ask(framed(commands)).answer).toEqual({ asked: 'yes', note: '', ...all(''), base_os: said });
  });

  test.each<[what: string, ssh: string, printed: string]>([
    [
      'before the frame',
      `echo; echo 'release 12.5'; echo 'base_os hostile'\n${says('base_os fine', 'release abc')}`,
      'release 12.5',
    ],
    ['before it, with a note', `echo 'hello'\n${says('base_os fine', 'release abc', 'note held')}`, 'hello'],
    [
      'in a frame of its own',
      `echo 'look-00 begin'; echo 'release evil'; echo 'look-00 end'\n${says('base_os fine', 'release abc')}`,
      'look-00 begin',
    ],
  ])('what a login prints %s changes nothing, and is named', (_what, ssh, printed) => {
    const { answer } = ask(ssh);
    expect(answer).toMatchObject({ asked: 'yes', kit: '', base_os: 'fine', app: '', release: 'abc' });
    expect(answer['note']).toBe(
      `${ssh.includes('note held') ? 'held ' : ''}The login of root prints text where only programs read (it begins: ${printed}). ` +
        'Uploads of terraform fail of that: let .bashrc and its like print in interactive shells only.',
    );
  });

  test('what is said after the frame, by a logout, counts for nothing', () => {
    expect(ask(`${says('base_os fine')}\necho 'app evil'; echo bye`).answer).toEqual({
      asked: 'yes',
      note: '',
      ...all(''),
      base_os: 'fine',
    });
  });

  test.each<[what: string, ssh: string, why: string]>([
    [
      'a frame with another mark',
      `echo 'look-00 begin'; echo 'base_os x'; echo 'look-00 end'`,
      'the answer was cut off or is none (it begins: look-00 begin)',
    ],
    ['no frame', `echo 'base_os x'`, 'the answer was cut off or is none (it begins: base_os x)'],
    ['no answer', ':', 'the answer was cut off or is none'],
    [
      'an answer that was cut off',
      `echo "$mark begin"; echo 'base_os x'`,
      'the answer was cut off or is none',
    ],
    [
      'one that was cut off in its end',
      `echo "$mark begin"; echo 'base_os x'; printf '%s en' "$mark"`,
      'the answer was cut off or is none',
    ],
    ['a whole answer of an ssh that failed', `${says('base_os x')}\nexit 1`, ''],
  ])('%s is none', (_what, ssh, why) => {
    expect(ask(ssh).answer).toEqual({ asked: 'no', note: `${UNANSWERED}${why}`, ...all('') });
  });

  test('a guest without the kit is not configured, in every layer', () => {
    const { answer, now } = ask('echo; echo "$mark none"');
    expect(now).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(answer).toEqual({ asked: 'yes', note: '', ...all(`${now}: not configured`) });
  });

  test('a guest that says too much is not listened to', () => {
    const { answer } = ask(`echo "$mark begin"; echo 'base_os new'; exec yes 'base_os hostile'`);
    expect(answer).toEqual({
      asked: 'no',
      note: `${UNANSWERED}no answer within a minute, or more than an answer`,
      ...all(''),
    });
  });

  test('an ssh that fails is a note, and no answer of the guest counts', () => {
    const { answer } = ask(
      `${says('base_os new')}; echo 'noise' >&2; printf 'ssh: "refused"\\033[0m\\n' >&2; exit 255`,
    );
    expect(answer).toMatchObject({ asked: 'no', note: `${UNANSWERED}ssh: refused0m`, base_os: '' });
  });
});

describe('whose the guest is', () => {
  const OURS = { STACK: 'app-shop-dev', OWNER: 'owner-0123456789ab' };
  test.each([
    ['this stack', 'app-shop-dev owner-0123456789ab', OURS, false],
    ['nobody yet', '', OURS, false],
    ['another inventory with the same names', 'app-shop-dev owner-ba9876543210', OURS, true],
    ['another stack', 'app-mail-dev owner-0123456789ab', OURS, true],
    ['another one, with mischief', 'app"x$(id)', OURS, true],
    ['another one, but it is being adopted', 'app-mail-dev owner-0123456789ab', {}, false],
  ])('%s', (_what, whose, env, refused) => {
    for (const ssh of [says(`owner ${whose}`), `echo; echo "$mark owner "'${whose}'; echo "$mark none"`]) {
      const { answer } = ask(ssh, env);
      const clean = whose.replace(/[^\w .()-]/g, '');
      expect(answer['stranger']).toEqual(
        refused ? expect.stringContaining(`it says that it belongs to the stack ${clean}, and this is`) : '',
      );
    }
  });
});

test('both notes, of a held release and of a login that prints, arrive whole', () => {
  const { answer } = ask(`echo ${'x'.repeat(80)}\n${says(`note ${'y'.repeat(400)}`)}`);
  expect(answer['note']).toBe(
    `${'y'.repeat(300)} The login of root prints text where only programs read (it begins: ${'x'.repeat(60)}). ` +
      'Uploads of terraform fail of that: let .bashrc and its like print in interactive shells only.',
  );
});

test.each([
  [
    'a configured guest without a pin',
    { PIN: '' },
    'kit 2026-01-01T00:00:00Z: packages',
    /^20[\d-]+T[\d:]+Z: host key not pinned$/,
  ],
  ['one that nobody pins', {}, 'kit 2026-01-01T00:00:00Z: packages', /^2026-01-01T00:00:00Z: packages$/],
  ['one that has not said how it is', { PIN: '' }, 'base_os new', /^$/],
])('the host key of %s', (_what, env, line, expected) => {
  expect(ask(says(line), env).answer['kit']).toMatch(expected);
});

describe('what is asked', () => {
  test('the mark, another one each time, the layers and the release', () => {
    const release = { RELEASE: 'v1.2', REPO: 'git@git.example.lan:team/pote.git', BRANCH: 'dev' };
    const [first, second] = [ask(':', release), ask(':', release)].map(({ question }) => question);
    expect(first).toEqual([
      expect.stringMatching(/^look-[0-9a-f]{16}$/),
      'kit base_os app release',
      'v1.2',
      'git@git.example.lan:team/pote.git',
      'dev',
      // What of the branch counts: all.
      '',
    ]);
    expect(second?.[0]).not.toBe(first?.[0]);
  });

  test('a release that is no name asks nothing', () => {
    const { answer, args } = ask(':', { RELEASE: '$(touch pwned)' });
    expect(answer).toMatchObject({ asked: 'no', note: 'the variable release is no commit, tag or branch.' });
    expect(args).toEqual([]);
  });

  test('the program of the data source says all that the program reads', () => {
    const env = envOf({ env: 'ssh_host_key: ssh-ed25519 AAAA' });
    expect(lookProgram(env, layersIn(env))).toEqual([
      'env',
      'ADDRESS=${local.address_now}',
      'SSH_USER=root',
      'STACK=app-pote-dev',
      'OWNER=${local.owner}',
      'HOST_KEY=ssh-ed25519 AAAA',
      'LAYERS=kit base_os app release',
      'KEY_FILE=${var.ssh_private_key_file != null ? var.ssh_private_key_file : ""}',
      'KEY_GIVEN=${nonsensitive(var.ssh_private_key != null) ? "yes" : ""}',
      'RELEASE=${var.release}',
      'REPO=git@git.example.lan:team/pote.git',
      'BRANCH=dev',
      '/bin/sh',
      '${path.module}/look.sh',
    ]);
  });

  // What ssh hands to the guest's shell, run by one that has the kit and one that has not.
  test.each(['root', 'debian'])('the command of %s runs the look, or says that there is none', (user) => {
    const { args } = ask(':', { SSH_USER: user });
    const remote = args.at(-1) ?? '';
    folder.fake('sudo', '[ "$1" = -n ] && shift && exec "$@"');
    const kit = new TemporaryFolder();
    const run = (): string =>
      sh(remote.replaceAll('/usr/local/lib/pvestack', kit.root), {
        env: folder.env,
        input: 'look-1\nkit\n',
      }).stdout;
    expect(run()).toBe('\nlook-1 owner\nlook-1 none\n');
    kit.write(
      'look',
      '#!/bin/sh\nread -r mark; echo "$mark begin"; read -r layers; echo "$layers x"\n',
      0o755,
    );
    expect(run()).toBe('look-1 begin\nkit x\n');
    kit.remove();
  });
});

describe('how ssh is called', () => {
  const COMMAND =
    "sh -c 'if [ -x /usr/local/lib/pvestack/look ]; then exec /usr/local/lib/pvestack/look; fi; read -r mark; echo; echo $mark owner $(head -c 200 /etc/pvestack/owner 2>/dev/null); echo $mark none'";
  const KEYS = ['-i', expect.stringMatching(/\/key$|^\/proc\/\d+\/fd\/3$/), '-o', 'IdentitiesOnly=yes'];
  test('nothing of the caller’s own configuration counts, and nothing of the guest’s is kept', () => {
    const { args } = ask(':');
    expect(args.slice(0, 3)).toEqual(['-F', '/dev/null', '-T']);
    expect(args).toEqual(
      expect.arrayContaining(['BatchMode=yes', 'ConnectTimeout=5', 'StrictHostKeyChecking=no']),
    );
    expect(args.slice(-5)).toEqual(['-l', 'root', '--', '10.0.10.101', COMMAND]);
    expect(args).not.toContain('-i');
  });

  test('the key of the environment is a file of this user only, gone afterwards', () => {
    const { args, answer } = ask(
      framed(
        `shift 14; while [ "$1" != -i ]; do shift; done; echo "base_os $(stat -Lc %a "$2") $(cat "$2")"`,
      ),
      { TF_VAR_ssh_private_key: 'not a key' },
    );
    expect(args).toEqual(expect.arrayContaining(KEYS));
    expect(answer['base_os']).toBe('600 not a key');
    const file = args[args.indexOf('-i') + 1] ?? '';
    expect(existsSync(file)).toBe(false);
  });

  test('a look that is killed leaves no key, and the next one removes what it left', () => {
    folder.fake('ssh', 'kill -9 "$PPID"');
    const { signal } = spawnSync('/bin/sh', ['-c', PROGRAM], {
      env: {
        ...folder.env,
        TMPDIR: folder.root,
        ADDRESS: '10.0.10.101',
        SSH_USER: 'root',
        LAYERS: 'kit',
        TF_VAR_ssh_private_key: 'not a key',
      },
    });
    expect(signal).toBe('SIGKILL');
    const left = (): string[] => readdirSync(folder.root).filter((name) => name.startsWith('pvestack-look-'));
    expect(left()).toHaveLength(1);
    // macOS has no /proc: there the key stays until the next look.
    if (existsSync('/proc/self/fd')) {
      expect(spawnSync('grep', ['-r', 'not a key', folder.at(left()[0] ?? '')]).status).toBe(1);
    }
    ask(':');
    expect(left()).toEqual([]);
  });

  test('the key file, from home', () => {
    const { args } = ask(':', { KEY_FILE: '~/.ssh/key' });
    expect(args).toEqual(expect.arrayContaining(['-i', folder.at('.ssh/key')]));
  });

  test('a key that is only in a tfvars file cannot be used', () => {
    const { answer, args } = ask(':', { KEY_GIVEN: 'yes' });
    expect(answer).toMatchObject({
      asked: 'no',
      note: 'ssh_private_key is no environment variable of this plan (TF_VAR_ssh_private_key), so the guest was not looked at.',
    });
    expect(args).toEqual([]);
  });

  test('a host key is the only one that is taken', () => {
    const { args, answer } = ask(
      framed(`for a; do case $a in UserKnownHostsFile=*) echo "base_os $(cat "\${a#*=}")" ;; esac; done`),
      { HOST_KEY: 'ssh-ed25519 AAAAC3' },
    );
    expect(args).toContain('StrictHostKeyChecking=yes');
    expect(answer['base_os']).toBe('10.0.10.101 ssh-ed25519 AAAAC3');
  });

  test.each<[what: string, known: string, pin: string]>([
    ['no host', '', ''],
    ['one with a key of another type alone', '10.0.10.101 ecdsa-sha2-nistp256 AAAAE2\n', '0'.repeat(64)],
  ])('the key that was met, of %s', (_what, known, pin) => {
    const met = `for a; do case $a in UserKnownHostsFile=*) printf '%s' '${known}' >"\${a#*=}" ;; esac; done`;
    expect(ask(`${met}\nexit 1`).key).toBe(pin);
  });

  test.each<[what: string, ssh: string, isHeld: boolean]>([
    ['does not answer', 'exit 255', true],
    ['let this in, and gave no answer', 'exit 1', false],
  ])('the layers of a plan take the pinned key alone where the guest %s', (_what, ssh, isHeld) => {
    const { keys, answer } = ask(ssh, { PIN: `bc2411010203-${'ab'.repeat(32)}` });
    const key = Buffer.from(`0000000b7373682d6564323535313900000020${'ab'.repeat(32)}`, 'hex');
    expect(keys).toBe(isHeld ? `ssh-ed25519 ${key.toString('base64')}` : '');
    expect(/take the pinned host key alone/.test(answer['note'] ?? '')).toBe(isHeld);
  });

  test('another user works by sudo', () => {
    const { args } = ask(':', { SSH_USER: 'debian' });
    expect(args.slice(-5)).toEqual(['-l', 'debian', '--', '10.0.10.101', `sudo -n ${COMMAND}`]);
  });

  test.each(["x'; touch pwned; '", '$(touch pwned)', '%h `touch pwned`', '-oProxyCommand=touch pwned'])(
    'a bastion, whose user %j is one word of the command line',
    (user) => {
      const key = folder.at('a key');
      const { args } = ask(':', { BASTION: `2222 ${user}@bastion.example.lan`, KEY_FILE: key });
      const proxy = args.find((arg) => arg.startsWith('ProxyCommand='))?.slice('ProxyCommand='.length) ?? '';
      // As ssh does: percent signs first, then a shell.
      const filled = proxy.replace(
        /%(.)/g,
        (_all, what: string) => ({ h: '10.0.10.101', p: '22' })[what] ?? what,
      );
      const shown = spawnSync('/bin/sh', ['-c', filled.replace(/^ssh /, "printf '%s\\n' ")], {
        encoding: 'utf8',
        cwd: folder.root,
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
      expect(existsSync(folder.at('pwned'))).toBe(false);
    },
  );
});
