import ipaddr from 'ipaddr.js';
import { type Address, contains, type Network, networkOf } from './address';
import type { Env } from './types';

/** A network of an inventory: what of it is in use. */
interface UsedNetwork extends Network {
  gateways: readonly string[];
  /** The envs whose guests are in it. */
  envs: readonly Env[];
  /** Addresses that no env has, and that are no gateway's. */
  free: number;
  /** The next free one; undefined where all are in use. */
  next?: string;
}

/** An IPv4 address of a guest. */
interface Member {
  env: Env;
  ip: Address;
  gateway?: string;
}

/**
 * The IPv4 networks that the envs of an inventory are in.
 * @param envs all envs
 * @returns each once, the one with the most guests first
 */
export function networksOf(envs: readonly Env[]): UsedNetwork[] {
  const members = envs.flatMap((env) =>
    env.networks.flatMap(({ ip, gateway }): Member[] => (ip ? [{ env, ip, gateway }] : [])),
  );
  const found = new Map<string, Member[]>();
  for (const member of members) {
    const { network, prefix } = networkOf(member.ip.address, member.ip.prefix);
    const key = `${network}/${prefix}`;
    found.set(key, [...(found.get(key) ?? []), member]);
  }
  return [...found.values()]
    .map((inside) => used(inside, members))
    .sort((a, b) => b.envs.length - a.envs.length || (a.network < b.network ? -1 : 1));
}

function used(inside: readonly Member[], members: readonly Member[]): UsedNetwork {
  const [{ ip }] = inside as [Member];
  const network = networkOf(ip.address, ip.prefix);
  const gateways = [...new Set(inside.flatMap(({ gateway }) => gateway ?? []))].sort();
  const taken = new Set(
    [...members.map((one) => one.ip.address), ...gateways]
      .filter((one) => contains(network, one))
      .map(toNumber),
  );
  const [first, last] = [toNumber(network.network) + 1, toNumber(network.broadcast) - 1];
  // Behind the highest one, as people count on; where that is the end, the first gap.
  const highest = Math.max(...inside.map((one) => toNumber(one.ip.address)));
  let next: number | undefined;
  for (let one = highest + 1; one <= last && next === undefined; one++) if (!taken.has(one)) next = one;
  for (let one = first; one <= last && next === undefined; one++) if (!taken.has(one)) next = one;
  return {
    ...network,
    gateways,
    envs: [...new Set(inside.map(({ env }) => env))],
    free: Math.max(0, last - first + 1 - [...taken].filter((one) => one >= first && one <= last).length),
    ...(next === undefined ? {} : { next: toAddress(next) }),
  };
}

/**
 * The next free VMID: behind those of the same project, or behind all.
 * @param envs all envs
 * @param project the project that the new env is of
 * @returns a VMID that no env has
 */
export function nextVmid(envs: readonly Env[], project: string): number {
  const taken = new Set(envs.map(({ vmid }) => vmid));
  const own = envs.filter((env) => env.project === project && env.vmid > 0);
  const from = Math.max(99, ...(own.length > 0 ? own : envs).map(({ vmid }) => vmid));
  let next = from + 1;
  while (taken.has(next)) next++;
  return next;
}

const toNumber = (address: string): number =>
  ipaddr.IPv4.parse(address).octets.reduce((sum, octet) => sum * 256 + octet, 0);

const toAddress = (value: number): string =>
  [24, 16, 8, 0].map((bits) => Math.floor(value / 2 ** bits) % 256).join('.');
