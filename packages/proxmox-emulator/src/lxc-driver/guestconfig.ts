import { NET } from '../lxc/net';
import { parseProps } from '../propstring';
import type { Guest } from '../model';
import { ID_SHIFT } from './ids';
import { guestFolder } from './container';
import { hostsSection, interfacesFile, resolverSection, withSection, type Nic } from './guestfiles';
import type { LxcGuest } from './lxcconfig';
import type { RootFs } from './rootfs';
import { mountsOf } from './volumes';

function option(guest: Guest, name: string): string | undefined {
  const value = guest.config.get(name);
  return value === undefined || String(value).trim() === '' ? undefined : String(value);
}

/** A stored network interface, taken apart. */
export function parseNic(index: number, value: string): Nic {
  const parsed = parseProps(NET, value, `net${String(index)}`);
  const props = 'error' in parsed ? new Map<string, string>() : parsed.props;
  const get = (name: string, as: keyof Nic): Partial<Nic> => {
    const found = props.get(name);
    return found === undefined ? {} : { [as]: found };
  };
  return {
    index,
    name: props.get('name') ?? `eth${String(index)}`,
    mac: (props.get('hwaddr') ?? '').toLowerCase(),
    down: props.get('link_down') === '1',
    ...get('bridge', 'bridge'),
    ...get('tag', 'tag'),
    ...get('ip', 'ip'),
    ...get('gw', 'gateway'),
    ...get('ip6', 'ip6'),
    ...get('gw6', 'gateway6'),
    ...get('mtu', 'mtu'),
  };
}

/** All network interfaces of a guest, by number. */
export function nicsOf(guest: Guest): Nic[] {
  return [...guest.config]
    .flatMap(([name, value]) => {
      const index = /^net(\d+)$/.exec(name)?.[1];
      return index === undefined ? [] : [parseNic(Number(index), String(value))];
    })
    .sort((a, b) => a.index - b.index);
}

/** The name of a guest. */
function hostnameOf(guest: Guest): string {
  return option(guest, 'hostname') ?? `CT${String(guest.vmid)}`;
}

/** The address of the guest with this name, short or with its search domain; undefined where there is none. */
export function addressOfName(guests: Iterable<Guest>, name: string): string | undefined {
  for (const guest of guests) {
    if (guest.type !== 'lxc') continue;
    const hostname = hostnameOf(guest).toLowerCase();
    const domain = option(guest, 'searchdomain')?.toLowerCase();
    if (name !== hostname && (domain === undefined || name !== `${hostname}.${domain}`)) continue;
    const address = nicsOf(guest)
      .find((nic) => nic.ip?.includes('/') === true)
      ?.ip?.split('/')[0];
    if (address !== undefined) return address;
  }
  return undefined;
}

/** First id of a guest's users. */
export function shiftOf(guest: Guest): number {
  return guest.config.get('unprivileged') === 1 ? ID_SHIFT : 0;
}

/** What LXC is told about a guest. */
export function lxcGuest(guest: Guest, limitFiles: readonly string[]): LxcGuest {
  const number = (name: string): number | undefined => {
    const value = Number(guest.config.get(name) ?? 0);
    return value > 0 ? value : undefined;
  };
  const cpus = number('cpulimit') ?? number('cores');
  const memory = number('memory');
  return {
    vmid: guest.vmid,
    hostname: hostnameOf(guest),
    folder: guestFolder(guest.vmid),
    shift: shiftOf(guest),
    nics: nicsOf(guest),
    mounts: mountsOf(guest),
    nesting: /(^|,)nesting=1(,|$)/.test(option(guest, 'features') ?? ''),
    limitFiles,
    ...(memory === undefined ? {} : { memory }),
    ...(cpus === undefined ? {} : { cpus }),
    swap: number('swap') ?? 0,
  };
}

/**
 * Writes what Proxmox writes into a guest before each start: its names, resolver and network.
 * @param resolver the name server of a guest whose configuration names none, if there is one.
 */
export function writeGuestFiles(guest: Guest, rootfs: RootFs, resolver: string | undefined): void {
  const hostname = hostnameOf(guest);
  const nics = nicsOf(guest);
  const own = option(guest, 'nameserver')?.split(/[\s,;]+/);
  const domain = option(guest, 'searchdomain');
  const address = nics.find((nic) => nic.ip?.includes('/') === true)?.ip?.split('/')[0];
  rootfs.write('/etc/hostname', `${hostname.split('.')[0] ?? hostname}\n`);
  rootfs.write('/etc/hosts', withSection(rootfs.read('/etc/hosts'), hostsSection(hostname, domain, address)));
  rootfs.write(
    '/etc/resolv.conf',
    withSection(
      rootfs.read('/etc/resolv.conf'),
      resolverSection(own ?? (resolver === undefined ? [] : [resolver]), domain),
    ),
  );
  rootfs.write('/etc/network/interfaces', interfacesFile(rootfs.read('/etc/network/interfaces'), nics));
}
