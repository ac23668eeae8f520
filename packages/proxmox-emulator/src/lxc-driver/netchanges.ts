import type { Nic } from './guestfiles';
import { bridgeName, vethName } from './lxcconfig';

/** Commands that bring a running guest's network from one state to another. */
interface NetChanges {
  /** In the network of the bridges; `$PID` stands for the guest's first process. */
  readonly outside: readonly string[];
  /** Then in the guest's own network. Those marked `may fail` undo what the guest may have undone itself. */
  readonly inside: readonly string[];
  /** Bridges that have to be there. */
  readonly bridges: readonly string[];
}

function plug(vmid: number, nic: Nic): { outside: string[]; inside: string[] } {
  const veth = vethName(vmid, nic.index);
  const bridge = bridgeName(nic);
  const mtu = nic.mtu === undefined ? '' : ` mtu ${nic.mtu}`;
  return {
    outside: [
      `ip link add ${veth}${mtu} type veth peer name ${nic.name} address ${nic.mac}${mtu} netns $PID`,
      ...(bridge === undefined ? [] : [`ip link set ${veth} master ${bridge}`]),
      ...(nic.down ? [] : [`ip link set ${veth} up`]),
    ],
    inside: [`ip link set ${nic.name} up`, ...address(undefined, nic)],
  };
}

/** Changes of one interface's addresses and gateways. */
function address(before: Nic | undefined, after: Nic): string[] {
  const commands: string[] = [];
  const isStatic = (value: string | undefined): value is string => value?.includes('/') === true;
  const families = [
    { ip: '-4', was: before?.ip, is: after.ip, from: before?.gateway, to: after.gateway },
    { ip: '-6', was: before?.ip6, is: after.ip6, from: before?.gateway6, to: after.gateway6 },
  ];
  for (const { ip, was, is, from, to } of families) {
    if (was === is && from === to) continue;
    if (from !== undefined && from !== to) {
      commands.push(`ip ${ip} route del default via ${from} dev ${after.name} || :`);
    }
    if (was !== is) {
      if (isStatic(was)) commands.push(`ip ${ip} address del ${was} dev ${after.name} || :`);
      if (isStatic(is)) commands.push(`ip ${ip} address replace ${is} dev ${after.name}`);
    }
    // The route went with the old address, if that was what led to the gateway.
    if (to !== undefined) commands.push(`ip ${ip} route replace default via ${to} dev ${after.name} onlink`);
  }
  return commands;
}

/**
 * What has to be done to a running guest so that its interfaces are as configured: as Proxmox does it, an interface
 * with another name, MAC address or MTU is a new one, another bridge or address is set on the one that is there.
 * @param vmid the guest
 * @param before its interfaces as they are
 * @param after its interfaces as they are to be
 */
export function netChanges(vmid: number, before: readonly Nic[], after: readonly Nic[]): NetChanges {
  const outside: string[] = [];
  const inside: string[] = [];
  const bridges: string[] = [];
  const find = (nics: readonly Nic[], index: number): Nic | undefined =>
    nics.find((nic) => nic.index === index);
  const same = (a: Nic, b: Nic): boolean => a.name === b.name && a.mac === b.mac && a.mtu === b.mtu;
  for (const old of before) {
    const kept = find(after, old.index);
    if (!kept || !same(old, kept)) outside.push(`ip link del ${vethName(vmid, old.index)} || :`);
  }
  for (const nic of after) {
    const old = find(before, nic.index);
    const bridge = bridgeName(nic);
    if (!old || !same(old, nic)) {
      const plugged = plug(vmid, nic);
      outside.push(...plugged.outside);
      inside.push(...plugged.inside);
      if (bridge !== undefined) bridges.push(bridge);
      continue;
    }
    const veth = vethName(vmid, nic.index);
    if (bridgeName(old) !== bridge) {
      outside.push(`ip link set ${veth} ${bridge === undefined ? 'nomaster' : `master ${bridge}`}`);
      if (bridge !== undefined) bridges.push(bridge);
    }
    if (old.down !== nic.down) outside.push(`ip link set ${veth} ${nic.down ? 'down' : 'up'}`);
    inside.push(...address(old, nic));
  }
  return { outside, inside, bridges };
}
