/** What Terraform does with a standing guest, in the words of docs/changes.md. */
export type Effect =
  | 'in place'
  | 'in place, reboot'
  | 'in place, next restart'
  | 'replaced'
  | 'refused by the plan'
  | 'refused by Proxmox'
  | 'nothing';

/** What changes in the inventory, and what that does to a standing guest. */
export interface Change {
  /** In Markdown: the keys, and which case of them it is. */
  name: string;
  effect: Effect;
  note?: string;
  /** Where Terraform has the values of the keys, in their order; none: it ignores them. */
  attributes?: readonly string[];
  /** The case, where the keys have several. */
  only?: 'larger' | 'smaller';
  /** What a plan says of the effect, where that is not what the effect says: it cannot know who deploys. */
  told?: string;
}

const NESTING = 'Proxmox refuses it from a token';

/**
 * What a change of each key does, by the type of the guest: docs/changes.md is made of it, a test against the emulated API
 * asserts every row, and the words of a plan say it.
 */
export const CHANGES: Readonly<Record<'lxc' | 'kvm', readonly Change[]>> = {
  lxc: [
    { name: '`memory`', effect: 'in place, reboot', attributes: ['memory.dedicated'] },
    { name: '`swap`', effect: 'in place, reboot', attributes: ['memory.swap'] },
    { name: '`cores`', effect: 'in place', attributes: ['cpu.cores'] },
    {
      name: '`disk_size`, larger',
      effect: 'in place, next restart',
      note: "The size counts at once. With it the provider writes the disk's options again, the same ones, and these wait for a restart.",
      attributes: ['disk.size'],
      only: 'larger',
    },
    {
      name: '`disk_size`, smaller',
      effect: 'refused by Proxmox',
      note: 'A disk cannot shrink. The plan shows it, the apply fails and nothing has changed.',
      attributes: ['disk.size'],
      only: 'smaller',
    },
    {
      name: '`disk_storage`',
      effect: 'replaced',
      note: 'Destroys the guest and its disk: move the volume in Proxmox instead, then write its new storage.',
      attributes: ['disk.datastore_id'],
    },
    {
      name: '`ip`',
      effect: 'in place, reboot',
      note: 'Guarded like a new guest: the new address must be free.',
      attributes: ['initialization.ip_config.ipv4.address'],
    },
    { name: '`gateway`', effect: 'in place, reboot', attributes: ['initialization.ip_config.ipv4.gateway'] },
    {
      name: '`ip6`, `gateway6`',
      effect: 'in place, reboot',
      note: 'Guarded like `ip`.',
      attributes: ['initialization.ip_config.ipv6.address', 'initialization.ip_config.ipv6.gateway'],
    },
    {
      name: '`networks`',
      effect: 'in place, reboot',
      note: 'An interface more, fewer or another one; their addresses are guarded like `ip`.',
      attributes: ['network_interface[1]', 'initialization.ip_config[1]'],
    },
    { name: '`name`', effect: 'in place, reboot', attributes: ['initialization.hostname'] },
    { name: '`bridge`', effect: 'in place, reboot', attributes: ['network_interface.bridge'] },
    { name: '`vlan`', effect: 'in place, reboot', attributes: ['network_interface.vlan_id'] },
    { name: '`mtu`', effect: 'in place, reboot', attributes: ['network_interface.mtu'] },
    { name: '`mac_address`', effect: 'in place, reboot', attributes: ['network_interface.mac_address'] },
    { name: '`firewall`', effect: 'in place, reboot', attributes: ['network_interface.firewall'] },
    {
      name: '`nameservers`, `searchdomain`',
      effect: 'in place, reboot',
      attributes: ['initialization.dns.servers', 'initialization.dns.domain'],
    },
    { name: '`tags`', effect: 'in place', attributes: ['tags'] },
    { name: '`description`', effect: 'in place', attributes: ['description'] },
    { name: '`onboot`', effect: 'in place', attributes: ['start_on_boot'] },
    { name: '`startup_order`', effect: 'in place', attributes: ['startup.order'] },
    { name: '`protection`', effect: 'in place', attributes: ['protection'] },
    { name: '`lxc_ostype`', effect: 'in place, reboot', attributes: ['operating_system.type'] },
    {
      name: '`lxc_nesting`, with a token',
      effect: 'refused by Proxmox',
      note: 'The provider sends all feature flags, and only `root@pam` with a password may. Change it in Proxmox, then here.',
      attributes: ['features.nesting'],
      told: NESTING,
    },
    {
      name: '`lxc_nesting`, as `root@pam` with a password',
      effect: 'in place, next restart',
      attributes: ['features.nesting'],
      told: NESTING,
    },
    {
      name: '`lxc_unprivileged`',
      effect: 'replaced',
      note: 'Destroys the guest.',
      attributes: ['unprivileged'],
    },
    {
      name: '`mount_points`',
      effect: 'replaced',
      note: 'Destroys the guest. Volumes that were added by hand are left alone.',
      attributes: ['mount_point'],
    },
    { name: '`lxc_ostemplate`', effect: 'nothing', note: 'It only matters when a guest is created.' },
    {
      name: '`ssh_public_keys`',
      effect: 'nothing',
      note: "As above; keys in a standing guest are not Proxmox's.",
    },
    { name: '`lxc_password`', effect: 'nothing', note: 'As above.' },
    { name: '`lxc_password`, removed', effect: 'nothing', note: 'As above; the old one stays in the state.' },
    {
      name: '`lxc_start_after_create: false`',
      effect: 'nothing',
      note: 'The guest stays as people leave it, and every plan says that it is not configured.',
    },
    {
      name: '`proxmox_node`',
      effect: 'refused by the plan',
      note: 'Migrate the guest in Proxmox, then write its node: the next plan takes it up again where it is.',
      attributes: ['node_name'],
    },
    {
      name: '`vmid`',
      effect: 'refused by the plan',
      note: 'A guest cannot be renumbered.',
      attributes: ['vm_id'],
    },
  ],
  kvm: [
    {
      name: '`memory`',
      effect: 'in place, reboot',
      note: 'Power off and on: without a guest agent the VM is stopped hard, see below.',
      attributes: ['memory.dedicated'],
    },
    {
      name: '`cores`',
      effect: 'in place, reboot',
      note: 'As above; a container takes them as they are.',
      attributes: ['cpu.cores'],
    },
    {
      name: '`disk_size`, larger',
      effect: 'in place',
      note: "The partition and the file system in it are the guest's: cloud-init grows them when it boots.",
      attributes: ['disk.size'],
      only: 'larger',
    },
    {
      name: '`disk_size`, smaller',
      effect: 'refused by Proxmox',
      note: 'A disk cannot shrink. The plan shows it, the apply fails and nothing has changed.',
      attributes: ['disk.size'],
      only: 'smaller',
    },
    {
      name: '`disk_storage`',
      effect: 'in place, reboot',
      note: 'The volume and the cloud-init drive are moved while the VM is stopped, which can take a while.',
      attributes: ['disk.datastore_id', 'initialization.datastore_id'],
    },
    {
      name: '`ip`',
      effect: 'in place, reboot',
      note: 'Guarded like a new guest. Cloud-init takes it when the VM boots.',
      attributes: ['initialization.ip_config.ipv4.address'],
    },
    { name: '`gateway`', effect: 'in place, reboot', attributes: ['initialization.ip_config.ipv4.gateway'] },
    {
      name: '`ip6`, `gateway6`',
      effect: 'in place, reboot',
      note: 'Guarded like `ip`.',
      attributes: ['initialization.ip_config.ipv6.address', 'initialization.ip_config.ipv6.gateway'],
    },
    {
      name: '`networks`',
      effect: 'in place, reboot',
      note: 'Guarded like `ip`. Of one that leaves the address stays, see below.',
      attributes: ['network_device[1]', 'initialization.ip_config[1]'],
    },
    { name: '`name`', effect: 'in place', attributes: ['name'] },
    {
      name: '`bridge`',
      effect: 'in place',
      note: 'Plugged while the VM runs; so are the rows below, down to `firewall`.',
      attributes: ['network_device.bridge'],
    },
    { name: '`vlan`', effect: 'in place', attributes: ['network_device.vlan_id'] },
    { name: '`mtu`', effect: 'in place', attributes: ['network_device.mtu'] },
    { name: '`mac_address`', effect: 'in place', attributes: ['network_device.mac_address'] },
    { name: '`firewall`', effect: 'in place', attributes: ['network_device.firewall'] },
    {
      name: '`nameservers`, `searchdomain`',
      effect: 'in place, reboot',
      attributes: ['initialization.dns.servers', 'initialization.dns.domain'],
    },
    { name: '`tags`', effect: 'in place', attributes: ['tags'] },
    { name: '`description`', effect: 'in place', attributes: ['description'] },
    { name: '`onboot`', effect: 'in place', attributes: ['on_boot'] },
    {
      name: '`startup_order`',
      effect: 'in place',
      note: 'Needs `Sys.Modify` on `/` ([operations.md](operations.md#the-token)).',
      attributes: ['startup.order'],
    },
    { name: '`protection`', effect: 'in place', attributes: ['protection'] },
    { name: '`kvm_clone_vmid`', effect: 'nothing', note: 'It only matters when a VM is created.' },
    {
      name: '`ssh_public_keys`',
      effect: 'nothing',
      note: "As above; keys in a standing guest are not Proxmox's.",
    },
    {
      name: '`lxc_start_after_create: false`',
      effect: 'nothing',
      note: 'The guest stays as people leave it, and every plan says that it is not configured.',
    },
    {
      name: '`proxmox_node`',
      effect: 'refused by the plan',
      note: 'Migrate the guest in Proxmox, then write its node: the next plan takes it up again where it is.',
      attributes: ['node_name'],
    },
    {
      name: '`vmid`',
      effect: 'refused by the plan',
      note: 'A guest cannot be renumbered.',
      attributes: ['vm_id'],
    },
  ],
};
