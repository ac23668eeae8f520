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
        `useradd --system --home-dir /var/lib/app app
install -d -o app -g app /srv/app/releases/one /var/cache/app /var/lib/app
install -d -m 0700 /var/lib/pvestack/release
printf 'X=%s\\n' "'of the env'" >/srv/app/.env.dev
cat >/root/steps.sh <<'END_OF_STEPS'
set -eu
record=/var/lib/pvestack/release base=/srv/app env_file=/srv/app/.env.dev
build_environment='A=1' build_timeout=20 build_memory=
now() { echo 0; }
since() { echo; }
current() { :; }
commit_of() { :; }
stop_trials() { :; }
fail() { shift; echo "$*"; exit 7; }
${kitPart('lib/quote.sh')}
${kitPart('deploy/steps.sh')}
END_OF_STEPS`,
      );
      expect([code, output]).toEqual([0, '']);
    }
  });

  describe.each(GUESTS)('on guest %d', (vmid) => {
    const step = async (command: string, more = ''): Promise<{ code: number | null; output: string }> => {
      const { code, output } = await lab.ssh(
        vmid,
        `cat >/root/command <<'END_OF_COMMAND'
${command}
END_OF_COMMAND
{ cat /root/steps.sh; cat <<'END_OF_SCRIPT'
release=/srv/app/releases/one
${more}
step 12 build confined "$release" with-env "$(cat /root/command)"
END_OF_SCRIPT
} >/root/script; install -d -o app -g app /srv/app/releases/one; sh /root/script`,
      );
      return { code, output: output.replaceAll(/^ {2}build.*\n/gm, '') };
    };

    test('by itself: what it printed, its environment and its dollar signs', async () => {
      expect(await step('echo "$A $X" >said; x=1; test "$x" = 1; id -un >>said')).toEqual({
        code: 0,
        output: '',
      });
      expect((await lab.ssh(vmid, 'cat /srv/app/releases/one/said')).output).toBe('1 of the env\napp\n');
      const failed = await step('echo out; printf "err \\033[31m%s\\n" "$X" >&2; exit 3');
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
      await step('systemctl show -p MemoryMax -p TasksMax "pvestack-step-*" >said', 'build_memory=64');
      expect((await lab.ssh(vmid, 'cat /srv/app/releases/one/said')).output).toBe(
        'MemoryMax=67108864\nTasksMax=2048\n',
      );
      expect(
        (await lab.ssh(vmid, 'pgrep -x sleep; systemctl list-units --all --plain -q "pvestack-step-*"'))
          .output,
      ).toBe('');
    });

    test('not at all: why', async () => {
      const { code, output } = await step('true', 'build_memory=much');
      expect([code, output]).toEqual([7, expect.stringMatching(/ {4}\| .*MemoryMax/)]);
    });
  });
});
