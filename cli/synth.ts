import path from 'node:path';
import type { Command } from 'commander';
import { compare, removeOthers, snapshot } from './changes';
import { exportedToCloud } from './cloud';
import { type Context, openContext } from './context';
import { COLUMNS, describeEnv } from './describe-env';
import type { Output } from './output';
import { sayUnpinned } from './provider-lock';
import { selectEnvs } from './select';
import { table } from './table';

/**
 * Adds `pvestack synth`.
 * @param program the program
 * @param output where it prints to
 */
export function addSynth(program: Command, output: Output): void {
  program
    .command('synth')
    .description('write the stacks of all environments to cdktf.out/, and say which files changed')
    .argument('[names...]', 'stacks or projects, * for anything, to show (everything is written in any case)')
    .action((names: string[]) => synth(openContext(output, { deploys: true }), names));
}

async function synth({ settings, inventory, output }: Context, names: readonly string[]): Promise<void> {
  const shown = new Set(selectEnvs(inventory.envs, names));
  // Loaded here: `pvestack --help` needs no CDKTF.
  const { synthesize } = await import('../main');
  const folder = path.resolve(settings.root, settings.output);
  const before = snapshot(folder);
  const stacks = synthesize(settings, inventory);
  removeOthers(
    folder,
    inventory.envs.map(({ stack }) => stack),
  );
  const changes = compare(before, snapshot(folder));

  const rows = stacks
    .filter(({ env }) => shown.has(env))
    .map(({ env, stack }) => {
      const resources = stack.guestAddresses.length + stack.configurationAddresses.length;
      return [...describeEnv(env), String(resources)];
    });
  output.print(table([...COLUMNS, 'resources'], rows, output.color).join('\n'));

  const file = (stack: string): string =>
    path.relative(process.cwd(), path.join(folder, 'stacks', stack, 'cdk.tf.json'));
  output.print('');
  for (const stack of changes.added) output.print(`new        ${file(stack)}`);
  for (const stack of changes.changed) output.print(`changed    ${file(stack)}`);
  for (const stack of changes.removed) output.print(`removed    ${file(stack)}`);
  if (changes.unchanged > 0)
    output.print(`unchanged  ${changes.unchanged} of ${inventory.envs.length} stacks`);
  sayUnpinned(settings, output);
  const exported = exportedToCloud(inventory.envs, process.env);
  if (exported !== undefined) output.print(exported);
}
