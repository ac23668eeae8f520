import { z } from 'zod';
import { inventorySchema } from './schema/inventory';

/**
 * The JSON Schema of the inventory, draft-07, as yaml-language-server reads it.
 * @returns the schema; what only the rules know (uniqueness, subnets) is not in it
 */
export function inventoryJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(inventorySchema, {
    target: 'draft-7',
    io: 'input',
    reused: 'inline',
    override: ({ jsonSchema }) => {
      // In an Ansible file a vault reference may stand for any text; patterns would refuse it.
      delete jsonSchema.pattern;
      const meta = jsonSchema as Record<string, unknown>;
      if (typeof meta['default_text'] === 'string') {
        meta['description'] = `${String(meta['description'] ?? '')} Default: ${meta['default_text']}.`;
      }
      delete meta['default_text'];
      delete meta['secret'];
    },
  });
  return { title: 'Inventory of application stacks on Proxmox VE', ...schema };
}
