import type { Command } from 'commander';
import { openContext } from './context';
import { COLUMNS, describeEnv } from './describe-env';
import type { Output } from './output';
import { selectEnvs } from './select';
import { table } from './table';

/**
 * Adds `pvestack list`.
 * @param program the program
 * @param output where it prints to
 */
export function addList(program: Command, output: Output): void {
  program
    .command('list')
    .description('list the stacks of the inventory')
    .argument('[names...]', 'stacks or projects, * for anything')
    .action((names: string[]) => {
      const { inventory } = openContext(output, { deploys: false });
      const envs = selectEnvs(inventory.envs, names);
      output.print(table(COLUMNS, envs.map(describeEnv), output.color).join('\n'));
    });
}
