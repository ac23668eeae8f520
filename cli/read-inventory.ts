import path from 'node:path';
import { checkLeftBehind } from '../inventory/left-behind';
import { loadInventory } from '../inventory/load';
import { literal } from '../inventory/text';
import type { Inventory, ProxmoxApi } from '../inventory/types';
import { templateNames } from '../renderers/template-source';
import * as registry from '../registry';
import { type Settings, stackFolder } from './settings';

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
  const inventory = loadInventory(named, registry, {
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
  const fromFolder = path.relative(stackFolder(settings, 'stack'), path.resolve(base, file));
  return { ...api, caFile: { ...caFile, parts: [fromFolder] } };
}
