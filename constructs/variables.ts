import { TerraformVariable } from 'cdktf';
import { Construct } from 'constructs';
import { requiredValidation, type Variable } from '../renderers/variables';

/** The variables of a stack. */
export class Variables extends Construct {
  /**
   * @param scope the stack
   * @param id the construct's id
   * @param variables the variables
   */
  constructor(scope: Construct, id: string, variables: readonly Variable[]) {
    super(scope, id);
    for (const variable of variables) declare(this, variable);
  }
}

function declare(scope: Construct, variable: Variable): void {
  const { name, type, description, sensitive, default: fallback, required, validations: further } = variable;
  const validations = [...(required ? [requiredValidation(name)] : []), ...further];
  const declared = new TerraformVariable(scope, name, {
    type,
    description,
    ...(fallback === null ? {} : { default: fallback }),
    ...(sensitive ? { sensitive } : {}),
    ...(validations.length > 0 ? { validation: validations } : {}),
  });
  // CDKTF cannot say null in the constructor.
  if (fallback === null) declared.addOverride('default', null);
}
