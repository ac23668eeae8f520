import type { Endpoint } from '../endpoint';
import { MACHINE } from '../guests/kind';
import { snapshotsEndpoint } from '../guests/snapshot';

/** Snapshots of a machine: they can be listed. */
export const snapshotEndpoints: readonly Endpoint[] = [snapshotsEndpoint(MACHINE)];
