import { type ITerraformDependable, TerraformResource, type TerraformStack } from 'cdktf';
import type { Env } from '../inventory/types';

/**
 * Refuses to destroy a protected guest before anything happens to it. Proxmox's own protection is not enough:
 * the provider shuts the guest down first and fails then (measured). It depends on the guest, so it is
 * destroyed, and asked, before it; a change of protection updates it in place.
 * @param stack the stack
 * @param env the env
 * @param guest the guest
 * @returns the resource
 */
export function protectGuest(
  stack: TerraformStack,
  env: Env,
  guest: ITerraformDependable,
): TerraformResource {
  const protection = new TerraformResource(stack, 'protection', {
    terraformResourceType: 'terraform_data',
    dependsOn: [guest],
  });
  protection.addOverride('input', env.guest.protection ? 'protected' : 'unprotected');
  const refusal =
    `${env.stack} is protected. Nothing was touched. To destroy it, first deploy it ` +
    'with guest: {protection: false, prevent_destroy: false}.';
  protection.addOverride('provisioner', [
    {
      'local-exec': {
        when: 'destroy',
        command: `[ "\${self.input}" != protected ] || { echo "${refusal}" >&2; exit 1; }`,
      },
    },
  ]);
  return protection;
}
