import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Env } from '../../inventory/types';
import { readInventoryOf } from '../read-inventory';
import type { Settings } from '../settings';
import type { StackJson } from './stack-json';

/** A stack of an inventory, as it is synthesized. */
export interface Stack {
  env: Env;
  /** Its cdk.tf.json. */
  text: string;
  json: StackJson;
}

/** What an inventory makes, by stack. */
export type Stacks = ReadonlyMap<string, Stack>;

/**
 * Synthesizes what these settings name, without anything but files.
 * @param settings where things are
 * @param folder where it may write to
 * @returns the stacks
 * @throws UserError for settings and inventories that are wrong
 */
export async function stacksOf(settings: Settings, folder: string): Promise<Stacks> {
  const inventory = readInventoryOf(settings, false);
  // Loaded here: `pvestack --help` needs no CDKTF.
  const { writeStacks } = await import('../../main');
  writeStacks(settings, inventory, folder);
  return new Map(
    inventory.envs.map((env): [string, Stack] => {
      const text = readFileSync(path.join(folder, 'stacks', env.stack, 'cdk.tf.json'), 'utf8');
      return [env.stack, { env, text, json: JSON.parse(text) as StackJson }];
    }),
  );
}
