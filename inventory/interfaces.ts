import type { Path } from './document';
import type { Draft } from './draft';
import type { Found } from './scope';
import type { Value } from './values/value';
import { display } from './text';

/** What is written of one interface of a guest. */
export interface Interface {
  ip?: Found<string>;
  gateway?: Found<string>;
  ip6?: Found<string>;
  gateway6?: Found<string>;
  mac?: Found<string>;
  /** Where it stands. */
  path: Path;
  /** What it is connected to: bridge and VLAN. */
  link: string;
}

/**
 * The interfaces of a guest as written: that of its env, and those of `networks`.
 * @param draft the env
 * @returns the first one first
 */
export function interfacesOf({ scope, guest, path }: Draft): [Interface, ...Interface[]] {
  const bridge = guest.get('bridge');
  const networks = scope.find('networks');
  const first: Interface = {
    ip: scope.find('ip'),
    gateway: scope.find('gateway'),
    ip6: scope.find('ip6'),
    gateway6: scope.find('gateway6'),
    mac: guest.find('mac_address'),
    path,
    link: linkOf(bridge, guest.maybe('vlan')),
  };
  const others = (networks?.value ?? []).map((network, index): Interface => {
    const at = [...(networks?.path ?? []), index];
    const found = (key: 'ip' | 'gateway' | 'ip6' | 'gateway6' | 'mac_address'): Found<string> | undefined => {
      const value = network[key];
      return value === undefined ? undefined : { value, path: [...at, key] };
    };
    return {
      ip: found('ip'),
      gateway: found('gateway'),
      ip6: found('ip6'),
      gateway6: found('gateway6'),
      mac: found('mac_address'),
      path: at,
      link: linkOf(network.bridge ?? bridge, network.vlan),
    };
  });
  return [first, ...others];
}

/** Untagged frames are those of VLAN 1. */
function linkOf(bridge: Value, vlan = 1): string {
  return `${display(bridge)} ${vlan}`;
}
