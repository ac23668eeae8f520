import { DataExternal } from '@cdktf/provider-external/lib/data-external';
import { Resource } from '@cdktf/provider-null/lib/resource';
import { type ITerraformDependable, TerraformLocal, type TerraformStack } from 'cdktf';
import type { ConfiguredLayer, GuestConfiguration } from '../renderers/guest-configuration';

/**
 * Configures the guest: a look at plan, and one resource for each layer, each after the one before.
 * @param stack the stack; it has the external provider
 * @param configuration what happens inside of the guest
 * @param ready what waits for SSH
 */
export function configureGuest(
  stack: TerraformStack,
  { locals, look, layers }: GuestConfiguration,
  ready: ITerraformDependable,
): void {
  for (const [name, value] of Object.entries(locals)) {
    new TerraformLocal(stack, `local ${name}`, value).overrideLogicalId(name);
  }
  const data = new DataExternal(stack, 'data guest', { program: [...look.program] });
  data.overrideLogicalId('guest');
  data.addOverride('count', '${local.look ? 1 : 0}');
  const { condition, errorMessage } = look.check;
  stack.addOverride('check.guest', { assert: [{ condition, error_message: errorMessage }] });
  let before = ready;
  for (const layer of layers) before = placeLayer(stack, layer, before);
}

function placeLayer(
  stack: TerraformStack,
  { name, triggers, connection, precondition, provisioners }: ConfiguredLayer,
  before: ITerraformDependable,
): ITerraformDependable {
  const resource = new Resource(stack, `layer ${name}`, {
    dependsOn: [before],
    ...(precondition ? { lifecycle: { precondition: [precondition] } } : {}),
  });
  // A construct's id is unique in its scope, and `release` is a variable, too.
  resource.overrideLogicalId(name);
  resource.addOverride('triggers', triggers);
  resource.addOverride('connection', connection);
  resource.addOverride('provisioner', [...provisioners]);
  return resource;
}
