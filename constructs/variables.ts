import { TerraformVariable } from 'cdktf';
import type { Construct } from 'constructs';
import { requiredValidation, type Variable } from '../renderers/variables';

/**
 * Declares variables on a stack; in a nested construct their names would get a hash.
 * @param stack the stack
 * @param variables the variables
 */
export function declareVariables(stack: Construct, variables: readonly Variable[]): void {
  for (const {
    name,
    type,
    description,
    sensitive,
    default: fallback,
    required,
    validations: further,
  } of variables) {
    const validations = [...(required ? [requiredValidation(name)] : []), ...further];
    const variable = new TerraformVariable(stack, name, {
      type,
      description,
      ...(fallback === null ? {} : { default: fallback }),
      ...(sensitive ? { sensitive } : {}),
      ...(validations.length > 0 ? { validation: validations } : {}),
    });
    // CDKTF cannot say null in the constructor.
    if (fallback === null) variable.addOverride('default', null);
  }
}
