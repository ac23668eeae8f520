import type { Command } from 'commander';
import type { Output } from './output';
import { runStacks } from './stacks/engine';
import { type Options, withApplyOptions } from './stacks/options';

/**
 * Adds `pvestack deploy`.
 * @param program the program
 * @param output where it prints to
 */
export function addDeploy(program: Command, output: Output): void {
  const command = program
    .command('deploy')
    .description('plan, show, ask, and do it')
    .argument('[names...]', 'stacks, projects or project:env, * for anything, or `all`')
    .addHelpText('after', '\nExample:\n  $ pvestack deploy pote:dev projectA');
  withApplyOptions(command).action((names: string[], options: Options) =>
    runStacks(output, { name: 'deploy' }, names, options),
  );
}
