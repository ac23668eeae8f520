import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { failure } from './errors';
import type { Guest, GuestType, Node, Storage, TaskRecord, Volume } from './model';
import {
  parseState,
  restoreGuest,
  restoreTask,
  saveGuest,
  type HostCertificate,
  type SavedState,
} from './statefile';

/** Everything an emulated cluster remembers. */
interface ClusterOptions {
  readonly nodes: readonly Node[];
  readonly storages: readonly Storage[];
  /** Load from and save to this JSON file; memory only when undefined. */
  readonly file?: string;
}

/** The configuration folder of a guest type, as error texts name it. */
function configFolder(type: GuestType): string {
  return type === 'lxc' ? 'lxc' : 'qemu-server';
}

/** The cluster: nodes, storages, guests and the tasks that ran, in memory and optionally in one JSON file. */
export class ClusterState {
  readonly #addedAt = new WeakMap<Guest, number>();
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

  /** Milliseconds since a guest was made in this process; one from the state file is old. */
  ageOf(guest: Guest): number {
    return Date.now() - (this.#addedAt.get(guest) ?? 0);
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
    this.#addedAt.set(added, Date.now());
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
      guests: [...this.guests.values()].map(saveGuest),
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
    this.tasks = saved.tasks.map(restoreTask);
    for (const guest of saved.guests) this.guests.set(guest.vmid, restoreGuest(guest));
  }
}
