import { DataExternal } from '@cdktf/provider-external/lib/data-external';
import { Resource } from '@cdktf/provider-null/lib/resource';
import { type ITerraformDependable, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import type { ConfiguredLayer, GuestConfiguration } from '../renderers/guest-configuration';
import type { GuestRef } from './guest';
import { HostKey } from './host-key';
import { Locals } from './locals';

/** What the layers are made from. */
interface LayersProps {
  /** What happens inside of the guest. */
  configuration: GuestConfiguration;
  /** What they wait for; undefined for an external host. */
  guest: GuestRef | undefined;
}

/** Configures the guest: a look at plan, and one resource for each layer, each after the one before. */
export class Layers extends Construct {
  /**
   * @param scope a stack that has the external provider
   * @param id the construct's id
   * @param props what they are made from
   */
  constructor(scope: Construct, id: string, { configuration, guest }: LayersProps) {
    super(scope, id);
    const { locals, look, checks, layers, hostKey } = configuration;
    new Locals(this, 'locals', locals);
    const data = new DataExternal(new Construct(this, 'look'), 'guest', {
      program: [...look.program],
      lifecycle: { postcondition: [look.guard] },
    });
    data.addOverride('count', '${local.look ? 1 : 0}');
    if (hostKey) new HostKey(this, 'host_key', hostKey);
    for (const [name, { condition, errorMessage }] of Object.entries(checks)) {
      TerraformStack.of(this).addOverride(`check.${name}`, {
        assert: [{ condition, error_message: errorMessage }],
      });
    }
    let before = guest?.dependable;
    for (const layer of layers) before = new LayerResource(this, layer, before);
  }
}

/** One layer. */
class LayerResource extends Resource {
  constructor(scope: Construct, layer: ConfiguredLayer, before: ITerraformDependable | undefined) {
    const { name, triggers, connection, preconditions, provisioners } = layer;
    super(scope, name, {
      ...(before ? { dependsOn: [before] } : {}),
      ...(preconditions.length > 0 ? { lifecycle: { precondition: [...preconditions] } } : {}),
    });
    this.addOverride('triggers', triggers);
    this.addOverride('connection', connection);
    this.addOverride('provisioner', [...provisioners]);
  }
}
