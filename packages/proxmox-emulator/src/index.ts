export { startEmulator, type Emulator, type EmulatorOptions } from './server';
export { runCommand } from './command';
export { DEFAULT_PASSWORD, DEFAULT_TOKEN, defaultStorages, templates } from './defaults';
export type { GuestPatch, GuestSeed } from './admin';
export type { ApiToken, UserAccount } from './auth';
export type { FaultRule } from './faults';
export type { Grant, Role } from './privileges';
export type { Guest, Storage, Volume } from './model';
export type { ClusterState } from './state';
export { RecordDriver, type CreateDetails, type Driver, type GuestInterface } from './driver';
export {
  startLxcEmulator,
  missingForGuests,
  type Base,
  type BridgeAddress,
  type LabOptions,
} from './lxc-driver';
