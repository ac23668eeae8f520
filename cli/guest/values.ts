import type { Text } from '../../inventory/text';
import { UserError } from '../../inventory/user-error';
import { requiredValidation } from '../../renderers/variables';

/**
 * A value of the inventory as Terraform would have it: its variables are those of this environment.
 * @param text the value
 * @param environment the environment variables
 * @returns what it is
 * @throws UserError where a variable is set nowhere
 */
export function valueOf({ parts }: Text, environment: NodeJS.ProcessEnv = process.env): string {
  return parts
    .map((part) => {
      if (typeof part === 'string') return part;
      const value = environment[`TF_VAR_${part.variable}`] ?? part.default;
      if (value === undefined) throw new UserError(requiredValidation(part.variable).errorMessage);
      return value;
    })
    .join('');
}
