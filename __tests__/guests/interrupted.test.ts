import { APP, AppRepository, BAKED, git, serveGit } from '../support/app-fixture';
import { realGuests, useRealLab } from '../support/real-lab';
import { command, describeWith, providers } from '../support/requirements';
import { unwrapped, type Outcome } from '../support/workspace';

// The first test of a machine builds the base image.
jest.setTimeout(600_000);

const STACK = 'app-shop-dev';
const GUEST = 301;
const ADDRESS = '10.0.10.71';

/** What to wait for in a layer's output: then it is in the middle of its work. */
const MIDDLE = {
  base_os: /null_resource\.base_os \(remote-exec\): install /,
  app: /null_resource\.app \(remote-exec\): changed {2}\/srv\/app\/\.env\.dev/,
  release: /null_resource\.release \(remote-exec\): {3}check out /,
} as const;
type Layer = keyof typeof MIDDLE;
const LAYERS = Object.keys(MIDDLE) as Layer[];

describeWith([realGuests, providers, git, command('curl')], 'a run that was cut off', () => {
  const lab = useRealLab({ lab: BAKED });
  const repository = new AppRepository();
  let stop: () => void;
  let turn = 0;

  const ssh = async (script: string): Promise<string> => {
    const { code, output } = await lab.ssh(ADDRESS, script);
    expect([code, output]).toEqual([0, output]);
    return output.trim();
  };
  /** An inventory in which every layer has something to do: packages, a value, a commit. */
  const synth = (files: Record<string, string> = {}): void => {
    turn += 1;
    lab.workspace.synth(
      JSON.stringify({
        proxmox_host: lab.emulator.url,
        ssh_public_keys: [lab.publicKey],
        remove_packages: true,
        packages: turn % 2 === 1 ? ['pv', 'tree'] : ['dc', 'bc'],
        guest: { protection: false, lxc_ostemplate: 'local:vztmpl/debian-12-baked_1_amd64.tar.zst' },
        app_projects: {
          shop: {
            repo: 'git://10.0.10.1/app',
            env_vars: { TITLE: 'Shop', TURN: turn },
            envs: {
              dev: {
                name: 'shop-dev',
                vmid: GUEST,
                ip: `${ADDRESS}/24`,
                gateway: '10.0.10.1',
                branch: 'dev',
              },
            },
          },
        },
      }),
    );
    repository.commit(`turn ${turn}`, { 'backend/version': `turn ${turn}`, ...files });
  };
  const apply = (onOutput?: (text: string, kill: (signal: NodeJS.Signals) => void) => void) => {
    let kill: (signal: NodeJS.Signals) => void = () => undefined;
    return lab.workspace.terraform(STACK, ['apply', '-auto-approve'], {
      group: true,
      onStart: (send) => (kill = send),
      ...(onOutput
        ? {
            onOutput: (text) => {
              onOutput(text, kill);
            },
          }
        : {}),
    });
  };
  /** Does something once the output shows that a layer is in the middle. */
  const cut = async (
    middle: RegExp,
    how: (kill: (signal: NodeJS.Signals) => void) => unknown,
  ): Promise<Outcome> => {
    let output = '';
    let done: unknown;
    const outcome = await apply((text, kill) => {
      output += text;
      if (done === undefined && middle.test(output)) done = how(kill) ?? true;
    });
    await done;
    expect(done).toBeDefined();
    return outcome;
  };
  /** The second run does the rest, a third nothing; what runs is what the inventory and the branch say. */
  const converges = async (): Promise<void> => {
    // A guest that is on its way up, as after a power cut, is waited for by the provider's next apply as well.
    await lab.waitForSsh(ADDRESS, 60_000);
    const again = await apply();
    expect([again.code, again.output]).toEqual([0, expect.stringContaining('Apply complete!')]);
    const plan = await lab.workspace.plan(STACK);
    expect([plan.code, plan.output]).toEqual([0, expect.stringContaining('No changes.')]);
    const answer = async (path: string): Promise<string> =>
      (await lab.exec('curl', ['-s', '-m', '3', `http://${ADDRESS}:3001${path}`])).output;
    expect(await answer('/')).toBe(`turn ${turn}`);
    expect(JSON.parse(await answer('/env'))).toMatchObject({ TURN: String(turn) });
    const packages = turn % 2 === 1 ? 'pv\ntree' : 'bc\ndc';
    expect(
      await ssh(
        "dpkg-query -W -f '${db:Status-Abbrev}${Package}\\n' pv tree bc dc 2>/dev/null | sed -n 's/^ii *//p'; dpkg --audit; ls /run/pvestack; pgrep -fc '[.]pvestack-' || true",
      ),
    ).toBe(`${packages}\n0`);
  };

  beforeAll(async () => {
    lab.workspace.env['TF_VAR_ssh_private_key_file'] = lab.privateKey;
    stop = await serveGit(lab, repository);
    synth();
    const first = await apply();
    expect([first.code, first.output]).toEqual([0, expect.stringContaining('Apply complete!')]);
  });
  afterAll(() => {
    stop();
    repository.remove();
  });

  describe.each<[string, (kill: (signal: NodeJS.Signals) => void) => unknown]>([
    [
      'Ctrl-C, twice',
      (kill) => {
        kill('SIGINT');
        setTimeout(() => {
          kill('SIGINT');
        }, 100);
      },
    ],
    [
      'terraform and its providers are killed',
      (kill) => {
        kill('SIGKILL');
      },
    ],
    // 255: the connection of this command goes with all others.
    ['the SSH connection is cut', () => lab.ssh(ADDRESS, "pkill -9 -f '^sshd: root@'")],
    [
      'the guest loses power, and starts again',
      async () => {
        await lab.api('POST', `/nodes/pve/lxc/${GUEST}/status/stop`);
        await lab.api('POST', `/nodes/pve/lxc/${GUEST}/status/start`);
      },
    ],
  ])('%s', (_name, how) => {
    test.each(LAYERS)('in the middle of %s', async (layer) => {
      synth();
      const { code } = await cut(MIDDLE[layer], how);
      expect(code).not.toBe(0);
      await converges();
    });
  });

  /** Kills a process of the guest as soon as there is one. */
  const killOnGuest = (pattern: string) => (): Promise<Outcome> =>
    lab.ssh(ADDRESS, `for _ in $(seq 400); do pkill -9 ${pattern} && exit; sleep 0.02; done; exit 1`);

  test('dpkg is killed in the middle of an installation', async () => {
    synth();
    const { code, output } = await cut(MIDDLE.base_os, killOnGuest("-f '^[a-z/]*dpkg .*--unpack'"));
    expect(code).toBe(1);
    expect(output).toContain('base_os: apt-get could not install: ');
    await converges();
  });

  test('npm is killed: the step is named, and the old release runs on', async () => {
    const slow = { name: 'backend', scripts: { start: 'node server.js', prepare: 'sleep 3' } };
    synth({ 'backend/package.json': JSON.stringify(slow) });
    const { code, output } = await cut(MIDDLE.release, killOnGuest("-f '^npm (ci|install)'"));
    expect(code).toBe(1);
    expect(output).toMatch(/deploy_app\.sh: backend install failed\. \w{7} runs on/);
    await converges();
    repository.commit('quick again', { 'backend/package.json': APP['backend/package.json'] ?? '' });
  });

  test('somebody else holds the lock of apt: it is waited for', async () => {
    const hold =
      'import fcntl, time; f = open("/var/lib/dpkg/lock-frontend", "w"); fcntl.lockf(f, fcntl.LOCK_EX); time.sleep(6)';
    await ssh(`systemd-run --quiet python3 -c '${hold}'; sleep 0.5`);
    synth();
    await converges();
  });

  test.each([
    ['base_os', '/var/lib/dpkg'],
    ['base_os', '/var/lib/pvestack'],
    ['app', '/srv/app'],
    ['release', '/srv/app'],
  ])('%s: the disk is full at %s', async (layer, folder) => {
    synth();
    // The layers before it have room.
    if (layer === 'release') {
      const outcome = await cut(MIDDLE.app, (kill) => {
        kill('SIGTERM');
      });
      expect(outcome.code).not.toBe(0);
      await lab.workspace.apply(STACK, '-target=null_resource.app');
    }
    const kept = `/root/kept${turn}`;
    await ssh(`cp -a ${folder} ${kept}
      mount -t tmpfs -o size=$(($(du -sk ${folder} | cut -f 1) + 64))k tmpfs ${folder}
      cp -a ${kept}/. ${folder}/; chmod --reference=${kept} ${folder}
      dd if=/dev/zero of=${folder}/fill bs=1k status=none || true`);
    const { code, output } = await apply();
    expect(code).toBe(1);
    expect(unwrapped(output)).toMatch(/No space left on device|the disk of the guest is full/);
    // What was made before it was full has to be on the disk.
    await ssh(`rm ${folder}/fill; rm -rf ${kept}; cp -a ${folder} ${kept}; umount -l ${folder}
      find ${folder} -mindepth 1 -delete; cp -a ${kept}/. ${folder}/; rm -rf ${kept}`);
    await converges();
  });
});
