import type { Command } from 'commander';
import type { Output } from './output';
import { absent, addStage } from './stage';

/**
 * Adds `pvestack configure`: only what is done inside of a guest that is there.
 * @param program the program
 * @param output where it prints to
 */
export function addConfigure(program: Command, output: Output): void {
  addStage(program, output, {
    name: 'configure',
    description: 'run the configuration again on guests that are there',
    refusal: (env) =>
      env.configure ? absent(env) : 'nothing connects to it (configure or lxc_start_after_create is false)',
    // Not -target: that takes the guest along, and changes it (measured: it rebooted).
    planArguments: (stack) => stack.layerAddresses.map((address) => `-replace=${address}`),
    own: (stack) => stack.configurationAddresses,
    advice: 'Nothing was touched. Review and deploy these first: npx cdktf deploy',
  });
}
