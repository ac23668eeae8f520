import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Namespaces } from './namespaces';

/** How long LXC may take to start a guest's first process. */
const START_MS = 30_000;
/** How long a killed guest may take to be gone. */
const KILL_MS = 10_000;

/** The folder inside the namespaces that holds all guests: the `lxcpath`. */
const LXC_PATH = '/run/lab/guests';

/** The folder of one guest inside the namespaces. */
export function guestFolder(vmid: number): string {
  return `${LXC_PATH}/${String(vmid)}`;
}

/** Commands that LXC runs when a guest boots and when it has ended; they leave marks in the guest's folder. */
export function hooks(folder: string): { readonly booted: string; readonly ended: string } {
  return {
    booted: `sh -c 'echo "$LXC_PID" >${folder}/init.new && mv ${folder}/init.new ${folder}/init'`,
    // LXC would boot it again with the configuration that it has read; failing here makes it end instead.
    ended: `sh -c 'rm -f ${folder}/init; [ "$LXC_TARGET" != reboot ] || { touch ${folder}/reboot; exit 1; }'`,
  };
}

/** One container that was started; it lives until it is stopped, by whomever. */
export class Container {
  private stopping = false;
  private here = true;
  private ended: Promise<void> = Promise.resolve();
  private said = '';

  /**
   * @param namespaces where it runs.
   * @param vmid its name; its folder holds a complete configuration.
   * @param prepare makes files and configuration ready for one more boot.
   * @param onBoot is told each time that it boots.
   * @param onEnd is told when it has ended.
   */
  constructor(
    private readonly namespaces: Namespaces,
    private readonly vmid: number,
    private readonly prepare: () => Promise<void>,
    private readonly onBoot: (pid: number) => void,
    private readonly onEnd: () => void,
  ) {}

  /** Whether it is there: also while it boots again. */
  get running(): boolean {
    return this.here;
  }

  /** Its first process, as the namespaces number it; undefined while it does not run. */
  get pid(): number | undefined {
    const file = this.file('init');
    return this.here && existsSync(file) ? Number(readFileSync(file, 'utf8')) || undefined : undefined;
  }

  /** The arguments that name it to the commands of LXC. */
  get named(): string[] {
    return ['--name', String(this.vmid), '--lxcpath', LXC_PATH];
  }

  /** Boots it. @throws Error with what LXC said when it cannot */
  async start(): Promise<void> {
    await this.prepare();
    rmSync(this.file('init'), { force: true });
    this.launch();
    const until = Date.now() + START_MS;
    for (let pid = this.pid; ; pid = this.pid) {
      if (pid !== undefined) {
        this.onBoot(pid);
        return;
      }
      if (!this.here || Date.now() > until) break;
      await sleep(10);
    }
    await this.kill();
    throw new Error(this.said.trim() || 'it did not boot');
  }

  /** Asks it to shut down. @throws Error when it has not after so many seconds */
  async shutdown(seconds: number): Promise<void> {
    this.stopping = true;
    try {
      await this.stopCommand(['--nokill', '--timeout', String(seconds)], (seconds + 30) * 1000);
    } catch (error) {
      if (this.here) {
        this.stopping = false;
        throw error;
      }
    }
    await this.ended;
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    this.stopping = true;
    const until = Date.now() + KILL_MS;
    while (this.here) {
      // It may be between two boots, when there is nothing to stop yet.
      await this.stopCommand(['--kill'], KILL_MS).catch((error: unknown) => {
        if (this.here && Date.now() > until) throw error;
      });
      await Promise.race([this.ended, sleep(500)]);
    }
  }

  /** Runs a command of the guest in the guest, as its root. @returns its output @throws Error when it fails */
  attach(command: readonly string[], input?: string): Promise<string> {
    const attach = ['lxc-attach', ...this.named, '--clear-env', '--'];
    return this.namespaces.run([...attach, ...command], input === undefined ? {} : { input });
  }

  private file(name: string): string {
    return this.namespaces.path(`${guestFolder(this.vmid)}/${name}`);
  }

  private stopCommand(args: readonly string[], timeoutMs: number): Promise<string> {
    const stop = ['lxc-stop', ...this.named, ...args];
    return this.namespaces.run(stop, { timeoutMs });
  }

  private launch(): void {
    const start = ['lxc-start', ...this.named, '--foreground'];
    const [file = '', ...args] = this.namespaces.inside(start);
    // Detached: a terminal's ^C is for the emulator, not for the guests.
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.said = (this.said + text).slice(-4000)));
    }
    this.ended = new Promise((resolve) => {
      child.on('error', (error) => (this.said += error.message));
      child.on('close', () => {
        void this.afterEnd().then(resolve);
      });
    });
  }

  /** Boots it once more if it wanted that itself. */
  private async afterEnd(): Promise<void> {
    const mark = this.file('reboot');
    const again = existsSync(mark) && !this.stopping;
    rmSync(mark, { force: true });
    if (again) {
      try {
        await this.start();
        return;
      } catch {
        // It stays off, as a guest does that cannot boot.
      }
    }
    if (!this.here) return;
    this.here = false;
    this.onEnd();
  }
}
