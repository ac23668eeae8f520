import ipaddr from 'ipaddr.js';

/** An address in its subnet. */
export interface Address {
  /** In canonical form, without prefix. */
  address: string;
  /** Length of the prefix. */
  prefix: number;
}

/** A network. */
export interface Network {
  /** Network address. */
  network: string;
  /** Broadcast address; of an IPv6 network its last address. */
  broadcast: string;
  /** Length of the prefix. */
  prefix: number;
}

/** An address; its network is not known where the prefix was refused. */
export interface Known {
  /** In canonical form. */
  address: string;
  network?: Network;
}

const QUAD = /^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}$/;

/**
 * Whether a text is an IPv4 address in canonical form: four decimal numbers without leading zeros.
 * @param value the text
 * @returns true when it is
 */
export function isIpv4(value: string): boolean {
  return QUAD.test(value) && ipaddr.IPv4.isValid(value);
}

/**
 * Whether a text is an IPv6 address, without zone and without an IPv4 address in it.
 * @param value the text
 * @returns true when it is
 */
export function isIpv6(value: string): boolean {
  return /^[0-9A-Fa-f:]+$/.test(value) && ipaddr.IPv6.isValid(value);
}

/**
 * An address as it is written in one way only: of IPv6 in lower case, without leading zeros, the longest run of zeros
 * left out (RFC 5952).
 * @param address an address
 * @returns its canonical form
 */
export function canonical(address: string): string {
  return ipaddr.parse(address).toString();
}

/**
 * The network of an address.
 * @param address an address
 * @param prefix 0 to 32, of IPv6 to 128
 * @returns its network
 */
export function networkOf(address: string, prefix: number): Network {
  const cidr = `${address}/${prefix}`;
  const family = isIpv6(address) ? ipaddr.IPv6 : ipaddr.IPv4;
  return {
    network: family.networkAddressFromCIDR(cidr).toString(),
    broadcast: family.broadcastAddressFromCIDR(cidr).toString(),
    prefix,
  };
}

/**
 * Whether an address lies in a network of its family.
 * @param address an address
 * @param network the network
 * @returns true when it does
 */
export function contains(network: Network, address: string): boolean {
  return networkOf(address, network.prefix).network === network.network;
}

/**
 * What kind of address it is, as IANA's special-purpose registry has it (by ipaddr.js).
 * @param address an address
 * @returns e.g. `private`, `loopback`, `multicast`, `linkLocal`, `unicast`
 */
export function rangeOf(address: string): string {
  return ipaddr.parse(address).range();
}

/**
 * Splits `10.0.10.101/24`.
 * @param value the address with prefix
 * @returns the address; prefix NaN where there is none
 */
export function splitAddress(value: string): Address {
  const [address = '', ...rest] = value.split('/');
  const prefix = rest.join('/');
  return { address, prefix: /^(0|[1-9]\d{0,2})$/.test(prefix) ? Number(prefix) : NaN };
}

/**
 * An address as it stands in a URL.
 * @param address an address
 * @returns the same; of IPv6 in brackets
 */
export function inUrl(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
