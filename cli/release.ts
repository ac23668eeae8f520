import type { Command } from 'commander';
import { literal } from '../inventory/text';
import { absent } from './absent';
import { RELEASE } from './configure';
import { openContext } from './context';
import type { Output } from './output';
import { isName } from './select';
import { runStacks } from './stacks/engine';
import type { Operation } from './stacks/operation';
import { type Options, withApplyOptions } from './stacks/options';

/** The layer of the commit alone. Who asks for it is answered, also after a deploy of that commit that failed. */
const operation = (commit: string | undefined): Operation => ({
  name: 'release',
  refusal: (env) => {
    if (!env.configure || env.app.type === 'none') return 'nothing is deployed to it';
    return absent(env);
  },
  own: () => [RELEASE],
  planEnv: ({ app }) => {
    const wanted = commit ?? process.env['TF_VAR_release'] ?? app.pin ?? literal(app.branch);
    return wanted === undefined ? {} : { TF_VAR_release: wanted };
  },
});

/**
 * Adds `pvestack release`: only the commit.
 * @param program the program
 * @param output where it prints to
 */
export function addRelease(program: Command, output: Output): void {
  const command = program
    .command('release')
    .description(
      'deploy a commit or tag and nothing else; without one that of the inventory, or the head of the branch',
    )
    .argument('[names...]', 'stacks, projects or project:env, and last, if any, the commit or tag')
    .addHelpText('after', '\nExamples:\n  $ pvestack release pote:dev\n  $ pvestack release pote:qa v1.4');
  withApplyOptions(command).action((names: string[], options: Options) => {
    const { inventory } = openContext(output, { deploys: false, warns: false });
    const last = names.at(-1);
    const isCommit = names.length > 1 && last !== undefined && !isName(inventory.envs, last);
    return runStacks(
      output,
      operation(isCommit ? last : undefined),
      isCommit ? names.slice(0, -1) : names,
      options,
    );
  });
}
