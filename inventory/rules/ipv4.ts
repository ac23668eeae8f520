import { isIpv4, networkOf, rangeOf, splitAddress, type Known } from '../address';
import type { Draft } from '../draft';
import type { Found } from '../scope';
import type { Validation } from '../validation';
import type { Words } from '../values/rule';

const UNUSABLE: Record<string, string> = {
  loopback: 'is a loopback address',
  multicast: 'is a multicast address',
  unspecified: 'is the unspecified address',
  broadcast: 'is the broadcast address',
  reserved: 'is a reserved address',
};

/**
 * An IPv4 address with its prefix.
 * @param ip as written
 * @param draft its env
 * @param validation takes the problems
 * @returns the address and, where the prefix is right, the network; undefined where it is refused
 */
export function checkIpv4(ip: Found<string>, draft: Draft, validation: Validation): Known | undefined {
  const { address, prefix } = splitAddress(ip.value);
  if (validation.isRefused(ip.path)) return undefined;
  const refuse = (what: string, fix: string): undefined => {
    validation.error(ip.path, what, fix);
    return undefined;
  };
  if (!isIpv4(address)) {
    const problem = noAddress(ip.value);
    return refuse(problem.what, problem.fix);
  }
  if (!ip.value.includes('/') || Number.isNaN(prefix) || prefix > 32) {
    const bits = prefixOfMask(ip.value.split('/')[1] ?? '') ?? 24;
    refuse('has no valid prefix', `write the length of the subnet's prefix: ${address}/${bits}`);
    return { address };
  }
  const pointToPoint = prefix > 30;
  if (pointToPoint && !draft.guest.get('allow_point_to_point')) {
    return refuse(
      `has the prefix /${prefix}, which leaves no room for a gateway`,
      'write a prefix from 8 to 30, or set guest.allow_point_to_point: true',
    );
  }
  if (prefix < 8) return refuse(`has the prefix /${prefix}`, 'write a prefix from 8 to 30');
  const range = rangeOf(address);
  const first = Number(address.split('.')[0]);
  if (first === 0) return refuse('is an address of 0.0.0.0/8', "write the guest's address");
  const unusable = UNUSABLE[range];
  if (unusable) return refuse(unusable, "write the guest's address");
  const network = networkOf(address, prefix);
  if (!pointToPoint && address === network.network) {
    return refuse(
      `is the address of the network ${network.network}/${prefix} itself`,
      'write an address inside it',
    );
  }
  if (!pointToPoint && address === network.broadcast) {
    return refuse(`is the broadcast address of ${network.network}/${prefix}`, 'write an address inside it');
  }
  if (range !== 'private') {
    validation.warn(ip.path, 'is not a private address (RFC 1918)', 'make sure that it is yours');
  }
  return { address, network };
}

/** What is wrong with a text that is no address with prefix. */
function noAddress(value: string): Words {
  const what = 'is not an IPv4 address with prefix';
  if (/^(dhcp|auto|manual)$/i.test(value)) {
    return {
      what: 'is not a fixed address, by which the guest is known and reached',
      fix: 'write e.g. 10.0.10.101/24, outside of the range of DHCP',
    };
  }
  if (value.includes(':')) return { what: 'is not an IPv4 address', fix: 'write an IPv6 address as ip6' };
  // 010: with a leading zero some programs read octal.
  const plain = value.replaceAll(',', '.').replace(/(^|[.])0+(?=\d)/g, '$1');
  const { address, prefix } = splitAddress(plain);
  const meant = isIpv4(address) ? `${address}/${Number.isNaN(prefix) ? 24 : prefix}` : undefined;
  return { what, fix: meant === undefined ? 'write e.g. 10.0.10.101/24' : `write ${meant}` };
}

/** The length of the prefix that a netmask such as 255.255.255.0 has. */
function prefixOfMask(mask: string): number | undefined {
  if (!isIpv4(mask)) return undefined;
  const bits = mask
    .split('.')
    .map((part) => Number(part).toString(2).padStart(8, '0'))
    .join('');
  return /^1*0*$/.test(bits) ? bits.lastIndexOf('1') + 1 : undefined;
}
