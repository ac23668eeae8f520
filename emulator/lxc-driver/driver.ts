import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CreateDetails, Driver, GuestInterface } from '../driver';
import { failure } from '../errors';
import type { ClusterState, Guest } from '../state';
import { lxcGuest, LXC_PATH, nicsOf, shiftOf, writeGuestFiles } from './guestconfig';
import type { Lab } from './lab';
import { bridgeName, lxcConfig } from './lxcconfig';
import { RootFs } from './rootfs';

/** How long LXC may take to start a guest's first process. */
const START_MS = 30_000;

/** Guests are unprivileged LXC containers that boot systemd, in the namespaces of a lab. */
export class LxcDriver implements Driver {
  readonly name = 'lxc';
  /** The `lxc-start` of each running guest; it ends with the guest. */
  private readonly running = new Map<number, ChildProcess>();

  /**
   * @param lab where the guests live.
   * @param state where it notes what runs.
   */
  constructor(
    private readonly lab: Lab,
    private readonly state: ClusterState,
  ) {}

  async create(guest: Guest, details: CreateDetails): Promise<void> {
    await this.unpack(guest);
    const rootfs = this.writeFiles(guest);
    const keys = guest.origin.sshKeys;
    if (keys !== undefined) {
      rootfs.folder('/root/.ssh', 0o700);
      rootfs.write('/root/.ssh/authorized_keys', `${keys.trim()}\n`, 0o600);
    }
    await this.makeHostKeys(guest);
    if (details.password !== undefined) await this.setPassword(guest, details.password);
  }

  async clone(source: Guest, target: Guest): Promise<void> {
    await this.ensureFiles(source);
    const base = await this.base(source);
    const [from, to] = [this.folder(source), this.folder(target)];
    await this.lab.namespaces.run([
      'sh',
      '-euc',
      'mkdir -p "$2/work" "$2/rootfs"; cp -a "$1/upper" "$2/upper"; mount -t overlay overlay -o "lowerdir=$3,upperdir=$2/upper,workdir=$2/work" "$2/rootfs"',
      'sh',
      from,
      to,
      base,
    ]);
    this.writeFiles(target).write('/etc/machine-id', '');
  }

  async start(guest: Guest): Promise<void> {
    await this.ensureFiles(guest);
    const { namespaces } = this.lab;
    for (const nic of nicsOf(guest)) {
      const bridge = bridgeName(nic);
      if (bridge !== undefined) await this.lab.addBridge(bridge);
    }
    this.writeFiles(guest);
    const folder = namespaces.path(this.folder(guest));
    writeFileSync(`${folder}/config`, lxcConfig(lxcGuest(guest, this.lab.controllers)));
    rmSync(`${folder}/init`, { force: true });
    const [file = '', ...args] = namespaces.inside(this.lxc('lxc-start', guest, '--foreground'));
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)));
    }
    this.running.set(guest.vmid, child);
    const ended = new Promise<void>((resolve) => {
      child.on('close', () => {
        if (this.running.get(guest.vmid) === child) {
          this.running.delete(guest.vmid);
          this.note(guest, 0);
        }
        resolve();
      });
    });
    const until = Date.now() + START_MS;
    while (!existsSync(`${folder}/init`)) {
      if (this.running.get(guest.vmid) !== child || Date.now() > until) {
        child.kill('SIGKILL');
        await ended;
        throw failure(`startup for container '${String(guest.vmid)}' failed: ${said.trim()}`);
      }
      await sleep(10);
    }
    this.note(guest, this.initPid(guest) ?? 1);
  }

  async shutdown(guest: Guest, timeoutSeconds: number, force: boolean): Promise<void> {
    if (!this.running.has(guest.vmid)) return;
    const wait = ['--nokill', '--timeout', String(timeoutSeconds)];
    try {
      await this.lab.namespaces.run(this.lxc('lxc-stop', guest, ...wait), {
        timeoutMs: (timeoutSeconds + 30) * 1000,
      });
      await this.gone(guest);
    } catch (error) {
      if (!this.running.has(guest.vmid)) return;
      if (!force) throw error;
      await this.stop(guest);
    }
  }

  async stop(guest: Guest): Promise<void> {
    if (!this.running.has(guest.vmid)) return;
    await this.lab.namespaces.run(this.lxc('lxc-stop', guest, '--kill')).catch((error: unknown) => {
      if (this.running.has(guest.vmid)) throw error;
    });
    await this.gone(guest);
  }

  async update(): Promise<void> {
    await Promise.resolve();
  }

  async destroy(guest: Guest): Promise<void> {
    await this.stop(guest);
    const folder = this.folder(guest);
    await this.lab.namespaces.run([
      'sh',
      '-euc',
      '! mountpoint -q "$1/rootfs" || umount "$1/rootfs"; rm -rf "$1"',
      'sh',
      folder,
    ]);
  }

  isRunning(guest: Guest): Promise<boolean> {
    return Promise.resolve(this.running.has(guest.vmid));
  }

  async interfaces(guest: Guest): Promise<GuestInterface[]> {
    const pid = this.initPid(guest);
    if (pid === undefined) return [];
    const json = await this.lab.namespaces
      .run(['nsenter', `--net=/proc/${String(pid)}/ns/net`, 'ip', '-json', 'address'])
      // The guest is about to boot again or to stop.
      .catch(() => '[]');
    interface Link {
      ifname: string;
      address?: string;
      link_type: string;
      addr_info: { family: string; local: string; prefixlen: number; scope: string }[];
    }
    const links = JSON.parse(json === '' ? '[]' : json) as Link[];
    return links
      .filter((link) => link.link_type === 'ether')
      .map((link) => {
        const first = (family: string): string | undefined => {
          const found =
            link.addr_info.find((one) => one.family === family && one.scope === 'global') ??
            link.addr_info.find((one) => one.family === family);
          return found && `${found.local}/${String(found.prefixlen)}`;
        };
        const [inet, inet6] = [first('inet'), first('inet6')];
        return {
          name: link.ifname,
          mac: link.address ?? '',
          ...(inet === undefined ? {} : { inet }),
          ...(inet6 === undefined ? {} : { inet6 }),
        };
      });
  }

  close(): Promise<void> {
    return this.lab.close();
  }

  private folder(guest: Guest): string {
    return `${LXC_PATH}/${String(guest.vmid)}`;
  }

  private rootfs(guest: Guest): RootFs {
    return new RootFs(this.lab.namespaces.path(`${this.folder(guest)}/rootfs`), shiftOf(guest));
  }

  /** Writes what each start writes. */
  private writeFiles(guest: Guest): RootFs {
    const rootfs = this.rootfs(guest);
    const nics = nicsOf(guest);
    writeGuestFiles(guest, rootfs, this.lab.addressFor(nics));
    this.lab.packageFiles(nics).forEach(([file, text]) => {
      rootfs.write(file, text);
    });
    return rootfs;
  }

  private lxc(command: string, guest: Guest, ...args: string[]): string[] {
    return [command, '--name', String(guest.vmid), '--lxcpath', LXC_PATH, ...args];
  }

  private note(guest: Guest, pid: number): void {
    guest.running = pid > 0;
    guest.pid = pid;
    if (pid > 0) guest.startedAt = Date.now();
    this.state.changed();
  }

  /** The guest's first process, as the namespaces number it. */
  private initPid(guest: Guest): number | undefined {
    if (!this.running.has(guest.vmid)) return undefined;
    const file = this.lab.namespaces.path(`${this.folder(guest)}/init`);
    return existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined;
  }

  private async gone(guest: Guest): Promise<void> {
    const child = this.running.get(guest.vmid);
    if (!child || child.exitCode !== null) return;
    await new Promise((resolve) => child.once('close', resolve));
  }

  private base(guest: Guest): Promise<string> {
    const { bases } = this.lab;
    const template = guest.origin.ostemplate ?? 'debian-12-standard_unknown';
    return bases.rootfs(bases.find(template), shiftOf(guest));
  }

  /** Makes the files of a guest that has none: one put there behind the API's back, or kept from a former run. */
  private async ensureFiles(guest: Guest): Promise<void> {
    const folder = this.lab.namespaces.path(`${this.folder(guest)}/rootfs/etc`);
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) await this.create(guest, {});
  }

  private async unpack(guest: Guest): Promise<void> {
    const base = await this.base(guest);
    await this.lab.namespaces.run([
      'sh',
      '-euc',
      'mkdir -p "$1/upper" "$1/work" "$1/rootfs"; chown "$3:$3" "$1/upper"; mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" "$1/rootfs"',
      'sh',
      this.folder(guest),
      base,
      String(shiftOf(guest)),
    ]);
  }

  /** Keys of its own, as the create task of Proxmox makes them. */
  private async makeHostKeys(guest: Guest): Promise<void> {
    const folder = `${this.folder(guest)}/rootfs/etc/ssh`;
    const host = String(guest.config.get('hostname') ?? guest.vmid);
    const make = (kind: string): Promise<string> =>
      this.lab.namespaces.run([
        'ssh-keygen',
        '-q',
        '-t',
        kind,
        '-N',
        '',
        '-C',
        `root@${host}`,
        '-f',
        `${folder}/ssh_host_${kind}_key`,
      ]);
    await Promise.all(['rsa', 'ecdsa', 'ed25519'].map(make));
    const shift = String(shiftOf(guest));
    await this.lab.namespaces.run(['sh', '-euc', 'chown "$1:$1" "$2"/ssh_host_*', 'sh', shift, folder]);
  }

  /** Sets root's password with the guest's own tool, in a user namespace where it can do no harm. */
  private async setPassword(guest: Guest, password: string): Promise<void> {
    const root = `${this.folder(guest)}/rootfs`;
    const inGuest = ['chroot', '.', '/usr/sbin/chpasswd', '--crypt-method', 'SHA512'];
    const shift = shiftOf(guest);
    const map = ['lxc-usernsexec', '-m', `b:0:${String(shift)}:65536`, '--'];
    const command = shift === 0 ? inGuest : [...map, ...inGuest];
    await this.lab.namespaces.run(['sh', '-euc', 'cd "$1"; shift; exec "$@"', 'sh', root, ...command], {
      input: `root:${password}\n`,
    });
  }
}
