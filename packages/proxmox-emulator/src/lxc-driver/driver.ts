import { statSync, writeFileSync } from 'node:fs';
import type { CreateDetails, Driver, GuestInterface } from '../driver';
import { failure, messageOf } from '../errors';
import type { ClusterState } from '../state';
import type { Guest } from '../model';
import { Container, guestFolder } from './container';
import { addressOfName, lxcGuest, nicsOf, shiftOf, writeGuestFiles } from './guestconfig';
import { interfacesFile, type Nic } from './guestfiles';
import { parseInterfaces } from './interfaces';
import type { Lab } from './lab';
import { bridgeName, limits, lxcConfig } from './lxcconfig';
import { netChanges } from './netchanges';
import { RootFs } from './rootfs';
import { mountsOf } from './volumes';

/** Files of a guest: changes in memory on top of the base image. $1: guest, $2: base, $3: first id of its users. */
const MOUNT = `
mkdir -p "$1/upper" "$1/work" "$1/rootfs"
chown "$3:$3" "$1/upper"
mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" "$1/rootfs"`;

/** Removes the files of guest $1, and the volumes that follow. */
const REMOVE = `
! mountpoint -q "$1/rootfs" || umount "$1/rootfs"
rm -rf "$@"`;

/** A container in the lab, and its interfaces as they are now. */
interface Running {
  readonly container: Container;
  nics: readonly Nic[];
}

/** Guests are unprivileged LXC containers that boot systemd, in the namespaces of a lab. */
export class LxcDriver implements Driver {
  readonly name = 'lxc';
  private readonly running = new Map<number, Running>();

  /**
   * @param lab where the guests live.
   * @param state where it notes what runs; at first nothing does.
   */
  constructor(
    private readonly lab: Lab,
    private readonly state: ClusterState,
  ) {
    for (const guest of state.guests.values()) {
      if (guest.type === 'lxc') this.note(guest, 0);
    }
    lab.addressOfGuest = (name) => addressOfName(state.guests.values(), name);
  }

  async create(guest: Guest, details: CreateDetails): Promise<void> {
    const shift = shiftOf(guest);
    const folder = guestFolder(guest.vmid);
    await this.remove(guest);
    await this.shell(MOUNT, folder, await this.base(guest), String(shift));
    const rootfs = await this.writeFiles(guest);
    const keys = guest.origin.sshKeys;
    if (keys !== undefined) {
      rootfs.folder('/root/.ssh', 0o700);
      rootfs.write('/root/.ssh/authorized_keys', `${keys.trim()}\n`, 0o600);
    }
    const host = String(guest.config.get('hostname') ?? guest.vmid);
    await this.lab.hostKeys.install(`${folder}/rootfs/etc/ssh`, host, shift);
    if (details.password !== undefined) await this.setPassword(guest, details.password);
  }

  async clone(source: Guest, target: Guest): Promise<void> {
    await this.ensureFiles(source);
    const [from, to] = [guestFolder(source.vmid), guestFolder(target.vmid)];
    await this.remove(target);
    await this.shell('mkdir -p "$2"; cp -a "$1/upper" "$2/upper"', from, to);
    await this.shell(MOUNT, to, await this.base(source), String(shiftOf(target)));
    const volumes = mountsOf(target);
    for (const [index, { source: volume }] of mountsOf(source).entries()) {
      const copy = volumes[index]?.source ?? volume;
      await this.shell('[ ! -e "$1" ] || [ "$1" = "$2" ] || cp -a "$1" "$2"', volume, copy);
    }
    (await this.writeFiles(target)).write('/etc/machine-id', '');
  }

  async start(guest: Guest): Promise<void> {
    if (this.running.has(guest.vmid)) return;
    if (!this.lab.namespaces.alive) throw failure('the namespaces of the guests have ended');
    await this.ensureFiles(guest);
    const container = new Container(
      this.lab.namespaces,
      guest.vmid,
      async () => {
        entry.nics = nicsOf(guest);
        await this.prepare(guest);
      },
      (pid) => {
        this.note(guest, pid);
      },
      () => {
        this.running.delete(guest.vmid);
        this.note(guest, 0);
      },
    );
    const entry: Running = { container, nics: [] };
    this.running.set(guest.vmid, entry);
    try {
      await container.start();
    } catch (error) {
      this.running.delete(guest.vmid);
      throw failure(`startup for container '${String(guest.vmid)}' failed: ${messageOf(error)}`);
    }
  }

  async shutdown(guest: Guest, timeoutSeconds: number, force: boolean): Promise<void> {
    try {
      await this.running.get(guest.vmid)?.container.shutdown(timeoutSeconds);
    } catch (error) {
      if (!force) throw error;
      await this.stop(guest);
    }
  }

  async stop(guest: Guest): Promise<void> {
    await this.running.get(guest.vmid)?.container.kill();
  }

  async update(guest: Guest, options: readonly string[]): Promise<void> {
    const entry = this.running.get(guest.vmid);
    if (!entry) return;
    if (options.some((option) => /^net\d+$/.test(option))) await this.changeNetwork(guest, entry);
    if (options.some((option) => /^(memory|swap|cores|cpulimit)$/.test(option))) {
      for (const [file, value] of limits(lxcGuest(guest, this.lab.limitFiles))) {
        await this.lab.namespaces.run(['lxc-cgroup', ...entry.container.named, file, value]);
      }
    }
  }

  async destroy(guest: Guest): Promise<void> {
    await this.stop(guest);
    await this.remove(guest);
  }

  isRunning(guest: Guest): Promise<boolean> {
    return Promise.resolve(this.running.has(guest.vmid));
  }

  async interfaces(guest: Guest): Promise<GuestInterface[]> {
    const pid = this.running.get(guest.vmid)?.container.pid;
    if (pid === undefined) return [];
    const ip = ['nsenter', `--net=/proc/${String(pid)}/ns/net`, 'ip', '-json', 'address'];
    // Where it fails the guest is about to boot again or to stop.
    return parseInterfaces(await this.lab.namespaces.run(ip).catch(() => '[]'));
  }

  close(): Promise<void> {
    return this.lab.close();
  }

  private shell(script: string, ...args: string[]): Promise<string> {
    return this.lab.namespaces.run(['sh', '-euc', script, 'sh', ...args]);
  }

  private rootfs(guest: Guest): RootFs {
    return new RootFs(this.lab.namespaces.path(`${guestFolder(guest.vmid)}/rootfs`), shiftOf(guest));
  }

  private note(guest: Guest, pid: number): void {
    guest.running = pid > 0;
    guest.pid = pid;
    if (pid > 0) guest.startedAt = Date.now();
    this.state.changed();
  }

  private base(guest: Guest): Promise<string> {
    const { bases } = this.lab;
    // Guests that were put there behind the API's back come from no template.
    const template = guest.origin.ostemplate ?? 'debian-12-standard_unknown';
    return bases.rootfs(bases.find(template), shiftOf(guest));
  }

  /** Writes what each start writes. */
  private async writeFiles(guest: Guest): Promise<RootFs> {
    const rootfs = this.rootfs(guest);
    const nics = nicsOf(guest);
    writeGuestFiles(guest, rootfs, this.lab.addressFor(nics));
    for (const [file, text] of await this.lab.packageFiles(nics)) rootfs.write(file, text);
    return rootfs;
  }

  /** Makes everything ready for one boot. */
  private async prepare(guest: Guest): Promise<void> {
    for (const nic of nicsOf(guest)) await this.addBridge(bridgeName(nic));
    for (const { source } of mountsOf(guest)) {
      await this.shell(
        '[ -e "$1" ] || { mkdir -p "$1"; chown "$2:$2" "$1"; }',
        source,
        String(shiftOf(guest)),
      );
    }
    await this.writeFiles(guest);
    const config = this.lab.namespaces.path(`${guestFolder(guest.vmid)}/config`);
    writeFileSync(config, lxcConfig(lxcGuest(guest, this.lab.limitFiles)));
    await this.lab.forgetNeighbours();
  }

  private async addBridge(bridge: string | undefined): Promise<void> {
    if (bridge !== undefined) await this.lab.addBridge(bridge);
  }

  private async changeNetwork(guest: Guest, entry: Running): Promise<void> {
    const { pid } = entry.container;
    if (pid === undefined) return;
    const after = nicsOf(guest);
    const changes = netChanges(guest.vmid, entry.nics, after);
    for (const bridge of changes.bridges) await this.lab.addBridge(bridge);
    const own = `nsenter --net=/proc/$PID/ns/net`;
    const inside = changes.inside.map((command) => `${own} ${command}`);
    await this.shell(['PID=$1', ...changes.outside, ...inside].join('\n'), String(pid));
    entry.nics = after;
    await this.lab.forgetNeighbours();
    const file = '/etc/network/interfaces';
    const text = await entry.container.attach(['/bin/cat', file]);
    await entry.container.attach(['/bin/sh', '-c', `cat >${file}`], interfacesFile(text, after));
  }

  /** Makes the files of a guest that has none: one put there behind the API's back, or kept from a former run. */
  private async ensureFiles(guest: Guest): Promise<void> {
    const etc = this.lab.namespaces.path(`${guestFolder(guest.vmid)}/rootfs/etc`);
    if (statSync(etc, { throwIfNoEntry: false })?.isDirectory() !== true) await this.create(guest, {});
  }

  /** Removes a guest's files and volumes, if it has any. */
  private async remove(guest: Guest): Promise<void> {
    const own = mountsOf(guest).filter(({ source }) => source.includes(`-${String(guest.vmid)}-disk-`));
    await this.shell(REMOVE, guestFolder(guest.vmid), ...own.map(({ source }) => source));
  }

  /** Sets root's password with the guest's own tool, in a user namespace where it can do no harm. */
  private async setPassword(guest: Guest, password: string): Promise<void> {
    const root = `${guestFolder(guest.vmid)}/rootfs`;
    const inGuest = ['chroot', '.', '/usr/sbin/chpasswd', '--crypt-method', 'SHA512'];
    const shift = shiftOf(guest);
    const map = ['lxc-usernsexec', '-m', `b:0:${String(shift)}:65536`, '--'];
    const command = shift === 0 ? inGuest : [...map, ...inGuest];
    await this.lab.namespaces.run(['sh', '-euc', 'cd "$1"; shift; exec "$@"', 'sh', root, ...command], {
      input: `root:${password}\n`,
    });
  }
}
