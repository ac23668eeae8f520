import { TerraformLocal } from 'cdktf';
import { Construct } from 'constructs';

/** Local values by name, in a scope of their own: a resource may have the same name. */
export class Locals extends Construct {
  /**
   * @param scope what they belong to
   * @param id the construct's id
   * @param values the values by name
   */
  constructor(scope: Construct, id: string, values: Readonly<Record<string, unknown>>) {
    super(scope, id);
    for (const [name, value] of Object.entries(values)) new TerraformLocal(this, name, value);
  }
}
