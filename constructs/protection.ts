import { TerraformResource } from 'cdktf';
import type { Construct } from 'constructs';
import type { Env } from '../inventory/types';

/** What a protection is made from. */
interface ProtectionProps {
  env: Env;
  /** What stands for the guest that is protected: what is destroyed before it, and only if this allows. */
  guest: TerraformResource;
}

/**
 * Refuses to destroy a protected guest before anything happens to it. Proxmox's own protection is not enough:
 * the provider shuts the guest down first and fails then (measured). It depends on the guest, so it is
 * destroyed, and asked, before it; a change of protection updates it in place.
 */
export class Protection extends TerraformResource {
  /**
   * @param scope the guest's construct
   * @param id the resource's name
   * @param props what it is made from
   */
  constructor(scope: Construct, id: string, { env, guest }: ProtectionProps) {
    super(scope, id, { terraformResourceType: 'terraform_data', dependsOn: [guest] });
    this.addOverride('input', env.guest.protection ? 'protected' : 'unprotected');
    const refusal =
      `${env.stack} is protected. Nothing was touched. To destroy it, first deploy it ` +
      'with guest: {protection: false, prevent_destroy: false}.';
    this.addOverride('provisioner', [
      {
        'local-exec': {
          when: 'destroy',
          command: `[ "\${self.input}" != protected ] || { echo "${refusal}" >&2; exit 1; }`,
        },
      },
    ]);
  }
}
