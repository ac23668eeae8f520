import { TerraformResource } from 'cdktf';
import type { Construct } from 'constructs';
import type { Env } from '../inventory/types';
import { UNPROTECTED, protectionOf, protectionRefusal, stillHeld } from '../renderers/protection';
import { addressOf } from './addresses';

/** What a protection is made from. */
interface ProtectionProps {
  env: Env;
  /** The guest that is protected. */
  guest: TerraformResource;
  /** What says whose the guest is: asked after this, as what costs a request. */
  owned: TerraformResource;
}

/**
 * Asks the guest itself the same, for a run whose -target leaves out the resource below.
 * @param guest the guest's resource
 * @param env the env
 */
export function guardDestroy(guest: TerraformResource, env: Env): void {
  guest.addOverride('provisioner', [
    { 'local-exec': { when: 'destroy', command: stillHeld(env), quiet: true } },
  ]);
}

/**
 * Refuses to destroy or replace a guest that was deployed protected or with data to keep, before anything happens to
 * it. Proxmox's own protection is not enough: the provider shuts the guest down first and fails then (measured).
 * It depends on the guest and is replaced with it, so it is destroyed, and asked, before the guest: by what the last
 * deploy wrote into it, whatever the inventory says meanwhile. A change of protection alone updates it in place.
 * prevent_destroy stands here and not on the guest: a guest whose create failed has no protection yet, and Terraform,
 * which calls it tainted, could never make it anew.
 */
export class Protection extends TerraformResource {
  /**
   * @param scope the guest's construct
   * @param id the resource's name
   * @param props what it is made from
   */
  constructor(scope: Construct, id: string, { env, guest, owned }: ProtectionProps) {
    super(scope, id, {
      terraformResourceType: 'terraform_data',
      dependsOn: [owned],
      lifecycle: {
        // The id, not the guest: that would fire for each change, too.
        ...(env.present ? { replaceTriggeredBy: [`${addressOf(guest)}.id`] } : {}),
        ...(env.guest.preventDestroy ? { preventDestroy: true } : {}),
      },
    });
    this.addOverride('input', protectionOf(env));
    this.addOverride('provisioner', [
      {
        'local-exec': {
          when: 'destroy',
          command: `[ "\${self.input}" = "${UNPROTECTED}" ] || { echo "${protectionRefusal(env, '${self.input}')}" >&2; exit 1; }`,
        },
      },
    ]);
  }
}
