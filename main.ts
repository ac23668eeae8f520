import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { App } from 'cdktf';
import { keepPrivate, keepStatesPrivate } from './cli/private';
import { LOCK_FILE, projectLock, stackLock } from './cli/provider-lock';
import { type Settings, stackFolder } from './cli/settings';
import { checkTemplates, templatesOf } from './cli/templates';
import { AppStack } from './constructs/app-stack';
import { requiredProviders } from './constructs/providers';
import type { Env, Inventory } from './inventory/types';
import * as registry from './registry';
import { stackPrograms } from './renderers/programs';

/** An env and the stack that was made of it. */
export interface Synthesized {
  env: Env;
  stack: AppStack;
}

/**
 * Writes the stacks of all envs, each with what its folder needs.
 * @param settings where things are
 * @param inventory a checked inventory
 * @returns the stacks, in the inventory's order
 */
export function synthesize(settings: Settings, inventory: Inventory): Synthesized[] {
  const lock = projectLock(settings.root, requiredProviders());
  const stacks = writeStacks(settings, inventory, path.resolve(settings.root, settings.output));
  for (const { env, stack } of stacks) {
    const folder = stackFolder(settings, env.stack);
    writePrograms(folder);
    if (lock) writeFileSync(path.join(folder, LOCK_FILE), stackLock(lock, stack.providerSources));
    // The cdktf CLI leaves a saved plan in it, which holds the values of all variables.
    keepPrivate(folder, 0o700);
  }
  keepStatesPrivate(settings.root, inventory.envs);
  return stacks;
}

/**
 * Writes the JSON of the stacks of all envs. The only place that knows the App.
 * @param settings where things are; what the JSON says of folders goes by them
 * @param inventory a checked inventory
 * @param outdir the folder that it writes to
 * @returns the stacks, in the inventory's order
 */
export function writeStacks(settings: Settings, inventory: Inventory, outdir: string): Synthesized[] {
  checkTemplates(
    settings,
    inventory.envs.filter(({ templateDirs }) => templateDirs.length > 0),
  );
  mkdirSync(outdir, { recursive: true });
  const app = new App({ outdir, stackTraces: false });
  const { api, envs } = inventory;
  const stacks = envs.map((env): Synthesized => {
    const source = templatesOf(settings, env);
    const toRoot = path.relative(stackFolder(settings, env.stack), settings.root);
    return { env, stack: new AppStack(app, env.stack, { env, api, source, registry, toRoot }) };
  });
  app.synth();
  return stacks;
}

/** What a stack's folder needs besides its JSON, so that the folder alone is complete: the same for every stack. */
function writePrograms(folder: string): void {
  for (const { name, text } of stackPrograms()) writeFileSync(path.join(folder, name), text);
}
