import { inventoryJsonSchema } from '../inventory/json-schema';

/** `pvestack schema`: the JSON Schema of the inventory on standard output. */
export function schema(): void {
  console.log(JSON.stringify(inventoryJsonSchema(), null, 2));
}
