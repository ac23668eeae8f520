import { canonical, contains, isIpv4, isIpv6, rangeOf, splitAddress, type Known } from '../address';
import type { Interface } from '../interfaces';
import type { Found } from '../scope';
import type { Validation } from '../validation';
import { isFixed } from './ipv6';

/** A gateway beside an address. */
interface Gateway {
  gateway: Found<string>;
  /** The address, as far as it is right. */
  known: Partial<Known>;
  validation: Validation;
}

/**
 * The IPv4 gateway of an interface.
 * @param written the interface
 * @param known its address, as far as it is right
 * @param validation takes the problems
 */
export function checkGateway(
  { gateway, ip }: Interface,
  known: Partial<Known> = {},
  validation: Validation,
): void {
  if (!gateway || validation.isRefused(gateway.path)) return;
  const { value } = gateway;
  if (value.includes('/') && isIpv4(splitAddress(value).address)) {
    const bare = splitAddress(value).address;
    validation.error(gateway.path, 'has a prefix', `write the bare address: ${bare}`);
  } else if (!isIpv4(value)) {
    validation.error(gateway.path, 'is not an IPv4 address', 'write e.g. 10.0.10.1');
  } else if (!ip && !validation.isRefused([...gateway.path.slice(0, -1), 'ip'])) {
    validation.error(gateway.path, 'stands without ip', 'write ip beside it, or gateway6');
  } else checkPlace({ gateway, known, validation }, value, 'ip');
}

/**
 * The IPv6 gateway of an interface. Routers announce link-local addresses, so one of these is always right.
 * @param written the interface
 * @param known its address, as far as it is right
 * @param validation takes the problems
 */
export function checkGateway6(
  { gateway6: gateway, ip6 }: Interface,
  known: Partial<Known> = {},
  validation: Validation,
): void {
  if (!gateway || validation.isRefused(gateway.path)) return;
  const refuse = (what: string, fix: string): void => {
    validation.error(gateway.path, what, fix);
  };
  const { value } = gateway;
  const bare = splitAddress(value).address;
  if (value.includes('/') && isIpv6(bare)) refuse('has a prefix', `write the bare address: ${bare}`);
  else if (!isIpv6(value)) refuse('is not an IPv6 address', 'write e.g. fd00:0:0:10::1 or fe80::1');
  else if (!ip6) {
    if (!validation.isRefused([...gateway.path.slice(0, -1), 'ip6']))
      refuse('stands without ip6', 'write ip6 beside it');
  } else if (!isFixed(ip6)) {
    refuse(`stands beside ip6: ${ip6.value}`, 'remove it: the routers of the network announce themselves');
  } else if (rangeOf(value) !== 'linkLocal')
    checkPlace({ gateway, known, validation }, canonical(value), 'ip6');
}

/** That it is another address of the same subnet. */
function checkPlace({ gateway, known, validation }: Gateway, value: string, key: 'ip' | 'ip6'): void {
  const { address, network } = known;
  const refuse = (what: string, fix: string): void => {
    validation.error(gateway.path, what, fix);
  };
  if (value === address) refuse("is the guest's own address", "write the router's address");
  if (value === address || !network) return;
  const host = key === 'ip' ? 32 : 128;
  if (network.prefix < host && !contains(network, value)) {
    refuse(
      `is not in the guest's subnet ${network.network}/${network.prefix}`,
      `write an address of that subnet${key === 'ip' ? '' : ' or a link-local one'}, or mend ${key}`,
    );
  } else if (
    key === 'ip' &&
    network.prefix < 31 &&
    (value === network.network || value === network.broadcast)
  ) {
    refuse(
      `is the ${value === network.network ? 'network' : 'broadcast'} address of the subnet`,
      "write the router's address",
    );
  }
}
