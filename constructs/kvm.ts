import type { Construct } from 'constructs';
import {
  VirtualEnvironmentVm,
  type VirtualEnvironmentVmConfig,
} from '../.gen/providers/proxmox/virtual-environment-vm';
import type { NetworkInterface } from '../inventory/types';
import { guestDescription } from '../renderers/description';
import { toTemplate } from '../renderers/expression';
import { type GuardedProps, tagsOf } from './guards';
import { networkSetup } from './initialization';

/**
 * What only matters when the VM is made: a change would replace it. And what is the template's: after an import
 * the provider would set it to its own defaults.
 */
const IGNORED = ['clone', 'initialization[0].user_account', 'operating_system', 'scsi_hardware', 'template'];

/** The VM of an env: a full clone of a template, set up by cloud-init. */
export class KvmGuest extends VirtualEnvironmentVm {
  /**
   * @param scope the guest's construct
   * @param id the resource's name
   * @param props what it is made from
   */
  constructor(scope: Construct, id: string, props: GuardedProps) {
    super(scope, id, configOf(props));
    this.addOverride('network_device', props.env.networks.map(networkDevice));
  }
}

function configOf({ env, guarded }: GuardedProps): VirtualEnvironmentVmConfig {
  const { guest } = env;
  const storage = toTemplate(guest.diskStorage);
  return {
    nodeName: toTemplate(env.node),
    vmId: env.vmid,
    name: env.hostname,
    description: guestDescription(env),
    tags: tagsOf(env, guarded),
    started: guest.start,
    onBoot: guest.onboot,
    protection: guest.protection,
    // Without an agent in the guest a graceful shutdown may never end.
    stopOnDestroy: true,
    clone: { vmId: guest.cloneVmid ?? 0, full: true },
    cpu: { cores: guest.cores },
    memory: { dedicated: guest.memory },
    disk: [{ interface: guest.kvmDisk, datastoreId: storage, size: guest.diskSize }],
    initialization: {
      datastoreId: storage,
      ...networkSetup(env),
      userAccount: {
        username: toTemplate(env.ssh.user),
        ...(env.ssh.publicKeys.length > 0 ? { keys: env.ssh.publicKeys.map(toTemplate) } : {}),
      },
    },
    ...(guest.startupOrder === undefined ? {} : { startup: { order: guest.startupOrder } }),
    ...(guarded.dependsOn.length > 0 ? { dependsOn: guarded.dependsOn } : {}),
    lifecycle: {
      ignoreChanges: [...IGNORED, ...(guest.start ? [] : ['started'])],
      // See lxc.ts.
      ...(guest.protection && guest.preventDestroy ? { preventDestroy: true } : {}),
      ...(guarded.preconditions.length > 0 ? { precondition: [...guarded.preconditions] } : {}),
    },
  };
}

/** The provider declares this list as an attribute, so that every key must be there, null or not. */
function networkDevice(network: NetworkInterface): Record<string, unknown> {
  return {
    bridge: toTemplate(network.bridge),
    disconnected: false,
    enabled: null,
    firewall: network.firewall,
    mac_address: network.macAddress ?? null,
    model: 'virtio',
    mtu: network.mtu ?? null,
    queues: null,
    rate_limit: null,
    trunks: null,
    vlan_id: network.vlan ?? null,
  };
}
