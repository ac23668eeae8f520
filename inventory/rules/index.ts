import type { Draft } from '../draft';
import type { Registry } from '../part';
import type { InventoryInput } from '../schema/inventory';
import type { Validation } from '../validation';
import { checkApi } from './api';
import { checkApp } from './app';
import { checkBaseOs } from './base-os';
import { checkDistribution } from './distribution';
import { checkEnvVars } from './env-vars';
import { checkGuest } from './guest';
import { checkHostname } from './hostname';
import { checkIds } from './ids';
import { type Addressed, checkAddresses, checkNetworks, type Placed } from './network';
import { checkReferences } from './references';
import { checkRequired } from './required';
import { checkAccess, checkBastion, checkKeys } from './access';
import { checkUnique } from './unique';

/**
 * Every rule that the schema alone cannot say.
 * @param input the inventory as parsed
 * @param drafts its envs
 * @param registry the kinds of application and the features
 * @param validation takes the problems
 */
export function checkRules(
  input: InventoryInput,
  drafts: readonly Draft[],
  registry: Registry,
  validation: Validation,
): void {
  checkApi(input, validation);
  checkReferences(input, validation);
  checkIds(input, drafts, validation);
  checkEnvVars(input, registry, validation);
  checkKeys(input, validation);
  const addressed: Addressed[] = [];
  for (const draft of drafts) {
    checkRequired(draft, validation);
    checkHostname(draft, validation);
    checkBaseOs(draft, validation);
    checkApp(draft, validation);
    checkGuest(draft, input, validation);
    checkDistribution(draft, validation);
    checkAccess(draft, validation);
    checkBastion(draft, validation);
    addressed.push(...checkAddresses(draft, validation));
  }
  checkNetworks(addressed.filter(isPlaced), validation);
  checkUnique(drafts, addressed, validation);
}

function isPlaced(addressed: Addressed): addressed is Placed {
  return addressed.network !== undefined;
}
