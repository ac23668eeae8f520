import { DataExternal } from '@cdktf/provider-external/lib/data-external';
import { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import type { Env, ProxmoxApi } from '../inventory/types';
import {
  askBeforeDestroy,
  destroyRefusal,
  madeGuard,
  NEW_OWNER,
  OWNER_INPUT,
  ownerGuard,
} from '../renderers/owner';
import { refuseWhatIsHeld, stillHeld, whoseAndHeld } from '../renderers/protection';
import { addressOf } from './addresses';
import { Locals } from './locals';

const OWNER_ADDRESS = 'terraform_data.owner';

/**
 * Whose the stack's guest is: an id that is made once and kept in the state. Two inventories may share names; they never
 * share this.
 */
export class Owner extends TerraformResource {
  /**
   * @param scope a stack that has the external provider
   * @param id the resource's name
   * @param env the env
   */
  constructor(scope: Construct, id: string, env: Env) {
    super(scope, id, {
      terraformResourceType: 'terraform_data',
      lifecycle: { ignoreChanges: ['input'], postcondition: [ownerGuard(env)] },
    });
    new DataExternal(new Construct(this, 'new'), 'owner', { program: [...NEW_OWNER] });
    this.addOverride('input', OWNER_INPUT);
    new Locals(this, 'locals', { owner: `\${${addressOf(this)}.input}` });
  }
}

/** What says that the guest is this stack's. */
interface OwnedProps {
  env: Env;
  api: ProxmoxApi;
  guest: TerraformResource;
}

/**
 * Says of a guest that it is this stack's, and that it may go: after it was made, and before it is destroyed or replaced.
 * A resource of its own: where it fails the guest is not tainted, and it is asked before a tainted one is destroyed. It
 * depends on the guest and is replaced with it, so it is asked first, by what the last deploy wrote into it, whatever the
 * inventory says meanwhile; a change of protection alone updates it in place. Proxmox's own protection is not enough: the
 * provider shuts the guest down first and fails then (measured). prevent_destroy stands here, too: a guest whose create
 * failed has no such resource yet, and Terraform, which calls it tainted, could otherwise never make it anew.
 */
export class Owned extends TerraformResource {
  /**
   * @param scope the guest's construct
   * @param id the resource's name
   * @param props what it is made from
   */
  constructor(scope: Construct, id: string, { env, api, guest }: OwnedProps) {
    super(scope, id, { terraformResourceType: 'terraform_data', dependsOn: [guest] });
    const address = addressOf(guest);
    const all = [address, addressOf(this), OWNER_ADDRESS];
    this.addOverride('provisioner', [refuseWhatIsHeld(env), askBeforeDestroy(env, api, all)]);
    const preventDestroy = env.guest.preventDestroy ? { preventDestroy: true } : {};
    this.lifecycle = preventDestroy;
    if (!env.present) return;
    this.addOverride('input', whoseAndHeld(env));
    this.lifecycle = {
      ...preventDestroy,
      // The id, not the guest: that would fire for each change, too. Of a guest that is gone it does not.
      replaceTriggeredBy: [`${address}.id`],
      postcondition: [madeGuard(env, `${address}.tags`, all)],
    };
    if (env.guest.adopt) return;
    // A destroy reads data sources before it begins, and an error of one ends it; conditions are only warnings there.
    // Of a stack without an owner in its state, the id is not known yet and nothing is read.
    const stranger = new DataExternal(new Construct(this, 'refusal'), 'stranger', {
      program: [
        '/bin/sh',
        '-c',
        'echo "$1" >&2; exit 1',
        `\${${OWNER_ADDRESS}.id}`,
        destroyRefusal(env, all),
      ],
    });
    stranger.addOverride('count', '${length(local.foreign) > 0 ? 1 : 0}');
  }
}

/**
 * Asks the guest itself as well whether it is held, for a run whose -target leaves out the resource above.
 * @param guest the guest's resource
 * @param env the env
 */
export function guardDestroy(guest: TerraformResource, env: Env): void {
  guest.addOverride('provisioner', [
    { 'local-exec': { when: 'destroy', command: stillHeld(env), quiet: true } },
  ]);
}
