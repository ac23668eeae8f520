import type { Command } from 'commander';
import { absent } from './absent';
import type { Output } from './output';
import { runStacks } from './stacks/engine';
import type { Operation } from './stacks/operation';
import { type Options, withApplyOptions } from './stacks/options';

const CONFIGURE: Operation = {
  name: 'configure',
  refusal: (env) =>
    env.configure ? absent(env) : 'nothing connects to it (configure or lxc_start_after_create is false)',
  // Not -target: that takes the guest along, and changes it (measured: it rebooted).
  planArguments: (stack) => stack.layerAddresses.map((address) => `-replace=${address}`),
  own: (stack) => stack.configurationAddresses,
};

/**
 * Adds `pvestack configure`: only what is done inside of a guest that is there.
 * @param program the program
 * @param output where it prints to
 */
export function addConfigure(program: Command, output: Output): void {
  const command = program
    .command('configure')
    .description('run the configuration again on guests that are there')
    .argument('[names...]', 'stacks, projects or project:env, * for anything, or `all`')
    .addHelpText('after', '\nExample:\n  $ pvestack configure pote:dev');
  withApplyOptions(command).action((names: string[], options: Options) =>
    runStacks(output, CONFIGURE, names, options),
  );
}
