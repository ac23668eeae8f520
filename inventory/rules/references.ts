import type { Path } from '../document';
import { isText, type Text } from '../text';
import type { InventoryInput } from '../schema/inventory';
import type { Validation } from '../validation';
import { RULES } from '../values/rules';
import { toValue } from '../values/value';

/** One variable has one default: a Terraform variable cannot have two. */
export function checkReferences(input: InventoryInput, validation: Validation): void {
  const defaults = new Map<string, { value: string | undefined; path: Path }>();
  walk(input, [], (text, path) => {
    for (const part of text.parts) {
      if (typeof part === 'string') continue;
      const { variable, default: value } = part;
      const known = defaults.get(variable);
      if (!known) defaults.set(variable, { value, path });
      else if (known.value !== value) {
        validation.error(
          path,
          `gives ${variable} another default than elsewhere`,
          'write the same default in both, or none',
          known.path,
        );
      }
    }
  });
}

function walk(value: unknown, path: Path, visit: (text: Text, path: Path) => void): void {
  if (typeof value === 'string') {
    visit(toValue(value, RULES.envValue), path);
  } else if (Array.isArray(value)) {
    value.forEach((item, index) => {
      walk(item, [...path, index], visit);
    });
  } else if (isText(value)) visit(value, path);
  else if (typeof value === 'object' && value !== null) {
    for (const [name, item] of Object.entries(value)) walk(item, [...path, name], visit);
  }
}
