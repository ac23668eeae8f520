import type { Command } from 'commander';
import { absent } from './absent';
import type { Output } from './output';
import { runStacks } from './stacks/engine';
import type { Operation } from './stacks/operation';
import { type Options, withApplyOptions } from './stacks/options';

const PROVISION: Operation = {
  name: 'provision',
  refusal: (env) =>
    env.guest.type === 'external' ? 'it is external: somebody else makes its host' : absent(env),
  planArguments: (stack) => stack.guestAddresses.map((address) => `-target=${address}`),
  own: (stack) => stack.guestAddresses,
};

/**
 * Adds `pvestack provision`: only the guest.
 * @param program the program
 * @param output where it prints to
 */
export function addProvision(program: Command, output: Output): void {
  const command = program
    .command('provision')
    .description('create or change only the guests, nothing inside of them')
    .argument('[names...]', 'stacks, projects or project:env, * for anything, or `all`')
    .addHelpText('after', '\nExample:\n  $ pvestack provision pote');
  withApplyOptions(command).action((names: string[], options: Options) =>
    runStacks(output, PROVISION, names, options),
  );
}
