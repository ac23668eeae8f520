import { spawnSync } from 'node:child_process';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { unreachable } from '../../cli/guest/call';
import { type Known, readKnown } from '../../cli/guest/known';
import { envOf } from '../renderers/envs';
import { PLANNER_FOLDER, sh, TemporaryFolder } from '../support/shell';

const OWNER = 'owner-0123456789ab';
const KEY = 'ab'.repeat(32);
const MAC = 'bc2411010203';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
});
afterEach(() => {
  folder.remove();
});

test.each<[what: string, text: string | undefined, expected: Known]>([
  ['both', `${OWNER} ${MAC}-${KEY}\n`, { owner: OWNER, pin: `${MAC}-${KEY}` }],
  ['an external host', `${OWNER} external-${KEY}\n`, { owner: OWNER, pin: `external-${KEY}` }],
  ['no pin', `${OWNER} -\n`, { owner: OWNER }],
  ['no owner yet', `- ${MAC}-${KEY}\n`, { pin: `${MAC}-${KEY}` }],
  ['neither', '- -\n', {}],
  ['no plan was made here', undefined, {}],
])('what the last plan knew: %s', (_what, text, expected) => {
  if (text !== undefined) writeFileSync(folder.at('known'), text);
  expect(readKnown(folder.at('known'))).toEqual(expected);
});

test.each<[what: string, make: (file: string) => void, why: string]>([
  [
    'something else',
    (file) => {
      writeFileSync(file, `${OWNER}' $(id) ${MAC}-${KEY}\n`);
    },
    'it is not what a plan writes',
  ],
  [
    'half of it',
    (file) => {
      writeFileSync(file, `${OWNER} ${MAC}-`);
    },
    'it is not what a plan writes',
  ],
  [
    'nothing',
    (file) => {
      writeFileSync(file, '');
    },
    'it is not what a plan writes',
  ],
  // As root may read the file of anybody, so a folder stands for one that this user may not read.
  [
    'what cannot be read',
    (file) => {
      mkdirSync(file);
    },
    'EISDIR',
  ],
])('a plan knew something, and nobody can tell what: %s', (_what, make, why) => {
  make(folder.at('known'));
  expect(() => readKnown(folder.at('known'))).toThrow(
    `What the last plan here knew of the guest cannot be read from ${folder.at('known')}: ${why}. Nothing was done.`,
  );
});

describe('a look leaves what it knows', () => {
  const look = (env: NodeJS.ProcessEnv): Known => {
    folder.fake('ssh', 'exit 255');
    const data = folder.at('data');
    mkdirSync(data, { recursive: true });
    sh(`exec /bin/sh '${path.join(PLANNER_FOLDER, 'look.sh')}'`, {
      env: {
        ...folder.env,
        TMPDIR: folder.root,
        TF_DATA_DIR: data,
        ADDRESS: '10.0.10.101',
        SSH_USER: 'root',
        LAYERS: 'kit',
        STACK: 'app-pote-dev',
        OWNER,
        ...env,
      },
    });
    return readKnown(path.join(data, 'pvestack-known'));
  };

  test.each<[what: string, env: NodeJS.ProcessEnv, expected: Known]>([
    ['a pinned guest', { PIN: `${MAC}-${KEY}` }, { owner: OWNER, pin: `${MAC}-${KEY}` }],
    ['one without that type of key', { PIN: `${MAC}-${'0'.repeat(64)}` }, { owner: OWNER }],
    ['one whose tag was removed', { PIN: '' }, { owner: OWNER }],
    ['a key of the inventory', { HOST_KEY: 'ssh-ed25519 AAAA' }, { owner: OWNER }],
  ])('%s', (_what, env, expected) => {
    expect(look(env)).toEqual(expected);
    expect(statSync(folder.at('data/pvestack-known')).mode & 0o777).toBe(0o600);
  });

  test('of an external host the look does not know the pin, and keeps it', () => {
    mkdirSync(folder.at('data'));
    writeFileSync(folder.at('data/pvestack-known'), `${OWNER} external-${KEY}\n`);
    expect(look({})).toEqual({ owner: OWNER, pin: `external-${KEY}` });
  });
});

describe('a command on a guest', () => {
  /** Runs planner/guest.sh with an ssh that is a shell script; `$log` is its file for errors. */
  const guest = (ssh: string, env: NodeJS.ProcessEnv): { status: number | null; stderr: string } => {
    folder.fake(
      'ssh',
      `log=/dev/stderr known= auth=
for a; do
  [ "\${last:-}" = -E ] && log=$a
  case $a in UserKnownHostsFile=*) known=\${a#*=} ;; PreferredAuthentications=none) auth=none ;; esac
  last=$a
done
${ssh}`,
    );
    return spawnSync('/bin/sh', [path.join(PLANNER_FOLDER, 'guest.sh'), 'true'], {
      encoding: 'utf8',
      env: { ...folder.env, TMPDIR: folder.root, ADDRESS: '10.0.10.101', SSH_USER: 'root', ...env },
    });
  };
  /** A host that shows this key, and one that shows the pinned one. */
  const other = `if [ $auth ]; then echo "10.0.10.101 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${'A'.repeat(43)}" >"$known"; exit 255; fi
echo 'Host key verification failed.' >"$log"; exit 255`;
  const shown = 'cat "$known" >&2; echo "remote 255" >&2; exit 255';

  test('holds to the pin, and says what to do where another key answers', () => {
    const { status, stderr } = guest(other, { PIN: `${MAC}-${KEY}` });
    expect([status, stderr]).toEqual([
      255,
      expect.stringMatching(
        /^Another host key answers at 10\.0\.10\.101 than at the first contact\. Pinned: SHA256:.+ Now: SHA256:.+ Nothing was sent to it\..+\n$/,
      ),
    ]);
    expect(stderr).toContain(`remove the tag hostkey-${MAC}-${KEY} from the guest in Proxmox`);
    expect(unreachable(envOf(), stderr)).toBe(
      'answers with another host key than the pinned one, and nothing was sent to it: pvestack plan app-pote-dev says what to do',
    );
  });

  test('takes the pinned key only; what the guest says and how it ends are its own', () => {
    const { status, stderr } = guest(shown, { PIN: `${MAC}-${KEY}` });
    expect([status, stderr]).toEqual([
      255,
      `10.0.10.101 ssh-ed25519 ${Buffer.from(`0000000b7373682d6564323535313900000020${KEY}`, 'hex').toString('base64')}\nremote 255\n`,
    ]);
  });

  test('what this machine knows of other hosts is no word on this one', () => {
    const { stderr } = guest('echo "$@" >&2', { PIN: `${MAC}-${KEY}`, BASTION: '22 root@10.0.10.9' });
    expect(stderr.match(/ -o GlobalKnownHostsFile=\/dev\/null/g)).toHaveLength(2);
  });

  test("another bastion than the inventory's is said, and not taken for another guest", () => {
    const ssh = `proxy=$(printf '%s\\n' "$@" | sed -n 's/^ProxyCommand=//p')
eval "set -- $proxy"
for a; do [ "$last" = -E ] && echo 'Host key verification failed.' >"$a"; last=$a; case $a in UserKnown*) cat "\${a#*=}" >&2 ;; esac; done
echo 'Connection closed by UNKNOWN port 65535' >"$log"; exit 255`;
    const { status, stderr } = guest(ssh, {
      ...{ PIN: `${MAC}-${KEY}`, BASTION: '22 root@10.0.10.9', BASTION_KEY: 'ssh-ed25519 AAAA' },
    });
    const said =
      'the bastion 10.0.10.9 has another host key than ssh_bastion.host_key says, and nothing went through it.';
    expect([status, stderr]).toEqual([255, `bastion ssh-ed25519 AAAA\n${said}\n`]);
    expect(unreachable(envOf(), stderr)).toBe(`cannot be reached: ${said.replace(/\.$/, '')}`);
  });

  test("a key of the inventory's comes first", () => {
    const { stderr } = guest(other, { PIN: `${MAC}-${KEY}`, HOST_KEY: 'ssh-ed25519 AAAA' });
    expect(stderr).toBe('Host key verification failed.\n');
  });
});
