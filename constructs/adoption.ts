import { TerraformResource, TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import type { Env } from '../inventory/types';
import { toTemplate } from '../renderers/expression';
import { addressOf } from './addresses';

/** What an adoption is made from. */
interface AdoptionProps {
  env: Env;
  /** The guest that is adopted. */
  guest: TerraformResource;
}

/**
 * Takes over an existing guest: an import instead of a create, and only once. From the first apply that
 * succeeded on, the VMID guard holds again: `adopted` keeps the time of that apply, so a later plan can tell.
 */
export class Adoption extends TerraformResource {
  /**
   * @param scope the guest's construct
   * @param id the resource's name
   * @param props what it is made from
   */
  constructor(scope: Construct, id: string, { env, guest }: AdoptionProps) {
    super(scope, id, {
      terraformResourceType: 'terraform_data',
      dependsOn: [guest],
      lifecycle: {
        ignoreChanges: ['input'],
        postcondition: [
          {
            condition: '${self.input == plantimestamp() || length(local.foreign) == 0}',
            errorMessage:
              `VMID ${env.vmid} was adopted at \${self.input}, but now belongs to a guest without the tag "${env.stack}": ` +
              `\${join(", ", [for g in local.foreign : "\${g.kind} \${g.vm_id} (\${g.name}) on node \${g.node_name}"])}. ` +
              'Nothing was touched. Remove adopt: true from the inventory, and choose another vmid or give the guest its tag back.',
          },
        ],
      },
    });
    this.addOverride('input', '${plantimestamp()}');
    TerraformStack.of(this).addOverride('import', [
      { to: addressOf(guest), id: `${toTemplate(env.node)}/${env.vmid}` },
    ]);
  }
}

/**
 * Takes up a VM of this stack that the state does not know, because a deploy was killed or the state was lost.
 * Over a container that stands the provider creates, and finds it; a clone of a template would fail.
 * @param vm the VM
 */
export function importOwnVm(vm: TerraformResource): void {
  TerraformStack.of(vm).addOverride('import', [
    {
      for_each: '${{ for g in local.ours : g.vm_id => g if g.kind == "VM" }}',
      to: addressOf(vm),
      id: '${each.value.node_name}/${each.value.vm_id}',
    },
  ]);
}
