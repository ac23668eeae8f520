import type { OS_TYPES } from './schema/guest';
import { literal } from './text';
import type { Value } from './values/value';

/** A distribution as Proxmox knows it: `ostype` of a container. */
type OsType = (typeof OS_TYPES)[number];

/** What a template's file is called after, and how Proxmox has to set it up. */
const NAMES: Record<string, OsType> = {
  almalinux: 'centos',
  alpine: 'alpine',
  archlinux: 'archlinux',
  centos: 'centos',
  debian: 'debian',
  devuan: 'devuan',
  fedora: 'fedora',
  gentoo: 'gentoo',
  nixos: 'nixos',
  opensuse: 'opensuse',
  rockylinux: 'centos',
  ubuntu: 'ubuntu',
};

/** The distributions whose packages come by apt: what base_os configures. */
const WITH_APT = new Set<OsType>(['debian', 'devuan', 'ubuntu']);

/**
 * Tells a template's distribution from the name of its file, e.g. `local:vztmpl/ubuntu-24.04-standard_….tar.zst`.
 * @param template the template
 * @returns what Proxmox calls it; undefined where the name does not tell, or is known only at run time
 */
export function distributionOf(template: Value): OsType | undefined {
  const [name = ''] = /[^:/]*$/.exec(literal(template)?.toLowerCase() ?? '') ?? [];
  return NAMES[/^[a-z]+/.exec(name)?.[0] ?? ''];
}

/** Whether packages of a distribution come by apt. */
export function hasApt(distribution: OsType): boolean {
  return WITH_APT.has(distribution);
}
