import type { Path } from '../document';
import { JinjaError, parseText } from '../text';
import type { InventoryInput } from '../schema/inventory';
import type { Validation } from '../validation';

/** One variable has one default: a Terraform variable cannot have two. */
export function checkReferences(input: InventoryInput, validation: Validation): void {
  const defaults = new Map<string, { value: string | undefined; path: Path }>();
  walk(input, [], (text, path) => {
    for (const { variable, default: value } of references(text)) {
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

function references(text: string): { variable: string; default?: string }[] {
  try {
    return parseText(text).parts.filter((part) => typeof part !== 'string');
  } catch (error) {
    if (error instanceof JinjaError) return [];
    throw error;
  }
}

function walk(value: unknown, path: Path, visit: (text: string, path: Path) => void): void {
  if (typeof value === 'string') {
    if (value.includes('{{')) visit(value, path);
  } else if (Array.isArray(value)) {
    value.forEach((item, index) => {
      walk(item, [...path, index], visit);
    });
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, item] of Object.entries(value)) walk(item, [...path, name], visit);
  }
}
