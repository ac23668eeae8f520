import { type Command, Option } from 'commander';
import { stringify } from 'yaml';
import { ansibleInventory, dynamicInventory } from '../renderers/ansible-inventory';
import { UserError } from '../inventory/user-error';
import { openContext } from './context';
import type { Output } from './output';
import { selectEnvs } from './select';

interface Options {
  format: 'json' | 'yaml';
  list?: boolean;
}

/**
 * Adds `pvestack inventory`.
 * @param program the program
 * @param output where it prints to
 */
export function addInventory(program: Command, output: Output): void {
  program
    .command('inventory')
    .description('print the guests as an Ansible inventory')
    .argument('[names...]', 'stacks or projects, * for anything')
    .addOption(new Option('-f, --format <format>', 'its format').choices(['json', 'yaml']).default('json'))
    .option('--list', 'as a dynamic inventory script answers, in JSON')
    .action((names: string[], { format, list }: Options) => {
      if (list && format === 'yaml') throw new UserError('--list answers in JSON: leave one of the two out.');
      // Ansible takes what an inventory script says on standard error for errors.
      const { inventory } = openContext(output, { deploys: false, warns: false });
      const envs = selectEnvs(inventory.envs, names);
      const data = list ? dynamicInventory(envs) : ansibleInventory(envs);
      // Ansible reads YAML 1.1, where an env named `no` would be false.
      const yaml = (): string => stringify(data, { version: '1.1' }).trimEnd();
      output.print(format === 'yaml' ? yaml() : JSON.stringify(data, null, 2));
    });
}
