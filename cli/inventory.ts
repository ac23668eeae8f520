import { stringify } from 'yaml';
import { readInventoryOf, readSettings } from '../main';
import { ansibleInventory, dynamicInventory } from '../renderers/ansible-inventory';
import { findRoot } from './root';
import { UserError } from './run';
import { selectEnvs } from './select';

/** Options of `pvestack inventory`. */
export interface InventoryOptions {
  format: 'json' | 'yaml';
  /** As a dynamic inventory script answers. */
  list?: boolean;
}

/**
 * `pvestack inventory`: the guests as an Ansible inventory on standard output.
 * @param names stacks or projects; none: all
 * @param options its form
 * @throws UserError for YAML with --list
 */
export function inventory(names: readonly string[], options: InventoryOptions): void {
  if (options.list && options.format === 'yaml')
    throw new UserError('--list answers in JSON: leave one of the two out.');
  const envs = selectEnvs(readInventoryOf(readSettings(findRoot()), false).envs, names);
  const data = options.list ? dynamicInventory(envs) : ansibleInventory(envs);
  // Ansible reads YAML 1.1, where an env named `no` would be false.
  const yaml = (): string => stringify(data, { version: '1.1' }).trimEnd();
  console.log(options.format === 'yaml' && !options.list ? yaml() : JSON.stringify(data, null, 2));
}
