import type { Command } from 'commander';
import * as registry from '../registry';
import { application } from '../renderers/application';
import { layersOf } from '../renderers/layers';
import { openContext } from './context';
import { templatesOf } from './templates';
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
      for (const env of inventory.envs) {
        const source = templatesOf(settings, env);
        layersOf(env, source, application(env, source, registry));
      }
      const count = inventory.envs.length;
      output.print(`${inventory.file}: ${count} ${count === 1 ? 'environment' : 'environments'}, no errors.`);
    });
}
