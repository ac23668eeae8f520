import { contains, isIpv4, type Network, networkOf, rangeOf, splitAddress } from '../address';
import type { Draft } from '../draft';
import { display } from '../text';
import type { Validation } from '../validation';
import type { Words } from '../values/rule';

const UNUSABLE: Record<string, string> = {
  loopback: 'is a loopback address',
  multicast: 'is a multicast address',
  unspecified: 'is the unspecified address',
  broadcast: 'is the broadcast address',
  reserved: 'is a reserved address',
};

/** An env whose address was found right. */
export interface Placed {
  draft: Draft;
  address: string;
  network: Network;
}

/** An env whose address is known; its network is not where the prefix was refused. */
export type Addressed = Omit<Placed, 'network'> & Partial<Placed>;

/**
 * Address and gateway of one env.
 * @param draft the env
 * @param validation takes the problems
 * @returns the env with its address, or undefined when that was refused
 */
export function checkAddress(draft: Draft, validation: Validation): Addressed | undefined {
  const addressed = checkIp(draft, validation);
  checkGateway(draft, addressed, validation);
  return addressed;
}

function checkIp(draft: Draft, validation: Validation): Addressed | undefined {
  const ip = draft.scope.find('ip');
  if (!ip) return undefined;
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
    return { draft, address };
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
  return { draft, address, network };
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
  if (value.includes(':'))
    return { what: 'is not an IPv4 address', fix: 'write the IPv4 address, e.g. 10.0.10.101/24' };
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

function checkGateway(
  draft: Draft,
  { address, network }: Partial<Addressed> = {},
  validation: Validation,
): void {
  const gateway = draft.scope.find('gateway');
  if (!gateway || validation.isRefused(gateway.path)) return;
  const refuse = (what: string, fix: string): void => {
    validation.error(gateway.path, what, fix);
  };
  const { value } = gateway;
  if (value.includes('/') && isIpv4(splitAddress(value).address)) {
    refuse('has a prefix', `write the bare address: ${splitAddress(value).address}`);
  } else if (!isIpv4(value)) refuse('is not an IPv4 address', 'write e.g. 10.0.10.1');
  else if (value === address) refuse("is the guest's own address", "write the router's address");
  else if (!network) return;
  else if (network.prefix < 32 && !contains(network, value)) {
    refuse(
      `is not in the guest's subnet ${network.network}/${network.prefix}`,
      'write an address of that subnet, or mend ip',
    );
  } else if (network.prefix < 31 && (value === network.network || value === network.broadcast)) {
    refuse(
      `is the ${value === network.network ? 'network' : 'broadcast'} address of the subnet`,
      "write the router's address",
    );
  }
}

/** Subnets and gateways of all guests together: one gateway and one prefix per subnet, and no guest in its place. */
export function checkNetworks(placed: readonly Placed[], validation: Validation): void {
  const gateways = new Map<string, { value: string; draft: Draft }>();
  // By name, so that thousands of guests are checked in linear time: the first guest of each subnet, and the first
  // one of a narrower subnet inside it.
  const networks = new Map<string, Placed>();
  const narrower = new Map<string, Placed>();
  const prefixes = [...new Set(placed.map(({ network }) => network.prefix))];
  const addresses = new Map(placed.map((item) => [item.address, item]));
  for (const item of placed) {
    const { draft, network } = item;
    const gateway = draft.scope.find('gateway');
    if (gateway && !validation.isRefused(gateway.path)) {
      const link = [
        network.network,
        network.prefix,
        display(draft.guest.get('bridge')),
        // Untagged frames are those of VLAN 1.
        draft.guest.maybe('vlan') ?? 1,
      ].join(' ');
      const known = gateways.get(link);
      const path = [...draft.path, 'gateway'];
      const taken = addresses.get(gateway.value);
      if (taken && taken !== item) {
        validation.error(
          path,
          `is the address of the guest of ${taken.draft.stack}`,
          "write the router's address",
          [...taken.draft.path, 'ip'],
        );
      } else if (known && known.value !== gateway.value) {
        validation.error(
          path,
          `differs from the gateway of ${known.draft.stack} in the same subnet`,
          'write the same gateway in both',
          [...known.draft.path, 'gateway'],
        );
      }
      if (!known) gateways.set(link, { value: gateway.value, draft });
    }
    const wider = prefixes
      .filter((prefix) => prefix < network.prefix)
      .map((prefix) => nameOf(networkOf(network.network, prefix)));
    const clash =
      narrower.get(nameOf(network)) ?? networks.get(wider.find((name) => networks.has(name)) ?? '');
    if (clash) {
      validation.error(
        [...draft.path, 'ip'],
        `makes the subnet ${network.network}/${network.prefix}, which overlaps ${clash.network.network}/${clash.network.prefix} of ${clash.draft.stack}`,
        'write the same prefix in both',
        [...clash.draft.path, 'ip'],
      );
    }
    if (!networks.has(nameOf(network))) {
      networks.set(nameOf(network), item);
      for (const name of wider) if (!narrower.has(name)) narrower.set(name, item);
    }
  }
}

function nameOf({ network, prefix }: Network): string {
  return `${network}/${prefix}`;
}
