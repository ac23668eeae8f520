import { formatProblem } from '../inventory/problem';
import type { Inventory } from '../inventory/types';
import type { Output } from './output';
import { readInventoryOf } from './read-inventory';
import { findRoot } from './root';
import { readSettings, type Settings } from './settings';

/** What a command works on. */
export interface Context {
  settings: Settings;
  inventory: Inventory;
  output: Output;
}

/** How a context is opened. */
interface ContextOptions {
  /** Whether stacks are to come of it; then a deployed env that is gone from it is an error. */
  deploys: boolean;
  /** Whether the doubts about the inventory are printed. @default true */
  warns?: boolean;
}

/**
 * Reads the settings and the inventory of the working directory, and prints the doubts about it.
 * @param output where the command prints to
 * @param options how to open it
 * @returns what the command works on
 * @throws UserError for settings and inventories that are wrong
 */
export function openContext(output: Output, { deploys, warns = true }: ContextOptions): Context {
  const settings = readSettings(findRoot());
  const inventory = readInventoryOf(settings, deploys);
  if (warns && settings.unnamed) {
    output.warn(
      `cdktf.json names no inventory in its context: ${settings.inventory} is taken. Write "context": { "inventory": "${settings.inventory}" } in it.`,
    );
  }
  for (const warning of warns ? inventory.warnings : []) output.warn(formatProblem(inventory.file, warning));
  return { settings, inventory, output };
}
