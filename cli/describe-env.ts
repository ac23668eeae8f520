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
    addressesOf(env),
    external ? '-' : display(env.node),
  ];
}

/** The addresses with their prefixes, that by which the guest is reached first. */
function addressesOf({ networks }: Env): string {
  return networks
    .flatMap(({ ip, ip6 }) => [ip, ip6])
    .flatMap((one) =>
      one === undefined ? [] : [typeof one === 'string' ? `ip6 ${one}` : `${one.address}/${one.prefix}`],
    )
    .join(', ');
}
