import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { Env, ProxmoxApi } from '../inventory/types';
import { addressOf } from './addresses';
import { Adoption, importOwnVm } from './adoption';
import { CaCheck } from './ca';
import { GuestGuards, UNGUARDED } from './guards';
import { KvmGuest } from './kvm';
import { LxcGuest } from './lxc';
import { guardDestroy, Owned } from './owner';
import { Proxmox } from './provider';

/** A guest, for what builds on it. */
export interface GuestRef {
  /** Expression of its id. */
  id: string;
  /** Expression of its MAC address. */
  mac: string;
  dependable: ITerraformDependable;
}

/** What a guest is made from. */
interface GuestProps {
  /** An env that is not external: of such a host Proxmox knows nothing. */
  env: Env;
  /** How the API is reached. */
  api: ProxmoxApi;
}

/** The guest of an env and all that guards it: the one place that tells the types of guests apart. */
export class Guest extends Construct implements GuestRef {
  readonly id: string;
  readonly mac: string;
  readonly dependable: ITerraformDependable;

  /**
   * @param scope a stack that has the external provider
   * @param id the construct's id
   * @param props what it is made from
   */
  constructor(scope: Construct, id: string, { env, api }: GuestProps) {
    super(scope, id);
    if (api.caFile) new CaCheck(this, 'ca', api.caFile);
    new Proxmox(this, 'proxmox', api);
    const guarded = env.present ? new GuestGuards(this, 'guards', { env, api }) : UNGUARDED;
    const isContainer = env.guest.type === 'lxc';
    const guest = new (isContainer ? LxcGuest : KvmGuest)(this, 'guest', { env, guarded });
    guardDestroy(guest, env);
    const owned = new Owned(this, 'owned', { env, api, guest });
    const address = addressOf(guest);
    this.id = `${address}.id`;
    this.mac = `${address}.${isContainer ? 'network_interface' : 'network_device'}[0].mac_address`;
    this.dependable = guest;
    // Unlike a resource that is gone from the configuration, one with count = 0 runs its destroy-time checks.
    if (!env.present) for (const resource of [guest, owned]) resource.addOverride('count', 0);
    else if (env.guest.adopt) new Adoption(this, 'adopted', { env, guest });
    else if (!isContainer) importOwnVm(guest);
  }
}
