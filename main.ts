import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { App } from 'cdktf';
import { AppStack } from './constructs/app-stack';
import { loadInventory } from './inventory/load';
import { literal } from './inventory/text';
import type { Env, Inventory, ProxmoxApi } from './inventory/types';
import { checkLeftBehind } from './inventory/left-behind';
import { templateNames, templateSource } from './renderers/template-source';

/** Where things are. */
export interface Settings {
  /** The folder of cdktf.json; every relative path counts from it. */
  root: string;
  /** The inventory file, absolute or relative to the root. */
  inventory: string;
  /** The folder that the stacks are written to, absolute or relative to the root. */
  output: string;
  /** Ignore top-level keys of the inventory that are not ours. */
  allowOtherKeys: boolean;
}

/**
 * The settings of this run: cdktf.json, overridden by the environment.
 * `APP_INVENTORY` names the inventory (relative to the working directory), `APP_INVENTORY_ALLOW_OTHER_KEYS=1`
 * ignores foreign top-level keys, `CDKTF_OUTDIR` is what the cdktf CLI sets.
 * @param root the folder of cdktf.json
 * @param environment the environment variables
 * @returns the settings
 */
export function readSettings(root: string, environment: NodeJS.ProcessEnv = process.env): Settings {
  const config = readConfig(path.join(root, 'cdktf.json'));
  const { APP_INVENTORY: named, APP_INVENTORY_ALLOW_OTHER_KEYS: others, CDKTF_OUTDIR: outdir } = environment;
  return {
    root,
    inventory: named ? path.resolve(named) : (config.context?.inventory ?? 'inventory.yml'),
    output: outdir ?? config.output ?? 'cdktf.out',
    allowOtherKeys:
      others === undefined
        ? (config.context?.inventory_allow_other_keys ?? false)
        : /^(1|true|yes)$/i.test(others),
  };
}

/** What is read of cdktf.json. */
interface Config {
  output?: string;
  context?: { inventory?: string; inventory_allow_other_keys?: boolean };
}

function readConfig(file: string): Config {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Config;
  } catch (error) {
    if (error instanceof SyntaxError) throw new SettingsError(`${file} is not JSON: ${error.message}`);
    throw error;
  }
}

/** A mistake in cdktf.json. */
export class SettingsError extends Error {}

/**
 * Reads the inventory of these settings and checks it against what is deployed from here.
 * @param settings where things are
 * @param deploys whether stacks are to come of it; then a deployed env that is gone from it is an error
 * @returns the inventory
 * @throws InventoryError with everything that is wrong
 */
export function readInventoryOf(settings: Settings, deploys = true): Inventory {
  const absolute = path.resolve(settings.root, settings.inventory);
  const relative = path.relative(process.cwd(), absolute);
  const named = relative.startsWith('..') ? absolute : relative;
  const base = path.dirname(absolute);
  const inventory = loadInventory(named, {
    allowOtherKeys: settings.allowOtherKeys,
    templates: { base, names: templateNames() },
  });
  if (deploys) checkLeftBehind(inventory, settings.root);
  return { ...inventory, api: fromStackFolder(inventory.api, base, settings) };
}

/** Terraform runs in a stack's folder: a relative path of the inventory is made relative to that. */
function fromStackFolder(api: ProxmoxApi, base: string, settings: Settings): ProxmoxApi {
  const { caFile } = api;
  const file = caFile && literal(caFile);
  if (!caFile || file === undefined || /^[/~]/.test(file)) return api;
  const folder = path.resolve(settings.root, settings.output, 'stacks', 'stack');
  return { ...api, caFile: { ...caFile, parts: [path.relative(folder, path.resolve(base, file))] } };
}

/** What a synthesis made. */
export interface Synthesis {
  inventory: Inventory;
  stacks: readonly { env: Env; stack: AppStack }[];
}

/**
 * Writes the stacks of all envs. The only place that knows the App.
 * @param settings where things are
 * @param inventory a checked inventory
 * @returns the stacks
 */
export function synthesize(settings: Settings, inventory: Inventory): Synthesis {
  const outdir = path.resolve(settings.root, settings.output);
  mkdirSync(outdir, { recursive: true });
  const app = new App({ outdir, stackTraces: false });
  const base = path.dirname(path.resolve(settings.root, settings.inventory));
  const stacks = inventory.envs.map((env) => {
    const source = templateSource(env.templateDirs.map((folder) => path.resolve(base, folder)));
    const toRoot = path.relative(path.join(outdir, 'stacks', env.stack), settings.root);
    return { env, stack: new AppStack(app, { env, api: inventory.api, source, toRoot }) };
  });
  app.synth();
  return { inventory, stacks };
}
