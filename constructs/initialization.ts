import type { Address } from '../inventory/address';
import type { Env, NetworkInterface } from '../inventory/types';
import { toTemplate } from '../renderers/expression';

/** The addresses of one interface. */
interface IpConfig {
  ipv4?: { address: string; gateway?: string };
  ipv6?: { address: string; gateway?: string };
}

/** What `initialization` of a container and of a VM have in common: address, gateway and DNS. */
interface NetworkSetup {
  ipConfig: IpConfig[];
  dns?: { servers?: string[]; domain?: string };
}

/**
 * The network set-up of a guest. `ip_config` pairs with the network interfaces by position.
 * @param env the env
 * @returns the attributes; no `dns` where the inventory says nothing, so that the node's is used
 */
export function networkSetup({ networks, guest }: Env): NetworkSetup {
  const { nameservers, searchdomain } = guest;
  const hasDns = nameservers.length > 0 || searchdomain !== undefined;
  return {
    ipConfig: networks.map(ipConfig),
    ...(hasDns
      ? {
          dns: {
            ...(nameservers.length > 0 ? { servers: nameservers.map(toTemplate) } : {}),
            ...(searchdomain ? { domain: toTemplate(searchdomain) } : {}),
          },
        }
      : {}),
  };
}

function ipConfig({ ip, gateway, ip6, gateway6 }: NetworkInterface): IpConfig {
  return {
    ...(ip ? { ipv4: addressed(ip, gateway) } : {}),
    ...(ip6 ? { ipv6: addressed(ip6, gateway6) } : {}),
  };
}

function addressed(at: Address | string, gateway?: string): { address: string; gateway?: string } {
  return {
    address: typeof at === 'string' ? at : `${at.address}/${at.prefix}`,
    ...(gateway === undefined ? {} : { gateway }),
  };
}
