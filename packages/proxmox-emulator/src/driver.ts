import { setTimeout as sleep } from 'node:timers/promises';
import { parseProps } from './propstring';
import { NET } from './lxc/net';
import { linkLocal } from './mac';
import type { ClusterState } from './state';
import type { Guest } from './model';

/** One network interface of a running guest. */
export interface GuestInterface {
  readonly name: string;
  readonly mac: string;
  /** Addresses with prefix length, e.g. `10.0.10.101/24`. */
  readonly inet?: string;
  readonly inet6?: string;
}

/** What a driver gets to know when a guest is made. Secrets are passed on, never kept. */
export interface CreateDetails {
  readonly password?: string;
}

/**
 * Does to real guests what the API does to their configuration. The emulator holds the guest's lock
 * while it calls a driver, so calls for one guest never overlap. A rejected promise fails the task.
 */
export interface Driver {
  readonly name: string;
  /** Builds a new guest; its configuration is complete. */
  create(guest: Guest, details: CreateDetails): Promise<void>;
  /** Copies a stopped guest's files to a new one. */
  clone(source: Guest, target: Guest): Promise<void>;
  start(guest: Guest): Promise<void>;
  /** Asks the guest to shut down; after the time limit it is stopped when `force` is set, else it rejects. */
  shutdown(guest: Guest, timeoutSeconds: number, force: boolean): Promise<void>;
  stop(guest: Guest): Promise<void>;
  /** Options of a running guest changed and take effect at once. */
  update(guest: Guest, options: readonly string[]): Promise<void>;
  destroy(guest: Guest): Promise<void>;
  /** Whether the guest runs. */
  isRunning(guest: Guest): Promise<boolean>;
  /** Its interfaces without `lo`; only asked of running guests. */
  interfaces(guest: Guest): Promise<GuestInterface[]>;
  /** Ends everything that the driver started. */
  close(): Promise<void>;
}

/** Guests exist as data only: they start at once and have the addresses of their configuration. */
export class RecordDriver implements Driver {
  readonly name = 'record';

  /**
   * @param state where it notes what runs.
   * @param bootMs how long a guest that was just started shows no address yet.
   */
  constructor(
    private readonly state: ClusterState,
    private readonly bootMs = 0,
  ) {}

  create(): Promise<void> {
    return Promise.resolve();
  }

  clone(): Promise<void> {
    return Promise.resolve();
  }

  start(guest: Guest): Promise<void> {
    guest.running = true;
    guest.startedAt = Date.now();
    guest.pid = this.state.takePid();
    this.state.changed();
    return Promise.resolve();
  }

  shutdown(guest: Guest): Promise<void> {
    return this.stop(guest);
  }

  async stop(guest: Guest): Promise<void> {
    await sleep(0);
    guest.running = false;
    guest.pid = 0;
    this.state.changed();
  }

  update(): Promise<void> {
    return Promise.resolve();
  }

  destroy(): Promise<void> {
    return Promise.resolve();
  }

  isRunning(guest: Guest): Promise<boolean> {
    return Promise.resolve(guest.running);
  }

  interfaces(guest: Guest): Promise<GuestInterface[]> {
    const booting = Date.now() - guest.startedAt < this.bootMs;
    const found: GuestInterface[] = [];
    for (const [key, value] of guest.config) {
      if (!/^net\d+$/.test(key)) continue;
      const parsed = parseProps(NET, String(value), key);
      if ('error' in parsed) continue;
      const mac = (parsed.props.get('hwaddr') ?? '').toLowerCase();
      const address = parsed.props.get('ip') ?? '';
      const address6 = parsed.props.get('ip6') ?? '';
      found.push({
        name: parsed.props.get('name') ?? key,
        mac,
        ...(booting || !address.includes('/') ? {} : { inet: address }),
        ...(booting ? {} : { inet6: address6.includes('/') ? address6 : linkLocal(mac) }),
      });
    }
    return Promise.resolve(found);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
