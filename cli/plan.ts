import type { Command } from 'commander';
import type { Output } from './output';
import { runStacks } from './stacks/engine';
import { type Options, withPlanOptions } from './stacks/options';

/**
 * Adds `pvestack plan`.
 * @param program the program
 * @param output where it prints to
 */
export function addPlan(program: Command, output: Output): void {
  const command = program
    .command('plan')
    .description('say what a deploy would do, in words')
    .argument('[names...]', 'stacks, projects or project:env, * for anything, or `all`')
    .option('--detailed-exitcode', 'exit code 2 where there is something to do')
    .addHelpText('after', '\nExample:\n  $ pvestack plan pote:dev');
  withPlanOptions(command).action((names: string[], options: Options) =>
    runStacks(output, { name: 'plan', onlyPlans: true }, names, options),
  );
}
