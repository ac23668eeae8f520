import { DataExternal } from '@cdktf/provider-external/lib/data-external';
import { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import type { Env, ProxmoxApi } from '../inventory/types';
import {
  askBeforeDestroy,
  destroyRefusal,
  madeGuard,
  NEW_OWNER,
  OWNER,
  OWNER_INPUT,
  ownerGuard,
} from '../renderers/owner';
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
 * Says of a guest that it is this stack's: after it was made, and before it is destroyed. A resource of its own: where
 * it fails the guest is not tainted, and it is asked before a tainted one is destroyed.
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
    this.addOverride('provisioner', [askBeforeDestroy(env, api, all)]);
    if (!env.present) return;
    this.lifecycle = { postcondition: [madeGuard(env, `${address}.tags`, all)] };
    this.addOverride('triggers_replace', `\${${address}.id} \${${OWNER}}`);
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
