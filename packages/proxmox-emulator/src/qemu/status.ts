import type { Json, Services } from '../endpoint';
import { optional, uptime } from '../guests/status';
import { diskSize } from '../volumes';
import type { Guest } from '../model';

/** The first disk that a machine boots from: its size is the machine's `maxdisk`. */
function bootDisk(guest: Guest): string | undefined {
  const order = /order=([^,]+)/.exec(String(guest.config.get('boot') ?? ''))?.[1]?.split(';') ?? [];
  const fallback = [...guest.config.keys()].filter((key) => /^(virtio|scsi|sata|ide)\d+$/.test(key)).sort();
  return [...order, ...fallback].find((key) => {
    const value = guest.config.get(key);
    return (
      value !== undefined && /^(virtio|scsi|sata|ide)\d+$/.test(key) && !/media=cdrom/.test(String(value))
    );
  });
}

/** Megabytes of memory, from `memory` (a property string whose default key is `current`). */
function memory(guest: Guest): number {
  return Number(/^(?:current=)?(\d+)/.exec(String(guest.config.get('memory') ?? '512'))?.[1] ?? 512);
}

/** A virtual machine as lists show it. */
export async function machineStatus(services: Services, guest: Guest): Promise<Record<string, Json>> {
  const { config } = guest;
  const running = await services.machines.isRunning(guest);
  const disk = bootDisk(guest);
  const cores = Number(config.get('cores') ?? 1) * Number(config.get('sockets') ?? 1);
  return {
    vmid: guest.vmid,
    name: String(config.get('name') ?? `VM ${String(guest.vmid)}`),
    status: running ? 'running' : 'stopped',
    cpus: Number(config.get('vcpus') ?? 0) || cores,
    cpu: 0,
    maxmem: memory(guest) * 1024 * 1024,
    mem: 0,
    memhost: 0,
    maxdisk: disk === undefined ? 0 : diskSize(services.state, String(config.get(disk) ?? '')),
    disk: 0,
    netin: 0,
    netout: 0,
    uptime: uptime(guest),
    ...(running ? { pid: guest.pid, diskread: 0, diskwrite: 0 } : {}),
    ...optional(guest),
  };
}
