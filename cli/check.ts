import { readInventoryOf, readSettings } from '../main';
import { findRoot } from './root';
import { printWarnings } from './run';

/** `pvestack check`: checks the inventory and writes nothing. */
export function check(): void {
  const inventory = readInventoryOf(readSettings(findRoot()));
  printWarnings(inventory);
  const count = inventory.envs.length;
  console.log(`${inventory.file}: ${count} ${count === 1 ? 'environment' : 'environments'}, no errors.`);
}
