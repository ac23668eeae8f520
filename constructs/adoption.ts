import { type ITerraformDependable, TerraformResource, type TerraformStack } from 'cdktf';
import type { Env } from '../inventory/types';
import { toTemplate } from '../renderers/expression';

/**
 * Takes over an existing guest: an import instead of a create, and only once. From the first apply that
 * succeeded on, the VMID guard holds again: `adopted` keeps the time of that apply, so a later plan can tell.
 * @param stack the stack
 * @param env the env
 * @param address the guest's address in the configuration
 * @param guest the guest
 */
export function adoptGuest(
  stack: TerraformStack,
  env: Env,
  address: string,
  guest: ITerraformDependable,
): void {
  stack.addOverride('import', [{ to: address, id: `${toTemplate(env.node)}/${env.vmid}` }]);
  const adopted = new TerraformResource(stack, 'adopted', {
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
  adopted.addOverride('input', '${plantimestamp()}');
}

/**
 * Takes up a VM of this stack that the state does not know, because a deploy was killed or the state was lost.
 * Over a container that stands the provider creates, and finds it; a clone of a template would fail.
 * @param stack the stack
 * @param address the VM's address in the configuration
 */
export function importOwnVm(stack: TerraformStack, address: string): void {
  stack.addOverride('import', [
    {
      for_each: '${{ for g in local.ours : g.vm_id => g if g.kind == "VM" }}',
      to: address,
      id: '${each.value.node_name}/${each.value.vm_id}',
    },
  ]);
}
