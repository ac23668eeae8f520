import { realGuests, useRealLab } from '../support/real-lab';
import { describeWith } from '../support/requirements';
import { kitPart } from '../support/shell';

// The first test of a machine builds the base image.
jest.setTimeout(600_000);

const GUESTS: [number, string][] = [
  [371, 'local:vztmpl/debian-12-standard_12.12-1_amd64.tar.zst'],
  [372, 'local:vztmpl/debian-13-standard_13.1-2_amd64.tar.zst'],
];

describeWith([realGuests], 'how a step of a deploy ends', () => {
  const lab = useRealLab();

  beforeAll(async () => {
    for (const [vmid, ostemplate] of GUESTS) {
      await lab.addGuest(vmid, `10.0.10.${vmid - 300}/24`, { ostemplate });
      const { code, output } = await lab.ssh(
        vmid,
        `useradd --system --user-group --home-dir /var/lib/app app
useradd --system --user-group --home-dir /var/cache/app-build app-build
install -d -m 0755 /srv/app/releases
install -d -m 0750 -o app -g app /var/cache/app /var/lib/app
install -d -m 0700 /var/lib/pvestack/release /etc/pvestack
echo key >/etc/pvestack/deploy_key
chmod 0600 /etc/pvestack/deploy_key
chmod 0755 /etc/pvestack
printf '%s\\n' "X='of the env'" TITLE=Shop >/srv/app/.env.dev
chown root:app /srv/app/.env.dev
chmod 0640 /srv/app/.env.dev
systemd-run -q --unit=app-live --uid=app --gid=app -p EnvironmentFile=/srv/app/.env.dev sleep 1d
systemctl show -p MainPID --value app-live >/srv/app/pid
install -d -m 0755 /run/postgresql /run/redis
systemd-run -q --unit=database systemd-socket-activate -l /run/postgresql/.s.PGSQL.5432 /bin/cat
systemd-run -q --unit=redis systemd-socket-activate -l /run/redis/redis-server.sock /bin/cat
cat >/root/steps.sh <<'END_OF_STEPS'
set -eu
record=/var/lib/pvestack/release base=/srv/app env_file=/srv/app/.env.dev
build_environment='A=1' build_hides=X build_timeout=20
now() { echo 0; }
since() { echo; }
current() { :; }
commit_of() { :; }
stop_trials() { :; }
fail() { shift; echo "$*"; exit 7; }
${kitPart('lib/quote.sh')}
${kitPart('deploy/disk.sh')}
${kitPart('deploy/steps.sh')}
${kitPart('deploy/releases.sh')}
commit_of() { :; }
current() { :; }
END_OF_STEPS`,
      );
      expect([code, output]).toEqual([0, '']);
    }
  });

  describe.each(GUESTS)('on guest %d', (vmid) => {
    const step = async (
      command: string,
      more = '',
      env: 'without-env' | 'plain-env' | 'with-env' = 'plain-env',
    ): Promise<{ code: number | null; output: string }> => {
      const { code, output } = await lab.ssh(
        vmid,
        `cat >/root/command <<'END_OF_COMMAND'
${command}
END_OF_COMMAND
{ cat /root/steps.sh; cat <<'END_OF_SCRIPT'
release=/srv/app/releases/one
${more}
clean_builds
step 12 build confined "$release" ${env} "$(cat /root/command)"
END_OF_SCRIPT
} >/root/script
install -d -m 0750 -o ${env === 'with-env' ? 'root -g app' : 'app-build -g app-build'} /srv/app/releases/one
sh /root/script`,
      );
      return { code, output: output.replaceAll(/^ {2}build.*\n/gm, '') };
    };

    test('by itself: what it printed, its environment and its dollar signs', async () => {
      const said = 'echo "$A/${TITLE:-}/${X:-} $HOME" >said; x=1; test "$x" = 1; id -un >>said';
      for (const [env, folder, expected] of [
        ['without-env', '/srv/app/releases/one', '1// /var/cache/app-build\napp-build\n'],
        ['plain-env', '/srv/app/releases/one', '1/Shop/ /var/cache/app-build\napp-build\n'],
        ['with-env', '/var/lib/app', '1/Shop/of the env /var/lib/app\napp\n'],
      ] as const) {
        expect(await step(`cd ${folder}; ${said}`, '', env)).toEqual({ code: 0, output: '' });
        expect((await lab.ssh(vmid, `cat ${folder}/said`)).output).toBe(expected);
      }
      const failed = await step('echo out; printf "err \\033[31m%s\\n" "$X" >&2; exit 3', '', 'with-env');
      expect(failed).toEqual({
        code: 7,
        output: '    | out\n    | err ***\nbuild failed. No release runs yet.\n',
      });
    });

    // One that ends well at SIGTERM is not through either.
    test.each([
      ['stopped', 'systemctl stop "pvestack-step-*"', 'sleep 30'],
      [
        'stopped, and ends with 0 at that',
        'systemctl stop "pvestack-step-*"',
        "trap 'exit 0' TERM; sleep 30 & wait",
      ],
      ['killed', 'systemctl kill -s KILL "pvestack-step-*"', 'sleep 30'],
      ['told to end', 'systemctl kill -s TERM "pvestack-step-*"', 'sleep 30'],
    ])('by somebody else: %s', async (_what, end, command) => {
      expect(await step(command, `(sleep 2; ${end}) >/dev/null 2>&1 &`)).toEqual({
        code: 7,
        output: '    | ended by somebody else, before it was through\nbuild failed. No release runs yet.\n',
      });
    });

    test('by its limits, which the message names; nothing of it runs on', async () => {
      expect((await step('(sleep 77 &) ; sleep 78', 'build_timeout=2')).output).toBe(
        '    | ended: it took longer than 2 s (build_timeout in the inventory)\nbuild failed. No release runs yet.\n',
      );
      // The kernel of a lab may have no limit of memory to give; systemd knows it all the same.
      await step(
        'systemctl show -p MemoryMax -p TasksMax "pvestack-step-*" >/var/lib/app/said',
        'build_memory=64',
        'with-env',
      );
      expect((await lab.ssh(vmid, 'cat /var/lib/app/said')).output).toBe(
        'MemoryMax=67108864\nTasksMax=2048\n',
      );
      expect(
        (await lab.ssh(vmid, 'pgrep -fx "sleep 7."; systemctl list-units --all --plain -q "pvestack-step-*"'))
          .output,
      ).toBe('');
    });

    test('before the disk is full, which the message names; what runs keeps its reserve', async () => {
      await lab.ssh(vmid, 'mount -t tmpfs -o size=96m tmpfs /srv/app/releases');
      const ended =
        "    | ended: it would leave less than 48 MiB free on the guest's disk (build_disk_reserve in the inventory). Give the guest a larger disk, or keep fewer releases (keep_releases)\nbuild failed. No release runs yet.\n";
      const fill = 'i=0; while :; do i=$((i + 1)); head -c 1M /dev/zero >"f$i"; sleep 0.02; done';
      const least = `(while [ -e /root/script ]; do df --output=avail -m /srv/app/releases | tail -n 1; sleep 0.05; done >/root/least) >/dev/null 2>&1 &`;
      expect((await step(fill, `reserve=48\n${least}`)).output).toBe(ended);
      const { output } = await lab.ssh(vmid, 'rm /root/script; sort -n /root/least | head -n 1');
      expect(Number(output)).toBeGreaterThan(16);
      expect(Number(output)).toBeLessThan(49);
      // One file alone cannot be larger than what is free above that.
      expect((await step('head -c 90M /dev/zero >one', 'reserve=48')).output.split('\n').slice(-3)).toEqual(
        ended.split('\n'),
      );
      expect((await step('true', 'reserve=100')).output).toMatch(
        /\| not begun: 9\d MiB are free on the guest's disk, and 100 MiB stay so \(build_disk_reserve/,
      );
      await lab.ssh(vmid, 'umount /srv/app/releases');
    });

    test('not at all: why', async () => {
      const { code, output } = await step('true', 'build_memory=much');
      expect([code, output]).toEqual([7, expect.stringMatching(/ {4}\| .*MemoryMax/)]);
    });

    // What the documentation says that a build does not see; the application itself may do each of these.
    test.each([
      ['the env file', 'cat /srv/app/.env.dev'],
      [
        'the environment of what runs',
        'tr "\\0" "\\n" <"/proc/$(cat /srv/app/pid)/environ" | grep "of the env"',
      ],
      ['signals to what runs', 'kill -0 "$(cat /srv/app/pid)"'],
      ["the database's socket", 'test -S /run/postgresql/.s.PGSQL.5432'],
      ['the socket of Redis', 'test -S /run/redis/redis-server.sock'],
      ['systemd', 'systemctl is-active app-live'],
      ["the application's home", 'echo script-shell=/tmp/x >/var/lib/app/.npmrc'],
      ["the application's cache", 'echo x >/var/cache/app/x'],
    ])('a build has no way to %s', async (_what, attempt) => {
      expect((await step(attempt, '', 'with-env')).code).toBe(0);
      for (const env of ['without-env', 'plain-env'] as const) {
        expect((await step(attempt, '', env)).output).toMatch(/build failed\. No release runs yet\.\n$/);
      }
    });

    test('nor has anything that is deployed to the deploy key', async () => {
      for (const env of ['plain-env', 'with-env'] as const) {
        expect((await step('cat /etc/pvestack/deploy_key', '', env)).output).toContain('Permission denied');
      }
    });

    test('names are looked up, and /run is empty besides', async () => {
      await step('ls -A /run >said; getent hosts localhost >>said');
      expect((await lab.ssh(vmid, 'cat /srv/app/releases/one/said')).output).toMatch(
        /^(systemd\n)?\S+ +localhost/,
      );
    });

    test('nothing that a build leaves is there for the next one, but what npm finds by its sum', async () => {
      const left =
        await step(`mkdir -p ~/.npm/_npx ~/.npm/_cacache/index-v5 ~/.npm/_cacache/content-v2/sha512 ~/.cache/pip
for file in ~/.npmrc ~/.gitconfig ~/.npm/_npx/x ~/.npm/_cacache/index-v5/x ~/.npm/_cacache/content-v2/sha512/x \\
  ~/.npm/_cacache/content-v2/sha512/old ~/.cache/pip/x /tmp/x /var/tmp/x /dev/shm/x; do echo x >"$file"; done
touch -d '90 days ago' ~/.npm/_cacache/content-v2/sha512/old
chmod 0777 ~`);
      expect(left).toEqual({ code: 0, output: '' });
      await step('find ~ /tmp /var/tmp /dev/shm -type f >said; stat -c "%a %U" ~ >>said');
      expect((await lab.ssh(vmid, 'cat /srv/app/releases/one/said')).output).toBe(
        '/var/cache/app-build/.npm/_cacache/content-v2/sha512/x\n700 app-build\n',
      );
    });

    test.each(['.npm', '.npm/_cacache', '.npm/_cacache/content-v2'])(
      'a link in the place of %s leads root nowhere',
      async (place) => {
        await lab.ssh(vmid, 'install -d -m 0777 /srv/theirs /srv/theirs/_cacache; touch /srv/theirs/x');
        await step(`rm -rf ~/${place}; mkdir -p ~/${place}; rmdir ~/${place}; ln -s /srv/theirs ~/${place}`);
        await step('ls -A ~/.npm/_cacache/content-v2 >said 2>&1 || true');
        const { output } = await lab.ssh(vmid, 'ls /srv/theirs; cat /srv/app/releases/one/said');
        expect(output).toMatch(/^_cacache\nx\nls: cannot access/);
      },
    );

    test('a sealed release is writable for nobody that a commit brings, whatever the build made of it', async () => {
      const made =
        await step(`mkdir -m 0777 open; cp /bin/sh suid; chmod 4777 suid; echo x >open/x; chmod 0666 open/x
ln -s /etc/shadow link; chmod 0777 .`);
      expect(made).toEqual({ code: 0, output: '' });
      const before = (await lab.ssh(vmid, 'stat -c "%a %U" /etc/shadow')).output;
      const { output } = await lab.ssh(
        vmid,
        `{ cat /root/steps.sh; echo 'release=/srv/app/releases/one commit=0123abc; seal'; } >/root/script; sh /root/script
stat -c '%a %U:%G %n' /srv/app/releases/one /srv/app/releases/one/suid
for user in app app-build; do
  runuser -u "$user" -- find /srv/app -writable ! -type l 2>/dev/null
  runuser -u "$user" -- cat /srv/app/releases/one/open/x
done 2>&1
stat -c '%a %U' /etc/shadow
rm -rf /srv/app/releases/one`,
      );
      expect(output.split('\n')).toEqual([
        '750 root:app /srv/app/releases/one',
        '750 root:app /srv/app/releases/one/suid',
        'x',
        'cat: /srv/app/releases/one/open/x: Permission denied',
        before.trim(),
        '',
      ]);
    });
  });
});
