import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { cgroup2, newCgroup, removeCgroup, sweepCgroups } from './cgroup';
import { runCommand, type CommandOptions } from './command';
import { grantIds } from './ids';

/**
 * Starts the namespaces and outlives the emulator by a moment: when its standard input ends (the emulator closed
 * them, or was killed), it kills everything inside and removes the cgroup. Arguments: the cgroup, the script inside.
 */
const SUPERVISOR = `
set -eu
cgroup=$1 inside=$2
exec 3<&0
mkdir "$cgroup"
setpriv --pdeathsig KILL sh -c 'echo "$$" >"$1/cgroup.procs"; shift; exec "$@"' - "$cgroup" \\
  unshare --mount --net --pid --cgroup --fork --kill-child=KILL --propagation slave \\
  sh -euc "$inside" lab <&- 3<&- &
lab=$!
{ cat <&3 >/dev/null; kill -KILL "$lab" 2>/dev/null || :; } &
watcher=$!
# Nobody may be left to read what a shell says about killed jobs.
exec 3<&- >/dev/null 2>&1
wait "$lab" || :
kill "$watcher" 2>/dev/null || :
tries=0
while [ -d "$cgroup" ] && [ "$tries" -lt 100 ]; do
  find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null || :
  tries=$((tries + 1))
  [ ! -d "$cgroup" ] || sleep 0.1
done
`;

/**
 * The first process inside: makes the file systems that belong to the namespaces, says the number that it has
 * outside, then collects orphans until it is killed.
 */
const INSIDE = `
read -r pid _ </proc/self/stat
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir /sys/fs/cgroup/init
echo 0 >/sys/fs/cgroup/init/cgroup.procs
for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do
  echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null || :
done
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lxc /run/lab/guests
${grantIds('/run/lab/subid')}
ip link set lo up
# Whatever guests send elsewhere is refused at once: nobody waits for a timeout.
ip route add prohibit default
echo 1 >/proc/sys/net/ipv4/ip_forward
echo "$pid"
exec >/dev/null 2>&1
while :; do
  sleep 86400 &
  wait "$!" || :
done
`;

/** Moves into a cgroup of the namespaces (so that guests are counted there), then becomes the command. */
const ENTER = 'echo 0 >/sys/fs/cgroup/init/cgroup.procs && exec "$@"';

/** Namespaces (mount, network, PID, cgroup) that end with this process, with everything in them. */
export class Namespaces {
  private closing = false;

  private constructor(
    private readonly supervisor: ChildProcess,
    private readonly cgroup: string,
    private readonly signal: AbortSignal | undefined,
    /** The first process inside, as the machine numbers it. */
    readonly pid: number,
  ) {
    // Should somebody kill the supervisor, what it would do is done here.
    supervisor.once('close', () => void this.cleanUp());
  }

  /**
   * Makes the namespaces.
   * @param signal ends commands that run inside.
   * @throws Error with what the machine said when it cannot
   */
  static async open(signal?: AbortSignal): Promise<Namespaces> {
    const root = cgroup2();
    if (root === undefined) throw new Error('cgroup v2 is not mounted on this machine');
    sweepCgroups(root);
    const cgroup = newCgroup(root);
    const supervisor = spawn('sh', ['-c', SUPERVISOR, 'supervisor', cgroup, INSIDE], {
      stdio: ['pipe', 'pipe', 'pipe'],
      // A terminal's ^C is for the emulator, which then ends this in good order.
      detached: true,
    });
    supervisor.stdin.on('error', () => undefined);
    let said = '';
    supervisor.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    const lines = createInterface({ input: supervisor.stdout });
    const [line] = (await Promise.race([once(lines, 'line'), once(supervisor, 'close')])) as [unknown];
    const pid = Number(line);
    if (typeof line !== 'string' || !(pid > 1)) {
      supervisor.stdin.end();
      throw new Error(`cannot make namespaces: ${said.trim() || 'no reason given'}`);
    }
    return new Namespaces(supervisor, cgroup, signal, pid);
  }

  /** Whether they are still there. */
  get alive(): boolean {
    return this.supervisor.exitCode === null && this.supervisor.signalCode === null;
  }

  /** Calls back when they have ended, but not by {@link close}. */
  onUnexpectedEnd(then: () => void): void {
    this.supervisor.once('close', () => {
      if (!this.closing) then();
    });
  }

  /** The command line that runs a command inside all of the namespaces. */
  inside(command: readonly string[]): string[] {
    const into = ['--mount', '--net', '--pid', '--cgroup', '--wd=/'];
    return ['nsenter', '--target', String(this.pid), ...into, '--', 'sh', '-c', ENTER, 'sh', ...command];
  }

  /** The command line that runs a command of the machine in the network of the guests, and in nothing else. */
  inNetwork(command: readonly string[]): string[] {
    return ['nsenter', `--net=/proc/${String(this.pid)}/ns/net`, '--', ...command];
  }

  /** The path under which a file inside is seen from outside. */
  path(inside: string): string {
    return `/proc/${String(this.pid)}/root${inside}`;
  }

  /** Runs a command inside to its end. @returns its output @throws Error when it fails */
  run(command: readonly string[], options: CommandOptions = {}): Promise<string> {
    return runCommand(this.inside(command), { signal: this.signal, ...options });
  }

  /** Ends everything inside, and waits until it is gone. */
  async close(): Promise<void> {
    this.closing = true;
    if (!this.alive) return;
    const closed = once(this.supervisor, 'close');
    this.supervisor.stdin?.end();
    await closed;
  }

  private async cleanUp(): Promise<void> {
    for (let tries = 0; tries < 50 && !removeCgroup(this.cgroup); tries += 1) await sleep(100);
  }
}
