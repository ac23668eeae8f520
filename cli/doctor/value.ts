import type { Text } from '../../inventory/text';

/**
 * A text of the inventory, with what this environment has for its references.
 * @param text the text
 * @param environment where `TF_VAR_…` are
 * @returns its value; undefined where a variable is neither set nor has a default
 */
export function valueOf(text: Text, environment: NodeJS.ProcessEnv): string | undefined {
  const parts = text.parts.map((part) =>
    typeof part === 'string' ? part : environment[`TF_VAR_${part.variable}`] || part.default,
  );
  return parts.includes(undefined) ? undefined : parts.join('');
}
