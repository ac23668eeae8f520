import { formatProblem, InventoryError } from '../inventory/problem';
import type { Inventory } from '../inventory/types';
import { TemplateError } from '../renderers/template';

/** A mistake of the user, with a message that says what to do. */
export class UserError extends Error {}

/**
 * Runs a command: a user's mistake is printed as it is and ends with exit code 1, a mistake of this program
 * with its stack trace.
 * @param command the command
 */
export async function run(command: () => unknown): Promise<void> {
  try {
    await command();
  } catch (error) {
    process.exitCode = 1;
    const expected =
      error instanceof InventoryError || error instanceof TemplateError || error instanceof UserError;
    console.error(expected ? error.message : error);
  }
}

/**
 * Prints the doubts about an inventory on standard error.
 * @param inventory the inventory
 */
export function printWarnings(inventory: Inventory): void {
  for (const warning of inventory.warnings) console.error(formatProblem(inventory.file, warning));
}
