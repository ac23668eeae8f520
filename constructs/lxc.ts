import type { Construct } from 'constructs';
import {
  VirtualEnvironmentContainer,
  type VirtualEnvironmentContainerConfig,
} from '../.gen/providers/proxmox/virtual-environment-container';
import type { Env } from '../inventory/types';
import { toTemplate } from '../renderers/expression';
import { guestDescription } from '../renderers/description';
import { type GuardedProps, tagsOf } from './guards';
import { networkSetup } from './initialization';

/**
 * What Proxmox cannot change in place although it means nothing for a guest that stands: the template it came
 * from and the keys it was created with. And volumes that somebody added by hand: the provider would replace
 * the guest to remove one (measured).
 */
function ignoredChanges({ guest }: Env): string[] {
  return [
    'initialization[0].user_account',
    'operating_system[0].template_file_id',
    // Made a template by hand (pct template): the provider would replace it.
    'template',
    ...(guest.mountPoints.length === 0 ? ['mount_point'] : []),
    ...(guest.start ? [] : ['started']),
    // An import does not know these, or knows them otherwise: nobody adopts a guest to have it destroyed.
    ...(guest.adopt ? ['disk[0].datastore_id', 'unprivileged'] : []),
  ];
}

/** The container of an env. */
export class LxcGuest extends VirtualEnvironmentContainer {
  /**
   * @param scope the guest's construct
   * @param id the resource's name
   * @param props what it is made from
   */
  constructor(scope: Construct, id: string, props: GuardedProps) {
    super(scope, id, configOf(props));
  }
}

/** Every default of the provider that is unsafe is set. */
function configOf({ env, guarded }: GuardedProps): VirtualEnvironmentContainerConfig {
  const { guest } = env;
  return {
    nodeName: toTemplate(env.node),
    vmId: env.vmid,
    description: guestDescription(env),
    tags: tagsOf(env, guarded),
    started: guest.start,
    startOnBoot: guest.onboot,
    unprivileged: guest.unprivileged,
    protection: guest.protection,
    features: { nesting: guest.nesting },
    operatingSystem: { templateFileId: toTemplate(guest.template), type: guest.osType },
    cpu: { cores: guest.cores },
    memory: { dedicated: guest.memory, swap: guest.swap },
    disk: { datastoreId: toTemplate(guest.diskStorage), size: guest.diskSize },
    networkInterface: env.networks.map(({ bridge, firewall, macAddress, mtu, vlan }, index) => ({
      name: `eth${index}`,
      bridge: toTemplate(bridge),
      firewall,
      ...(macAddress === undefined ? {} : { macAddress }),
      ...(mtu === undefined ? {} : { mtu }),
      ...(vlan === undefined ? {} : { vlanId: vlan }),
    })),
    initialization: {
      hostname: env.hostname,
      ...networkSetup(env),
      ...(env.ssh.publicKeys.length > 0 || guest.password
        ? {
            userAccount: {
              ...(env.ssh.publicKeys.length > 0 ? { keys: env.ssh.publicKeys.map(toTemplate) } : {}),
              ...(guest.password ? { password: toTemplate(guest.password) } : {}),
            },
          }
        : {}),
    },
    ...(guest.startupOrder === undefined ? {} : { startup: { order: guest.startupOrder } }),
    ...(guest.mountPoints.length === 0
      ? {}
      : {
          mountPoint: guest.mountPoints.map((mount) => ({
            path: toTemplate(mount.path),
            volume: toTemplate(mount.volume),
            backup: mount.backup,
            readOnly: mount.readOnly,
            ...(mount.size === undefined ? {} : { size: `${mount.size}G` }),
          })),
        }),
    ...(guarded.dependsOn.length > 0 ? { dependsOn: guarded.dependsOn } : {}),
    lifecycle: {
      ignoreChanges: ignoredChanges(env),
      // With the flag a guest whose create failed cannot be destroyed, only shut down: nothing is to begin with it.
      ...(guest.protection && guest.preventDestroy ? { preventDestroy: true } : {}),
      ...(guarded.preconditions.length > 0 ? { precondition: [...guarded.preconditions] } : {}),
    },
  };
}
