import { Argument, type Command } from 'commander';
import { KIT } from '../../renderers/layers/paths';
import { shellQuote } from '../../renderers/shell';
import { asRoot } from '../guest/program';
import { work } from '../guest/work';
import type { Output } from '../output';
import { envNamed, exampleText } from './command';

/**
 * Adds `pvestack maintenance`: the page of the web front; without one the services stand still.
 * @param program the program
 * @param output where it prints to
 */
export function addMaintenance(program: Command, output: Output): void {
  program
    .command('maintenance')
    .description('show a page instead of the application; without a web front its services stand still')
    .addArgument(new Argument('<what>', 'on, off or status').choices(['on', 'off', 'status']))
    .argument('<stack>', 'the stack')
    .argument('[message]', 'what the page says (on)')
    .addHelpText(
      'after',
      exampleText([
        ['pvestack maintenance on app-shop-prod "Back at 14:00."', 'no drift: a deploy leaves it as it is'],
        ['pvestack maintenance off app-shop-prod', ''],
      ]),
    )
    .action((what: string, stack: string, message?: string) => {
      const env = envNamed(output, stack);
      const words = message === undefined || what !== 'on' ? '' : ` ${shellQuote(message)}`;
      const script = [
        `if [ -d /etc/pvestack/web ] && [ -x ${KIT}/maintenance ]; then exec ${KIT}/maintenance ${what}${words}; fi`,
        `exec ${KIT}/deploy_app.sh --pause ${what}`,
      ].join('\n');
      return work(env, output, asRoot(env, script));
    });
}
