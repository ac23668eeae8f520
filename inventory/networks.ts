import { type Address, canonical, isIpv6, splitAddress } from './address';
import type { Draft } from './draft';
import type { NetworkInterface } from './types';

/** The keys of addresses, at an env and in `networks`. */
interface Written {
  ip?: string;
  gateway?: string;
  ip6?: string;
  gateway6?: string;
}

/**
 * The interfaces of a guest with every default filled in.
 * @param draft the env
 * @returns the first one first
 */
export function resolveNetworks({ scope, guest }: Draft): [NetworkInterface, ...NetworkInterface[]] {
  const first: NetworkInterface = {
    bridge: guest.get('bridge'),
    vlan: guest.maybe('vlan'),
    mtu: guest.maybe('mtu'),
    macAddress: guest.maybe('mac_address')?.toUpperCase(),
    firewall: guest.get('firewall'),
    ...addresses({
      ip: scope.maybe('ip'),
      gateway: scope.maybe('gateway'),
      ip6: scope.maybe('ip6'),
      gateway6: scope.maybe('gateway6'),
    }),
  };
  const others = scope
    .get('networks')
    .map(({ bridge, vlan, mtu, mac_address: mac, firewall, ...written }): NetworkInterface => ({
      bridge: bridge ?? first.bridge,
      vlan,
      mtu,
      macAddress: mac?.toUpperCase(),
      firewall,
      ...addresses(written),
    }));
  return [first, ...others];
}

/**
 * The addresses that are written in the inventory.
 * @param networks the interfaces of a guest
 * @returns without prefix, in canonical form; the one by which the guest is reached first
 */
export function fixedAddresses(networks: readonly NetworkInterface[]): string[] {
  return networks.flatMap(({ ip, ip6 }) =>
    [ip, ip6].flatMap((one) => (typeof one === 'object' ? [one.address] : [])),
  );
}

function addresses({ ip, gateway, ip6, gateway6 }: Written): Partial<NetworkInterface> {
  return {
    ip: ip === undefined ? undefined : address(ip),
    gateway,
    ip6: ip6 === undefined || ip6 === 'auto' || ip6 === 'dhcp' ? ip6 : address(ip6),
    gateway6: gateway6 === undefined ? undefined : canonical(gateway6),
  };
}

/** Of an IPv6 address the canonical form, by which guests are compared. */
function address(written: string): Address {
  const { address: bare, prefix } = splitAddress(written);
  return { address: isIpv6(bare) ? canonical(bare) : bare, prefix };
}
