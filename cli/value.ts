import type { Text } from '../inventory/text';
import { UserError } from '../inventory/user-error';
import { requiredValidation } from '../renderers/variables';

/**
 * A value of the inventory as Terraform would have it: its variables are those of this environment, an empty one is empty
 * (measured), and one that is not set has its default.
 * @param text the value
 * @param environment where `TF_VAR_…` are
 * @returns what it is; undefined where a variable is neither set nor has a default
 */
export function valueIn(text: Text, environment: NodeJS.ProcessEnv): string | undefined {
  const parts = text.parts.map((part) =>
    typeof part === 'string' ? part : (environment[`TF_VAR_${part.variable}`] ?? part.default),
  );
  return parts.includes(undefined) ? undefined : parts.join('');
}

/**
 * The same, of what cannot be done without.
 * @param text the value
 * @param environment where `TF_VAR_…` are
 * @returns what it is
 * @throws UserError where a variable is set nowhere
 */
export function valueOf(text: Text, environment: NodeJS.ProcessEnv = process.env): string {
  const value = valueIn(text, environment);
  if (value !== undefined) return value;
  const missing = text.parts.find(
    (part) =>
      typeof part !== 'string' && (environment[`TF_VAR_${part.variable}`] ?? part.default) === undefined,
  );
  throw new UserError(requiredValidation(typeof missing === 'object' ? missing.variable : '').errorMessage);
}
