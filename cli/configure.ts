import type { Command } from 'commander';
import { absent } from './absent';
import type { Output } from './output';
import { runStacks } from './stacks/engine';
import type { Operation } from './stacks/operation';
import { type Options, withApplyOptions } from './stacks/options';

/** The layer of the commit: pvestack release runs it. */
export const RELEASE = 'null_resource.release';

const CONFIGURE: Operation = {
  name: 'configure',
  refusal: (env) =>
    env.configure ? absent(env) : 'nothing connects to it (configure or lxc_start_after_create is false)',
  // No release: that would deploy what the branch is at by now. -target takes the guest along, where that would change as
  // well: `own` refuses it then.
  planArguments: (stack) =>
    stack.layerAddresses
      .filter((address) => address !== RELEASE)
      .flatMap((address) => [`-target=${address}`, `-replace=${address}`]),
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
    .description('run the configuration again on guests that are there; deploys no commit')
    .argument('[names...]', 'stacks, projects or project:env, * for anything, or `all`')
    .addHelpText('after', '\nExample:\n  $ pvestack configure pote:dev');
  withApplyOptions(command).action((names: string[], options: Options) =>
    runStacks(output, CONFIGURE, names, options),
  );
}
