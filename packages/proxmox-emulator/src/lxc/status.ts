import type { Json, Services } from '../endpoint';
import { optional, uptime } from '../guests/status';
import { HOST } from '../host';
import { ext4Capacity } from '../sizes';
import { diskSize } from '../volumes';
import type { Guest } from '../model';

const MIB = 1024 * 1024;
/** What an idle container uses; real figures vary, a client must not depend on them. */
const IDLE = { mem: 28_273_024, disk: 249_417_728, diskread: 4_096_000, diskwrite: 1_228_800 } as const;

/** A container as lists and `status/current` show it. */
export async function containerStatus(services: Services, guest: Guest): Promise<Record<string, Json>> {
  const { config } = guest;
  const running = await services.driver.isRunning(guest);
  const limit = Math.ceil(Number(config.get('cpulimit') ?? 0));
  const size = diskSize(services.state, String(config.get('rootfs') ?? ''));
  const pressure = ['pressurecpufull', 'pressurecpusome', 'pressureiofull', 'pressureiosome'];
  return {
    vmid: guest.vmid,
    type: 'lxc',
    name: String(config.get('hostname') ?? `CT${String(guest.vmid)}`),
    status: running ? 'running' : 'stopped',
    cpus: Number(config.get('cores') ?? 0) || limit || HOST.cpus,
    cpu: 0,
    maxmem: Number(config.get('memory') ?? 512) * MIB,
    mem: running ? IDLE.mem : 0,
    maxswap: Number(config.get('swap') ?? 0) * MIB,
    swap: 0,
    maxdisk: running ? ext4Capacity(size) : size,
    disk: running ? IDLE.disk : 0,
    diskread: running ? IDLE.diskread : 0,
    diskwrite: running ? IDLE.diskwrite : 0,
    netin: 0,
    netout: 0,
    uptime: uptime(guest),
    ...(running
      ? {
          pid: guest.pid,
          ...Object.fromEntries(
            [...pressure, 'pressurememoryfull', 'pressurememorysome'].map((name) => [name, '0.00']),
          ),
        }
      : {}),
    ...optional(guest),
  };
}
