import { canonical, isIpv6, networkOf, rangeOf, splitAddress, type Known } from '../address';
import type { Draft } from '../draft';
import type { Found } from '../scope';
import type { Validation } from '../validation';

/** What a guest may ask its network for, instead of an address of its own. */
const ASKED = ['auto', 'dhcp'];

const UNUSABLE: Record<string, string> = {
  loopback: 'is a loopback address',
  multicast: 'is a multicast address',
  unspecified: 'is the unspecified address',
  linkLocal: 'is a link-local address, which every interface has by itself',
  ipv4Mapped: 'stands for an IPv4 address',
};

/** Whether it is an address that is written, and not one that the guest asks for. */
export function isFixed(ip6: Found<string> | undefined): boolean {
  return ip6 !== undefined && !ASKED.includes(ip6.value);
}

/**
 * An IPv6 address with its prefix, or a word for where it comes from.
 * @param ip6 as written
 * @param draft its env
 * @param validation takes the problems
 * @returns the address and, where the prefix is right, the network; undefined where it is refused, or not known
 */
export function checkIpv6(ip6: Found<string>, draft: Draft, validation: Validation): Known | undefined {
  if (validation.isRefused(ip6.path) || !isFixed(ip6)) return undefined;
  const refuse = (what: string, fix: string): undefined => {
    validation.error(ip6.path, what, fix);
    return undefined;
  };
  const written = splitAddress(ip6.value);
  if (!isIpv6(written.address)) {
    return refuse(
      'is not an IPv6 address with prefix',
      'write e.g. fd00:0:0:10::101/64, or auto or dhcp where the network gives one',
    );
  }
  const { prefix } = written;
  const address = canonical(written.address);
  if (Number.isNaN(prefix) || prefix > 128) {
    refuse('has no valid prefix', `write the length of the subnet's prefix: ${address}/64`);
    return { address };
  }
  const pointToPoint = prefix > 126;
  if (pointToPoint && !draft.guest.get('allow_point_to_point')) {
    return refuse(
      `has the prefix /${prefix}, which leaves no room for a gateway`,
      'write a prefix from 16 to 126, or set guest.allow_point_to_point: true',
    );
  }
  if (prefix < 16) return refuse(`has the prefix /${prefix}`, 'write a prefix from 16 to 126');
  const unusable = UNUSABLE[rangeOf(address)];
  if (unusable) return refuse(unusable, "write the guest's address");
  const network = networkOf(address, prefix);
  if (!pointToPoint && address === network.network) {
    return refuse(
      `is the address of the network ${address}/${prefix} itself, which is its routers'`,
      'write an address inside it',
    );
  }
  return { address, network };
}
