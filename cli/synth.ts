import path from 'node:path';
import { TerraformResource } from 'cdktf';
import { display } from '../inventory/text';
import type { Env } from '../inventory/types';
import { readInventoryOf, readSettings, synthesize } from '../main';
import { compare, removeOthers, snapshot } from './output';
import { findRoot } from './root';
import { printWarnings } from './run';
import { selectEnvs } from './select';
import { hasColor, table } from './table';

/**
 * `pvestack synth`: writes all stacks, prints a table and says which files changed.
 * @param names what to show; everything is written in any case
 */
export function synth(names: readonly string[]): void {
  const settings = readSettings(findRoot());
  const inventory = readInventoryOf(settings);
  const shown = new Set(selectEnvs(inventory.envs, names));
  printWarnings(inventory);

  const output = path.resolve(settings.root, settings.output);
  const before = snapshot(output);
  const { stacks } = synthesize(settings, inventory);
  removeOthers(
    output,
    inventory.envs.map(({ stack }) => stack),
  );
  const changes = compare(before, snapshot(output));

  const rows = stacks
    .filter(({ env }) => shown.has(env))
    .map(({ env, stack }) => {
      const resources = stack.node
        .findAll()
        .filter((node) => TerraformResource.isTerraformResource(node)).length;
      return [...describeEnv(env), String(resources)];
    });
  console.log(table([...COLUMNS, 'resources'], rows, hasColor()).join('\n'));

  const file = (stack: string): string =>
    path.relative(process.cwd(), path.join(output, 'stacks', stack, 'cdk.tf.json'));
  console.log('');
  for (const stack of changes.added) console.log(`new        ${file(stack)}`);
  for (const stack of changes.changed) console.log(`changed    ${file(stack)}`);
  for (const stack of changes.removed) console.log(`removed    ${file(stack)}`);
  if (changes.unchanged > 0)
    console.log(`unchanged  ${changes.unchanged} of ${inventory.envs.length} stacks`);
}

/** The columns of `describeEnv`. */
export const COLUMNS = ['stack', 'guest', 'vmid', 'address', 'node'] as const;

/**
 * An env as cells of a table.
 * @param env the env
 * @returns stack, guest, vmid, address and node
 */
export function describeEnv(env: Env): string[] {
  const external = env.guest.type === 'external';
  const guest = `${env.guest.type} ${env.hostname}${env.present ? '' : ' (absent)'}`;
  return [
    env.stack,
    guest,
    external ? '-' : String(env.vmid),
    `${env.ip.address}/${env.ip.prefix}`,
    external ? '-' : display(env.node),
  ];
}
