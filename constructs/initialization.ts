import type { Env } from '../inventory/types';
import { toTemplate } from '../renderers/expression';

/** What `initialization` of a container and of a VM have in common: address, gateway and DNS. */
interface NetworkSetup {
  ipConfig: { ipv4: { address: string; gateway?: string } }[];
  dns?: { servers?: string[]; domain?: string };
}

/**
 * The network set-up of a guest. `ip_config` pairs with the network interfaces by position; there is one.
 * @param env the env
 * @returns the attributes; no `dns` where the inventory says nothing, so that the node's is used
 */
export function networkSetup({ ip, gateway, guest }: Env): NetworkSetup {
  const { nameservers, searchdomain } = guest;
  const hasDns = nameservers.length > 0 || searchdomain !== undefined;
  return {
    ipConfig: [
      { ipv4: { address: `${ip.address}/${ip.prefix}`, ...(gateway === undefined ? {} : { gateway }) } },
    ],
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
