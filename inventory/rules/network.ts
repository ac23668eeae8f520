import { canonical, type Known, type Network, networkOf } from '../address';
import type { Path } from '../document';
import type { Draft } from '../draft';
import { type Interface, interfacesOf } from '../interfaces';
import type { Found } from '../scope';
import type { Validation } from '../validation';
import { checkGateway, checkGateway6 } from './gateway';
import { checkIpv4 } from './ipv4';
import { checkIpv6, isFixed } from './ipv6';

/** An address of an env's guest, with what stands around it. */
export interface Addressed extends Known {
  draft: Draft;
  /** Where the address stands. */
  path: Path;
  gateway?: Found<string>;
  /** Bridge and VLAN. */
  link: string;
}

/** One that was found right. */
export type Placed = Addressed & { network: Network };

/**
 * Addresses and gateways of one env.
 * @param draft the env
 * @param validation takes the problems
 * @returns its addresses, without those that were refused
 */
export function checkAddresses(draft: Draft, validation: Validation): Addressed[] {
  const interfaces = interfacesOf(draft);
  checkFirst(interfaces[0], validation);
  checkOneGateway(interfaces, 'gateway', validation);
  checkOneGateway(interfaces, 'gateway6', validation);
  return interfaces.flatMap((written) => {
    const { ip, ip6, gateway, gateway6, link } = written;
    if (written !== interfaces[0] && !ip && !ip6 && !isAnyRefused(written.path, validation)) {
      validation.error(written.path, 'has no address', 'write ip, ip6 or both');
    }
    const v4 = ip && checkIpv4(ip, draft, validation);
    const v6 = ip6 && checkIpv6(ip6, draft, validation);
    checkGateway(written, v4, validation);
    checkGateway6(written, v6, validation);
    return [
      ...(ip && v4 ? [{ ...v4, draft, path: ip.path, gateway, link }] : []),
      ...(ip6 && v6 ? [{ ...v6, draft, path: ip6.path, gateway: gateway6, link }] : []),
    ];
  });
}

function isAnyRefused(path: Path, validation: Validation): boolean {
  return ['ip', 'ip6'].some((key) => validation.isRefused([...path, key]));
}

/** The first interface has the address by which the guest is known and reached. */
function checkFirst({ ip, ip6 }: Interface, validation: Validation): void {
  if (ip || !ip6 || isFixed(ip6)) return;
  validation.error(
    ip6.path,
    'is not a fixed address, by which the guest is known and reached',
    'write an address here, or ip beside it',
  );
}

/** A guest has one way out for each family. */
function checkOneGateway(
  interfaces: readonly Interface[],
  key: 'gateway' | 'gateway6',
  validation: Validation,
): void {
  const [first, ...more] = interfaces.flatMap((written) => written[key] ?? []);
  for (const { path } of more) {
    validation.error(path, `is a second ${key}`, 'leave it on the interface that leads out', first?.path);
  }
}

/** Subnets and gateways of all guests together: one gateway and one prefix per subnet, and no guest in its place. */
export function checkNetworks(placed: readonly Placed[], validation: Validation): void {
  const gateways = new Map<string, { value: string; path: Path; draft: Draft }>();
  // By name, so that thousands of guests are checked in linear time: the first guest of each subnet, and the first
  // one of a narrower subnet inside it.
  const networks = new Map<string, Placed>();
  const narrower = new Map<string, Placed>();
  const prefixes = [...new Set(placed.map(({ network }) => network.prefix))];
  const addresses = new Map(placed.map((item) => [item.address, item]));
  for (const item of placed) {
    const { draft, network, gateway } = item;
    if (gateway && !validation.isRefused(gateway.path)) {
      const { path } = gateway;
      const value = canonical(gateway.value);
      const link = `${nameOf(network)} ${item.link}`;
      const known = gateways.get(link);
      const taken = addresses.get(value);
      if (taken && taken !== item) {
        validation.error(
          path,
          `is the address of the guest of ${taken.draft.stack}`,
          "write the router's address",
          taken.path,
        );
      } else if (known && known.value !== value) {
        validation.error(
          path,
          `differs from the gateway of ${known.draft.stack} in the same subnet`,
          'write the same gateway in both',
          known.path,
        );
      }
      if (!known) gateways.set(link, { value, path, draft });
    }
    const wider = prefixes
      .filter((prefix) => prefix < network.prefix)
      .map((prefix) => nameOf(networkOf(network.network, prefix)));
    const clash =
      narrower.get(nameOf(network)) ?? networks.get(wider.find((name) => networks.has(name)) ?? '');
    if (clash) {
      validation.error(
        item.path,
        `makes the subnet ${network.network}/${network.prefix}, which overlaps ${clash.network.network}/${clash.network.prefix} of ${clash.draft.stack}`,
        'write the same prefix in both',
        clash.path,
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
