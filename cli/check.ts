import type { Command } from 'commander';
import { openContext } from './context';
import { checkTemplates } from './templates';
import type { Output } from './output';

/**
 * Adds `pvestack check`.
 * @param program the program
 * @param output where it prints to
 */
export function addCheck(program: Command, output: Output): void {
  program
    .command('check')
    .description('check the inventory; every error at once, nothing is written')
    .action(() => {
      const { inventory, settings } = openContext(output, { deploys: true });
      // Own templates are part of what is checked: a mistake in one would only show at synth.
      checkTemplates(settings, inventory.envs);
      const count = inventory.envs.length;
      output.print(`${inventory.file}: ${count} ${count === 1 ? 'environment' : 'environments'}, no errors.`);
    });
}
