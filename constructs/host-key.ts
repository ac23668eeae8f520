import { TerraformResource } from 'cdktf';
import type { Construct } from 'constructs';
import type { GuestConfiguration } from '../renderers/guest-configuration';

/** The SSH host key of a host that Proxmox does not know: what the first plan saw, kept in the state. */
export class HostKey extends TerraformResource {
  /**
   * @param scope the stack
   * @param id the resource's name
   * @param pin the key, and what ends a plan that sees another one
   */
  constructor(
    scope: Construct,
    id: string,
    { input, guard, said }: NonNullable<GuestConfiguration['hostKey']>,
  ) {
    super(scope, id, {
      terraformResourceType: 'terraform_data',
      lifecycle: { ignoreChanges: ['input'], postcondition: [guard] },
    });
    this.addOverride('input', input);
    this.addOverride('provisioner', [{ 'local-exec': { command: `echo "${said}"`, quiet: true } }]);
  }
}
