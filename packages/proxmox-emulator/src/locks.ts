import { failure } from './errors';

/** One at a time per guest: what Proxmox does with a lock file for each configuration. */
export class ConfigLocks {
  private readonly tails = new Map<number, Promise<void>>();

  /** Whether somebody holds or waits for the lock. */
  busy(vmid: number): boolean {
    return this.tails.has(vmid);
  }

  /**
   * Runs work while holding the lock of a guest.
   * @param timeoutMs how long to wait for it.
   * @throws ApiError 500 "got timeout" when it is not free in time, else what the work throws
   */
  async with<T>(vmid: number, timeoutMs: number, work: () => Promise<T> | T): Promise<T> {
    const before = this.tails.get(vmid) ?? Promise.resolve();
    let release: () => void = () => undefined;
    const mine = new Promise<void>((resolve) => {
      release = resolve;
    });
    const tail = before.then(() => mine);
    this.tails.set(vmid, tail);
    try {
      await this.wait(before, vmid, timeoutMs);
      return await work();
    } finally {
      release();
      if (this.tails.get(vmid) === tail) this.tails.delete(vmid);
    }
  }

  private async wait(before: Promise<void>, vmid: number, timeoutMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(failure(`can't lock file '/run/lock/lxc/pve-config-${String(vmid)}.lock' - got timeout`));
      }, timeoutMs);
    });
    try {
      await Promise.race([before, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
