import type { Endpoint } from '../endpoint';
import { cloneEndpoints } from './clone';
import { configEndpoints } from './config';
import { createEndpoints } from './create';
import { destroyEndpoints } from './destroy';
import { migrateEndpoints } from './migrate';
import { moveEndpoints } from './move';
import { powerEndpoints } from './power';
import { readEndpoints } from './read';
import { resizeEndpoints } from './resize';
import { snapshotEndpoints } from './snapshot';
import { templateEndpoints } from './template';

/** Everything about virtual machines. */
export const machineEndpoints: readonly Endpoint[] = [
  ...readEndpoints,
  ...createEndpoints,
  ...configEndpoints,
  ...powerEndpoints,
  ...destroyEndpoints,
  ...resizeEndpoints,
  ...moveEndpoints,
  ...cloneEndpoints,
  ...templateEndpoints,
  ...migrateEndpoints,
  ...snapshotEndpoints,
];
