import type { Json, Services } from '../endpoint';
import { containerStatus } from '../lxc/status';
import { machineStatus } from '../qemu/status';
import type { Guest } from '../model';

/** A guest of either type as lists show it. */
export function guestStatus(services: Services, guest: Guest): Promise<Record<string, Json>> {
  return guest.type === 'lxc' ? containerStatus(services, guest) : machineStatus(services, guest);
}
