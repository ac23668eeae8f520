import type { Command } from 'commander';
import type { Output } from './output';
import { runStacks } from './stacks/engine';
import { type Options, withApplyOptions } from './stacks/options';

/**
 * Adds `pvestack destroy`.
 * @param program the program
 * @param output where it prints to
 */
export function addDestroy(program: Command, output: Output): void {
  const command = program
    .command('destroy')
    .description('destroy guests and all that was made for them; each asks by its name')
    .argument('[names...]', 'stacks, projects or project:env, * for anything, or `all`')
    .addHelpText('after', '\nExample:\n  $ pvestack destroy pote:dev');
  withApplyOptions(command).action((names: string[], options: Options) =>
    runStacks(output, { name: 'destroy', planArguments: () => ['-destroy'] }, names, options),
  );
}
