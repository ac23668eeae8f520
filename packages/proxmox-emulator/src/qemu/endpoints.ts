import type { Endpoint } from '../endpoint';
import { machineConfigEndpoints } from './config';
import { machineLifecycleEndpoints } from './lifecycle';
import { machinePowerEndpoints } from './power';
import { machineReadEndpoints } from './read';

/** Everything about virtual machines. */
export const machineEndpoints: readonly Endpoint[] = [
  ...machineReadEndpoints,
  ...machineConfigEndpoints,
  ...machinePowerEndpoints,
  ...machineLifecycleEndpoints,
];
