import type { Value } from './params';

/** Containers and virtual machines. */
export type GuestType = 'lxc' | 'qemu';

/** A container or a virtual machine. */
export interface Guest {
  readonly vmid: number;
  readonly type: GuestType;
  node: string;
  /** The configuration in force, as typed values. */
  config: Map<string, Value>;
  /** Changes that wait for the next start. */
  pending: Map<string, Value>;
  /** Options that vanish with the next start. */
  pendingDelete: Set<string>;
  running: boolean;
  /** When it was started, in milliseconds since the epoch. */
  startedAt: number;
  pid: number;
  /** Where the guest was made from and by whom, for drivers that build it for real. */
  origin: GuestOrigin;
}

/** What a driver needs to build a guest and the configuration does not hold. Passwords are never kept. */
export interface GuestOrigin {
  readonly ostemplate?: string;
  readonly sshKeys?: string;
}

/** A disk image, template or other file on a storage. */
export interface Volume {
  readonly volid: string;
  readonly content: string;
  readonly format: string;
  size: number;
  readonly ctime: number;
  readonly vmid?: number;
}

/** A storage; it exists on all nodes unless `nodes` names some. */
export interface Storage {
  /** false: the nodes do not reach it. @default true */
  readonly active?: boolean;
  readonly storage: string;
  readonly type: 'dir' | 'lvmthin' | 'zfspool';
  readonly content: readonly string[];
  readonly path?: string;
  readonly nodes?: readonly string[];
  readonly shared: boolean;
  readonly total: number;
  readonly used: number;
  volumes: Volume[];
}

/** A node of the cluster. */
export interface Node {
  readonly name: string;
  readonly bridges: readonly string[];
  readonly online: boolean;
}

/** A task, running or done. */
export interface TaskRecord {
  readonly upid: string;
  readonly node: string;
  readonly pid: number;
  readonly pstart: number;
  readonly starttime: number;
  readonly type: string;
  readonly id: string;
  readonly user: string;
  readonly tokenid?: string;
  endtime?: number;
  exitstatus?: string;
  log: string[];
}
