import { readInventoryOf, readSettings, synthesize } from '../main';
import { findRoot } from './root';
import { printWarnings, run } from './run';

/** The app of cdktf.json: writes all stacks, silently; cdktf prints what it made of them. */
void run(() => {
  const settings = readSettings(findRoot());
  const inventory = readInventoryOf(settings);
  printWarnings(inventory);
  synthesize(settings, inventory);
});
