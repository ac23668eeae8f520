import type { ITerraformDependable, TerraformStack } from 'cdktf';
import type { Env, ProxmoxApi } from '../inventory/types';
import { adoptGuest, importOwnVm } from './adoption';
import { checkCa } from './ca';
import { guardGuest, UNGUARDED } from './guards';
import { kvmGuest } from './kvm';
import { lxcGuest } from './lxc';
import { protectGuest } from './protection';
import { proxmoxProvider } from './provider';

/** A guest, for what builds on it. */
export interface GuestRef {
  /** Expression of its id. */
  id: string;
  /** Expression of its MAC address. */
  mac: string;
  dependable: ITerraformDependable;
}

/**
 * The guest of an env, by its type: the one place that tells the types apart.
 * @param stack the stack
 * @param env the env
 * @param api how the API is reached
 * @returns the guest; undefined for an external host, of which Proxmox knows nothing, and for an absent one
 */
export function createGuest(stack: TerraformStack, env: Env, api: ProxmoxApi): GuestRef | undefined {
  if (env.guest.type === 'external') return undefined;
  if (api.caFile) checkCa(stack, api.caFile);
  proxmoxProvider(stack, api);
  const guarded = env.present ? guardGuest(stack, env, api) : UNGUARDED;
  const guest = env.guest.type === 'lxc' ? lxcGuest(stack, env, guarded) : kvmGuest(stack, env, guarded);
  const name = `${guest.terraformResourceType}.guest`;
  const protection = protectGuest(stack, env, guest);
  if (!env.present) {
    // Unlike a resource that is gone from the configuration, one with count = 0 runs its destroy-time checks.
    for (const resource of [guest, protection]) resource.addOverride('count', 0);
    return undefined;
  }
  if (env.guest.adopt) adoptGuest(stack, env, name, guest);
  else if (env.guest.type === 'kvm') importOwnVm(stack, name);
  const nic = env.guest.type === 'lxc' ? 'network_interface' : 'network_device';
  return { id: `${name}.id`, mac: `${name}.${nic}[0].mac_address`, dependable: guest };
}
