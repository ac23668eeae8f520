import { ID_COUNT } from './ids';
import { hooks } from './container';
import type { Nic } from './guestfiles';
import type { Mount } from './volumes';

/** What the configuration file of LXC says about a guest. */
export interface LxcGuest {
  readonly vmid: number;
  readonly hostname: string;
  /** Its folder inside the namespaces. */
  readonly folder: string;
  /** First id of its users; 0 for a privileged guest. */
  readonly shift: number;
  readonly nics: readonly Nic[];
  readonly mounts: readonly Mount[];
  readonly nesting: boolean;
  /** MiB; not limited when undefined. */
  readonly memory?: number;
  readonly swap?: number;
  /** CPUs, or undefined for all. */
  readonly cpus?: number;
  /** Files that a cgroup has on this machine, e.g. `memory.max`. */
  readonly limitFiles: readonly string[];
}

/** The bridge that an interface is attached to: VLANs are bridges of their own, as on a bridge that knows none. */
export function bridgeName(nic: Nic): string | undefined {
  if (nic.bridge === undefined) return undefined;
  return nic.tag === undefined ? nic.bridge : `${nic.bridge}v${nic.tag}`;
}

/** The machine's end of an interface, named as on Proxmox. */
export function vethName(vmid: number, index: number): string {
  return `veth${String(vmid)}i${String(index)}`;
}

function network(vmid: number, nic: Nic): string[] {
  const key = `lxc.net.${String(nic.index)}`;
  const bridge = bridgeName(nic);
  return [
    `${key}.type = veth`,
    `${key}.veth.pair = ${vethName(vmid, nic.index)}`,
    `${key}.name = ${nic.name}`,
    `${key}.hwaddr = ${nic.mac}`,
    ...(bridge === undefined ? [] : [`${key}.link = ${bridge}`]),
    ...(nic.mtu === undefined ? [] : [`${key}.mtu = ${nic.mtu}`]),
    ...(nic.down ? [] : [`${key}.flags = up`]),
  ];
}

/** Blanks and the like in the paths of fstab-like lines are written as octal numbers. */
function mount({ source, target, readOnly }: Mount): string {
  const path = target.replace(
    // eslint-disable-next-line no-control-regex
    /[\x00-\x20\\#]/g,
    (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`,
  );
  return `lxc.mount.entry = ${source} ${path} none bind,create=dir${readOnly ? ',ro' : ''} 0 0`;
}

/** Limits as files of cgroup v2 and their values; only those that this machine has. */
export function limits(guest: Pick<LxcGuest, 'memory' | 'swap' | 'cpus' | 'limitFiles'>): [string, string][] {
  const mib = (value: number): string => String(value * 1024 * 1024);
  const quota = guest.cpus === undefined ? 'max' : String(Math.round(guest.cpus * 100_000));
  const all: [string, string][] = [
    ['memory.max', guest.memory === undefined ? 'max' : mib(guest.memory)],
    ['memory.swap.max', mib(guest.swap ?? 0)],
    ['cpu.max', `${quota} 100000`],
  ];
  return all.filter(([file]) => guest.limitFiles.includes(file));
}

/** The text of a guest's LXC configuration. */
export function lxcConfig(guest: LxcGuest): string {
  const shift = String(guest.shift);
  const ids = `0 ${shift} ${String(ID_COUNT)}`;
  const lines = [
    'lxc.include = /usr/share/lxc/config/common.conf',
    ...(guest.shift === 0
      ? []
      : ['lxc.include = /usr/share/lxc/config/userns.conf', `lxc.idmap = u ${ids}`, `lxc.idmap = g ${ids}`]),
    'lxc.apparmor.profile = unconfined',
    `lxc.uts.name = ${guest.hostname}`,
    `lxc.rootfs.path = dir:${guest.folder}/rootfs`,
    'lxc.init.cmd = /sbin/init',
    'lxc.signal.halt = SIGRTMIN+3',
    'lxc.tty.max = 2',
    `lxc.console.logfile = ${guest.folder}/console.log`,
    'lxc.hook.version = 1',
    `lxc.hook.start-host = ${hooks(guest.folder).booted}`,
    `lxc.hook.post-stop = ${hooks(guest.folder).ended}`,
    ...guest.mounts.map(mount),
    ...(guest.nesting
      ? [
          'lxc.mount.entry = proc dev/.lxc/proc proc create=dir,optional 0 0',
          'lxc.mount.entry = sys dev/.lxc/sys sysfs create=dir,optional 0 0',
        ]
      : []),
    ...limits(guest).map(([file, value]) => `lxc.cgroup2.${file} = ${value}`),
    ...guest.nics.flatMap((nic) => network(guest.vmid, nic)),
  ];
  return `${lines.join('\n')}\n`;
}
