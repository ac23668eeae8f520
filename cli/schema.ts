import type { Command } from 'commander';
import { inventoryJsonSchema } from '../inventory/json-schema';
import * as registry from '../registry';
import type { Output } from './output';

/**
 * Adds `pvestack schema`.
 * @param program the program
 * @param output where it prints to
 */
export function addSchema(program: Command, output: Output): void {
  program
    .command('schema')
    .description('print the JSON Schema of the inventory, for editors')
    .action(() => {
      output.print(JSON.stringify(inventoryJsonSchema(registry), null, 2));
    });
}
