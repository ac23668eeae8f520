import { stringify } from 'yaml';
import * as z from 'zod';
import type { Registry } from './part';
import { schemaOf } from './schema/inventory';

/**
 * The JSON Schema of the inventory, draft-07, as yaml-language-server reads it.
 * @param registry the kinds of application and the features
 * @returns the schema; what only the rules know (uniqueness, subnets) is not in it
 */
export function inventoryJsonSchema(registry: Registry): Record<string, unknown> {
  const schema = z.toJSONSchema(schemaOf(registry).inventory, {
    target: 'draft-7',
    io: 'input',
    reused: 'inline',
    override: ({ jsonSchema }) => {
      const meta = jsonSchema as Record<string, unknown>;
      Object.assign(meta, meta['editor']);
      delete meta['editor'];
      const { default_value: value, otherwise: words = value === undefined ? undefined : written(value) } =
        meta;
      if (value !== undefined) meta['default'] = value;
      if (words !== undefined)
        meta['description'] = `${String(meta['description'])} Default: ${String(words)}.`;
      delete meta['default_value'];
      delete meta['otherwise'];
      delete meta['secret'];
    },
  });
  return { title: 'Inventory of application stacks on Proxmox VE', ...schema };
}

/**
 * A default as it would be written in the inventory.
 * @param value the default
 * @returns YAML in one line
 */
export function written(value: unknown): string {
  if (typeof value !== 'object' || value === null) return value === '' ? '""' : String(value);
  return stringify(value, { collectionStyle: 'flow', flowCollectionPadding: false }).trim();
}
