import * as z from 'zod';
import { RULES } from '../values/rules';
import { bool, checked, filled, key, message, secret, whole } from './fields';
import { macAddress } from './network';

/** The kinds of guest. */
export const GUEST_TYPES = ['lxc', 'kvm', 'external'] as const;

/** The distributions that Proxmox knows how to set up (Proxmox API, `ostype` of a container). */
export const OS_TYPES = [
  'alpine',
  'archlinux',
  'centos',
  'debian',
  'devuan',
  'fedora',
  'gentoo',
  'nixos',
  'opensuse',
  'ubuntu',
] as const;

/** One volume besides the root disk. */
const mountPointSchema = z.strictObject({
  path: checked(RULES.mountPath).meta({
    description: 'Where it is mounted in the guest.',
  }),
  volume: checked(RULES.volume).meta({
    description: 'A storage that the volume is made on, an existing volume, or a path on the node.',
  }),
  size: key(whole(1, 1_048_576, 'size in GiB'), { description: 'GiB; for a new volume.' }),
  backup: filled(bool(), { description: 'Whether vzdump includes it.', default: false }),
  read_only: filled(bool(), { description: 'Mounted read-only.', default: false }),
});

/** The keys of `guest`, at every level; the nearest wins key by key. */
export const guestKeys = {
  proxmox_guest_type: key(z.enum(GUEST_TYPES), {
    description:
      '`lxc`: a container. `kvm`: a clone of a VM template with cloud-init. `external`: a host that somebody else made.',
    default: 'lxc',
  }),
  lxc_ostemplate: key(checked(RULES.template), {
    description: 'The template a container is created from. A change does not touch an existing guest.',
    default: 'local:vztmpl/debian-12-standard_12.12-1_amd64.tar.zst',
  }),
  lxc_ostype: key(z.enum(OS_TYPES), {
    description: "The template's distribution, by which Proxmox writes its network settings.",
    otherwise: "told from the template's name; `debian` where that says none",
  }),
  lxc_unprivileged: key(bool(), { description: 'An unprivileged container.', default: true }),
  lxc_nesting: key(bool(), {
    description: 'Lets systemd of Debian 12 and later sandbox its units. A token may set no other feature.',
    default: true,
  }),
  lxc_password: key(secret(RULES.line, 'vault_lxc_password'), {
    description:
      "root's password. Terraform would keep it in its state: needs `allow_password_in_state: true`.",
    secret: true,
  }),
  allow_password_in_state: key(bool(), {
    description: 'Accept that `lxc_password` stands in the Terraform state in clear.',
    default: false,
  }),
  lxc_start_after_create: key(bool(), {
    description: 'Start the guest. When false nothing waits for SSH and no layer runs.',
    default: true,
  }),
  kvm_clone_vmid: key(whole(100, 999_999_999, 'VMID'), {
    description: 'The VM template that a `kvm` guest is a full clone of.',
  }),
  kvm_disk: key(
    z
      .string()
      .refine(
        (value) => /^(scsi|virtio|sata|ide)\d{1,2}$/.test(value),
        message('is not a disk of a VM', 'write e.g. scsi0 or virtio0'),
      ),
    { description: 'The root disk of the template.', default: 'scsi0' },
  ),
  cores: key(whole(1, 8192, 'core count'), { description: 'CPU cores.', default: 2 }),
  memory: key(whole(16, 134_217_728, 'size in MiB'), { description: 'MiB of memory.', default: 2048 }),
  swap: key(whole(0, 134_217_728, 'size in MiB'), {
    description: 'MiB of swap (containers).',
    default: 512,
  }),
  disk_size: key(whole(1, 131_072, 'size in GiB'), {
    description: 'GiB of the root disk. It can grow in place, never shrink.',
    default: 8,
  }),
  disk_storage: key(checked(RULES.storage), {
    description: 'The storage of the root disk. A change replaces the guest.',
    default: 'local-lvm',
  }),
  bridge: key(checked(RULES.bridge), {
    description: 'The bridge that eth0 is connected to.',
    default: 'vmbr0',
  }),
  vlan: key(whole(1, 4094, 'VLAN'), { description: 'VLAN tag of eth0.' }),
  mtu: key(whole(576, 65_535, 'MTU'), { description: 'MTU of eth0.' }),
  mac_address: key(macAddress, {
    description: 'MAC address of eth0.',
    otherwise: 'Proxmox chooses one',
  }),
  firewall: key(bool(), { description: "Proxmox's firewall on eth0.", default: true }),
  nameservers: key(z.array(checked(RULES.nameserver)), {
    description: 'DNS servers.',
    otherwise: "the node's",
  }),
  searchdomain: key(checked(RULES.domain), { description: 'DNS search domain.', otherwise: "the node's" }),
  onboot: key(bool(), { description: 'Start the guest when its node boots.', default: true }),
  startup_order: key(whole(0, 999_999, 'order'), {
    description: 'Order of starting at boot; lower is earlier. Of a VM it needs `Sys.Modify` on `/`.',
  }),
  description: key(checked(RULES.description), {
    description: "Shown in Proxmox's notes.",
    otherwise: 'a line that names the stack',
  }),
  tags: key(
    z.array(
      z
        .string()
        .refine(
          (value) => /^[A-Za-z0-9_][A-Za-z0-9_+.-]*$/.test(value),
          message(
            'is not a Proxmox tag',
            'use letters, digits and _ + . -, beginning with a letter, digit or _',
          ),
        )
        .refine(
          (value) => !/^(ip-|ip\+|created-|owner-)/i.test(value),
          message(
            'is a tag that this tool writes itself',
            'choose a tag that does not begin with ip-, ip+, created- or owner-',
          ),
        ),
    ),
    { description: 'Further tags; they are kept in lower case, as Proxmox keeps them.', default: [] },
  ),
  mount_points: key(z.array(mountPointSchema), {
    description: 'Further volumes. A change of one replaces the guest; those made by hand are left alone.',
    default: [],
  }),
  protection: key(bool(), {
    description: 'Proxmox refuses to destroy the guest.',
    otherwise: 'true for envs named `prod`',
  }),
  prevent_destroy: key(bool(), {
    description: 'Terraform refuses to plan its destruction. Needs `protection`.',
    otherwise: 'as `protection`',
  }),
  adopt: key(bool(), {
    description: 'Take over the existing guest with this vmid (once) instead of creating it. Only on an env.',
    default: false,
  }),
  allow_point_to_point: key(bool(), { description: 'Accept the prefixes /31 and /32.', default: false }),
};

/** `guest` of one level. */
export const guestSchema = z.strictObject(guestKeys);
