import { DataExternal } from '@cdktf/provider-external/lib/data-external';
import { Resource } from '@cdktf/provider-null/lib/resource';
import { type ITerraformDependable, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import type { ConfiguredLayer, GuestConfiguration } from '../renderers/guest-configuration';
import { Locals } from './locals';

/** What the layers are made from. */
interface LayersProps {
  /** What happens inside of the guest. */
  configuration: GuestConfiguration;
  /** What waits for SSH. */
  ready: ITerraformDependable;
}

/** Configures the guest: a look at plan, and one resource for each layer, each after the one before. */
export class Layers extends Construct {
  /**
   * @param scope a stack that has the external provider
   * @param id the construct's id
   * @param props what they are made from
   */
  constructor(scope: Construct, id: string, { configuration, ready }: LayersProps) {
    super(scope, id);
    const { locals, look, layers } = configuration;
    new Locals(this, 'locals', locals);
    const data = new DataExternal(new Construct(this, 'look'), 'guest', {
      program: [...look.program],
      lifecycle: { postcondition: [look.guard] },
    });
    data.addOverride('count', '${local.look ? 1 : 0}');
    const { condition, errorMessage } = look.check;
    TerraformStack.of(this).addOverride('check.guest', {
      assert: [{ condition, error_message: errorMessage }],
    });
    let before = ready;
    for (const layer of layers) before = new LayerResource(this, layer, before);
  }
}

/** One layer. */
class LayerResource extends Resource {
  constructor(scope: Construct, layer: ConfiguredLayer, before: ITerraformDependable) {
    const { name, triggers, connection, precondition, provisioners } = layer;
    super(scope, name, {
      dependsOn: [before],
      ...(precondition ? { lifecycle: { precondition: [precondition] } } : {}),
    });
    this.addOverride('triggers', triggers);
    this.addOverride('connection', connection);
    this.addOverride('provisioner', [...provisioners]);
  }
}
