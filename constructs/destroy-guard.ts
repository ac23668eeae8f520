import type { TerraformResource } from 'cdktf';
import type { Env } from '../inventory/types';
import { destroyRefusal } from '../renderers/guards';
import { stillHeld } from '../renderers/protection';
import { addressOf } from './addresses';

/**
 * Asks the guest itself before it is destroyed whether it is still this stack's: preconditions do not run on a destroy,
 * and somebody else may have the VMID by now. `self` is what the refresh has just read, so this needs neither
 * credentials nor a connection. It runs for `terraform destroy`, for a replacement and for `state: absent`; Terraform
 * leaves it out for a tainted resource, so nothing of ours may taint a guest.
 * @param guest the guest's resource
 * @param env the env
 */
export function guardDestroy(guest: TerraformResource, env: Env): void {
  guest.addOverride('provisioner', [
    {
      'local-exec': {
        when: 'destroy',
        // By the environment: nothing that Proxmox says stands in text of a shell.
        environment: { TAGS: '${join(" ", self.tags)}' },
        command: `case " $TAGS " in *" ${env.stack} "*) ;; *) echo "${destroyRefusal(env, addressOf(guest))}" >&2; exit 1 ;; esac; ${stillHeld(env)}`,
        quiet: true,
      },
    },
  ]);
}
