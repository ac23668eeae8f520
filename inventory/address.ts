import ipaddr from 'ipaddr.js';

/** An address in its subnet. */
export interface Address {
  /** Dotted quad without prefix. */
  address: string;
  /** Length of the prefix. */
  prefix: number;
}

/** An IPv4 network. */
export interface Network {
  /** Network address, dotted quad. */
  network: string;
  /** Broadcast address, dotted quad. */
  broadcast: string;
  /** Length of the prefix. */
  prefix: number;
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
 * The network of an address.
 * @param address dotted quad
 * @param prefix 0 to 32
 * @returns its network
 */
export function networkOf(address: string, prefix: number): Network {
  const cidr = `${address}/${prefix}`;
  return {
    network: ipaddr.IPv4.networkAddressFromCIDR(cidr).toString(),
    broadcast: ipaddr.IPv4.broadcastAddressFromCIDR(cidr).toString(),
    prefix,
  };
}

/**
 * Whether an address lies in a network.
 * @param address dotted quad
 * @param network the network
 * @returns true when it does
 */
export function contains(network: Network, address: string): boolean {
  return ipaddr.IPv4.parse(address).match(ipaddr.IPv4.parse(network.network), network.prefix);
}

/**
 * What kind of address it is, as IANA's special-purpose registry has it (by ipaddr.js).
 * @param address dotted quad
 * @returns e.g. `private`, `loopback`, `multicast`, `unspecified`, `unicast`
 */
export function rangeOf(address: string): string {
  return ipaddr.IPv4.parse(address).range();
}

/**
 * Splits `10.0.10.101/24`.
 * @param value the address with prefix
 * @returns the address; prefix NaN where there is none
 */
export function splitAddress(value: string): Address {
  const [address = '', ...rest] = value.split('/');
  const prefix = rest.join('/');
  return { address, prefix: /^(0|[1-9]\d?)$/.test(prefix) ? Number(prefix) : NaN };
}
