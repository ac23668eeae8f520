import { readInventoryOf, readSettings } from '../main';
import { findRoot } from './root';
import { printWarnings } from './run';
import { selectEnvs } from './select';
import { COLUMNS, describeEnv } from './synth';
import { hasColor, table } from './table';

/**
 * `pvestack list`: the stacks of the inventory, without writing anything.
 * @param names what to show: stacks or projects; none: all
 */
export function list(names: readonly string[]): void {
  const inventory = readInventoryOf(readSettings(findRoot()), false);
  printWarnings(inventory);
  const envs = selectEnvs(inventory.envs, names);
  console.log(table(COLUMNS, envs.map(describeEnv), hasColor()).join('\n'));
}
