import { display } from '../inventory/text';
import type { Env } from '../inventory/types';

/** The columns of `describeEnv`. */
export const COLUMNS = ['stack', 'guest', 'vmid', 'address', 'node'] as const;

/**
 * An env as cells of a table.
 * @param env the env
 * @returns stack, guest, vmid, address and node
 */
export function describeEnv(env: Env): string[] {
  const external = env.guest.type === 'external';
  const guest = `${env.guest.type} ${env.hostname}${env.present ? '' : ' (absent)'}`;
  return [
    env.stack,
    guest,
    external ? '-' : String(env.vmid),
    `${env.ip.address}/${env.ip.prefix}`,
    external ? '-' : display(env.node),
  ];
}
