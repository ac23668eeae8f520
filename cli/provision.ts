import type { Command } from 'commander';
import type { Output } from './output';
import { absent, addStage } from './stage';

/**
 * Adds `pvestack provision`: only the guest.
 * @param program the program
 * @param output where it prints to
 */
export function addProvision(program: Command, output: Output): void {
  addStage(program, output, {
    name: 'provision',
    description: 'create or change only the guests, nothing inside of them',
    refusal: (env) =>
      env.guest.type === 'external' ? 'it is external: somebody else makes its host' : absent(env),
    planArguments: (stack) => stack.guestAddresses.map((address) => `-target=${address}`),
    own: (stack) => stack.guestAddresses,
    advice: 'Run: npx cdktf deploy',
  });
}
