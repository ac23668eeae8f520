import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Certificate } from './cert';
import { failure } from './errors';
import { parseSize } from './sizes';
import type { Value } from './params';
import type { TaskRecord } from './tasks';

/** Containers and virtual machines. */
export type GuestType = 'lxc' | 'qemu';

/** A container or a virtual machine. */
export interface Guest {
  readonly vmid: number;
  readonly type: GuestType;
  node: string;
  /** The configuration in force, as typed values. */
  config: Map<string, Value>;
  /** Changes that wait for the next start. */
  pending: Map<string, Value>;
  /** Options that vanish with the next start. */
  pendingDelete: Set<string>;
  running: boolean;
  /** When it was started, in milliseconds since the epoch. */
  startedAt: number;
  pid: number;
  /** Where the guest was made from and by whom, for drivers that build it for real. */
  origin: GuestOrigin;
}

/** What a driver needs to build a guest and the configuration does not hold. Passwords are never kept. */
export interface GuestOrigin {
  readonly ostemplate?: string;
  readonly sshKeys?: string;
}

/** A disk image, template or other file on a storage. */
export interface Volume {
  readonly volid: string;
  readonly content: string;
  readonly format: string;
  size: number;
  readonly ctime: number;
  readonly vmid?: number;
}

/** A storage; it exists on all nodes unless `nodes` names some. */
export interface Storage {
  readonly storage: string;
  readonly type: 'dir' | 'lvmthin' | 'zfspool';
  readonly content: readonly string[];
  readonly path?: string;
  readonly nodes?: readonly string[];
  readonly shared: boolean;
  readonly total: number;
  readonly used: number;
  volumes: Volume[];
}

/** A node of the cluster. */
export interface Node {
  readonly name: string;
  readonly bridges: readonly string[];
  readonly online: boolean;
}

/** Everything an emulated cluster remembers. */
export interface ClusterOptions {
  readonly nodes: readonly Node[];
  readonly storages: readonly Storage[];
  /** Load from and save to this JSON file; memory only when undefined. */
  readonly file?: string;
}

interface SavedGuest {
  vmid: number;
  type: GuestType;
  node: string;
  config: Record<string, Value>;
  pending: Record<string, Value>;
  pendingDelete: string[];
  running: boolean;
  startedAt: number;
  pid: number;
  origin: GuestOrigin;
}

/** The content of the state file, also what the admin endpoint shows. */
export interface SavedState {
  version: 1;
  nodes: Node[];
  storages: Storage[];
  guests: SavedGuest[];
  tasks: TaskRecord[];
  nextPid: number;
  bootTime: number;
  ticketKey: string;
  /** What clients trust; a node keeps its certificate when it restarts. */
  certificate?: HostCertificate;
}

/** A certificate and the address that it was made for. */
export interface HostCertificate extends Certificate {
  readonly host: string;
}

/** The configuration folder of a guest type, as error texts name it. */
export function configFolder(type: GuestType): string {
  return type === 'lxc' ? 'lxc' : 'qemu-server';
}

/** A new MAC address in the range Proxmox uses. */
export function newMac(): string {
  const tail = [...randomBytes(3)].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase());
  return `BC:24:11:${tail.join(':')}`;
}

function lines(options: ReadonlyMap<string, Value>): string {
  return [...options]
    .map(([key, value]) => `${key}: ${String(value)}\n`)
    .sort()
    .join('');
}

/** The digest of a guest's configuration, pending changes included: equal content, equal digest. */
export function digestOf(guest: Guest): string {
  const pending = guest.pending.size + guest.pendingDelete.size === 0 ? '' : '[pve:pending]\n';
  const gone = guest.pendingDelete.size === 0 ? '' : `delete: ${[...guest.pendingDelete].sort().join(',')}\n`;
  return createHash('sha1')
    .update(lines(guest.config) + pending + gone + lines(guest.pending))
    .digest('hex');
}

/** The cluster: nodes, storages, guests and the tasks that ran, in memory and optionally in one JSON file. */
export class ClusterState {
  readonly guests = new Map<number, Guest>();
  nodes: Node[];
  storages: Storage[];
  tasks: TaskRecord[] = [];
  /** Milliseconds since the epoch at which the nodes "booted". */
  bootTime = Date.now() - 600_000;
  /** Signs tickets; kept so that a ticket survives a restart. */
  ticketKey = randomBytes(16).toString('hex');
  /** What clients trust; kept, so that clients go on after a restart. */
  certificate: HostCertificate | undefined;
  private nextPid = 1000;
  private readonly file: string | undefined;
  private saveTimer: NodeJS.Timeout | undefined;

  /**
   * @param options what the cluster holds when there is no state file yet.
   * @throws Error when the state file is not one of ours
   */
  constructor(options: ClusterOptions) {
    this.nodes = [...options.nodes];
    this.storages = options.storages.map((one) => ({ ...one, volumes: [...one.volumes] }));
    this.file = options.file;
    if (this.file !== undefined && existsSync(this.file)) this.load(readFileSync(this.file, 'utf8'));
  }

  /** A process number no other task or guest has. */
  takePid(): number {
    this.nextPid += 1 + Math.floor(Math.random() * 8);
    return this.nextPid;
  }

  /** The guest with this id on this node. @throws ApiError 500 as for a missing configuration file */
  guest(type: GuestType, node: string, vmid: number): Guest {
    const guest = this.find(type, node, vmid);
    if (guest) return guest;
    throw failure(
      `Configuration file 'nodes/${node}/${configFolder(type)}/${String(vmid)}.conf' does not exist`,
    );
  }

  /** Like {@link guest}, but undefined where there is none. */
  find(type: GuestType, node: string, vmid: number): Guest | undefined {
    const guest = this.guests.get(vmid);
    return guest?.type === type && guest.node === node ? guest : undefined;
  }

  /** The smallest free id from `lower` on, whoever asks. */
  nextId(lower = 100): number {
    let id = lower;
    while (this.guests.has(id)) id += 1;
    return id;
  }

  /** @throws ApiError 500 when the id belongs to a guest on any node */
  assertVmidUnused(vmid: number, prefix = ''): void {
    const taken = this.guests.get(vmid);
    if (!taken) return;
    const kind = taken.type === 'lxc' ? 'CT' : 'VM';
    throw failure(`${prefix}${kind} ${String(vmid)} already exists on node '${taken.node}'`);
  }

  /** Adds a guest, with defaults for what is not given. @returns the guest as it is kept */
  addGuest(guest: Pick<Guest, 'vmid' | 'type' | 'node'> & Partial<Guest>): Guest {
    const added: Guest = {
      config: new Map(),
      pending: new Map(),
      pendingDelete: new Set(),
      running: false,
      startedAt: 0,
      pid: 0,
      origin: {},
      ...guest,
    };
    this.guests.set(added.vmid, added);
    this.changed();
    return added;
  }

  /** Removes a guest and every volume that belongs to it. */
  removeGuest(vmid: number): void {
    this.guests.delete(vmid);
    for (const storage of this.storages) {
      storage.volumes = storage.volumes.filter((volume) => volume.vmid !== vmid);
    }
    this.changed();
  }

  /** The storage of this name, on this node. @throws ApiError 500 when there is none or not there */
  storage(name: string, node?: string): Storage {
    const storage = this.storages.find((one) => one.storage === name);
    if (!storage) throw failure(`storage '${name}' does not exist`);
    if (node !== undefined && storage.nodes && !storage.nodes.includes(node)) {
      throw failure(`storage '${name}' is not available on node '${node}'`);
    }
    return storage;
  }

  /** The volume with this id, or undefined. */
  volume(volid: string): Volume | undefined {
    const name = volid.slice(0, volid.indexOf(':'));
    return this.storages
      .find((one) => one.storage === name)
      ?.volumes.find((volume) => volume.volid === volid);
  }

  /** Says that something changed: it will be written to the state file soon. */
  changed(): void {
    if (this.file === undefined || this.saveTimer) return;
    this.saveTimer = setTimeout(() => {
      this.save();
    }, 50);
    this.saveTimer.unref();
  }

  /** Writes the state file now, in one step (a kill leaves the old or the new one). */
  save(): void {
    clearTimeout(this.saveTimer);
    this.saveTimer = undefined;
    if (this.file === undefined) return;
    const temporary = `${this.file}.tmp`;
    writeFileSync(temporary, `${JSON.stringify(this.export(), null, 1)}\n`, { mode: 0o600 });
    renameSync(temporary, this.file);
  }

  /** All of the state as plain data. */
  export(): SavedState {
    return {
      version: 1,
      nodes: this.nodes,
      storages: this.storages,
      guests: [...this.guests.values()].map((guest) => ({
        ...guest,
        config: Object.fromEntries(guest.config),
        pending: Object.fromEntries(guest.pending),
        pendingDelete: [...guest.pendingDelete],
      })),
      tasks: this.tasks,
      nextPid: this.nextPid,
      bootTime: this.bootTime,
      ticketKey: this.ticketKey,
      ...(this.certificate ? { certificate: this.certificate } : {}),
    };
  }

  private load(json: string): void {
    const saved = parseState(json);
    if (!saved) throw new Error(`${this.file ?? ''} is not a state file of the emulator; name another one`);
    this.nodes = saved.nodes;
    this.storages = saved.storages;
    this.nextPid = saved.nextPid;
    this.bootTime = saved.bootTime;
    this.ticketKey = saved.ticketKey;
    this.certificate = saved.certificate;
    // A task that was running when the emulator was killed has lost its worker, as on a real node.
    this.tasks = saved.tasks.map((task) =>
      task.endtime === undefined
        ? { ...task, endtime: task.starttime, exitstatus: 'unexpected status' }
        : task,
    );
    for (const guest of saved.guests) {
      this.guests.set(guest.vmid, {
        ...guest,
        config: new Map(Object.entries(guest.config)),
        pending: new Map(Object.entries(guest.pending)),
        pendingDelete: new Set(guest.pendingDelete),
      });
    }
  }
}

/** The size in bytes of a guest's disk: that of its volume, else what its configuration says. */
export function diskSize(state: ClusterState, disk: string): number {
  const [first = ''] = disk.split(',');
  const volid = /(?:^|,)volume=([^,]+)/.exec(disk)?.[1] ?? first;
  const size = /(?:^|,)size=([^,]+)/.exec(disk)?.[1];
  return state.volume(volid)?.size ?? (size === undefined ? 0 : (parseSize(size) ?? 0));
}

/** What a state file holds; nothing where it is none. */
function parseState(json: string): SavedState | undefined {
  try {
    const saved = JSON.parse(json) as SavedState | null;
    return saved?.version === 1 ? saved : undefined;
  } catch {
    return undefined;
  }
}
