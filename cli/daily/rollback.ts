import type { Command } from 'commander';
import { kitProgram } from '../guest/program';
import { work } from '../guest/work';
import type { Output } from '../output';
import { envNamed, guestCommand } from './command';

/**
 * Adds `pvestack rollback`.
 * @param program the program
 * @param output where it prints to
 */
export function addRollback(program: Command, output: Output): void {
  guestCommand(program, {
    name: 'rollback',
    description: 'go back to the release before, or to one that is kept; holds until a new commit or unhold',
    examples: [
      ['pvestack rollback app-shop-prod', 'the release before'],
      ['pvestack rollback app-shop-prod 447a668', 'that commit, as pvestack releases lists it'],
    ],
  })
    .argument('[release]', 'the beginning of a commit')
    .action((stack: string, release?: string) => {
      const env = envNamed(output, stack);
      const args = ['--rollback', ...(release === undefined ? [] : [release])];
      return work(env, output, kitProgram(env, 'deploy_app.sh', args));
    });
}
