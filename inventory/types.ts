import type { Address } from './address';
import type { App } from './app';
import type { Path } from './document';
import type { Problem } from './problem';
import type { BackendInput } from './schema/backend';
import type { GUEST_TYPES, OS_TYPES } from './schema/guest';
import type { Value } from './values/value';

/** How the Proxmox API is reached; what is missing comes from the provider's environment variables. */
export interface ProxmoxApi {
  /** Host name, address or https URL, with or without a port; undefined: PROXMOX_VE_ENDPOINT. */
  host?: Value;
  /** The port where the host has none. */
  port: number;
  username?: Value;
  password?: Value;
  /** `user@realm!id`. */
  tokenId?: Value;
  tokenSecret?: Value;
  insecure: boolean;
  caFile?: Value;
}

/** A volume besides the root disk. */
interface MountPoint {
  path: Value;
  volume: Value;
  /** GiB. */
  size?: number;
  backup: boolean;
  readOnly: boolean;
}

/** The guest of an env, every default filled in. */
export interface Guest {
  type: (typeof GUEST_TYPES)[number];
  template: Value;
  osType: (typeof OS_TYPES)[number];
  unprivileged: boolean;
  nesting: boolean;
  password?: Value;
  start: boolean;
  cloneVmid?: number;
  /** The disk of the VM template that is the root disk, e.g. `scsi0`. */
  kvmDisk: string;
  cores: number;
  /** MiB. */
  memory: number;
  /** MiB. */
  swap: number;
  /** GiB. */
  diskSize: number;
  diskStorage: Value;
  nameservers: readonly Value[];
  searchdomain?: Value;
  onboot: boolean;
  startupOrder?: number;
  description?: Value;
  /** Further tags, lower-case. */
  tags: readonly string[];
  mountPoints: readonly MountPoint[];
  protection: boolean;
  preventDestroy: boolean;
  /** Whether it holds data that neither a plan nor a destroy may take (`data: keep`). */
  keepsData: boolean;
  adopt: boolean;
}

/** An interface of a guest and its addresses. */
export interface NetworkInterface {
  bridge: Value;
  vlan?: number;
  mtu?: number;
  macAddress?: string;
  firewall: boolean;
  ip?: Address;
  gateway?: string;
  /** `auto` and `dhcp`: the network gives one. */
  ip6?: Address | 'auto' | 'dhcp';
  gateway6?: string;
}

/** How Terraform reaches a guest by SSH. */
export interface SshSettings {
  user: Value;
  port: number;
  publicKeys: readonly Value[];
  hostKey?: Value;
  bastion?: { host: Value; port: number; user: Value; host_key?: Value };
  /** Whether Terraform may use the SSH agent, which it forwards to the guest. */
  agent: boolean;
}

/** What base_os does on a guest, besides packages and keys. */
export interface BaseOs {
  /** The operators' user. */
  user: string;
  timezone: string;
  locale: string;
  securityUpgrades: boolean;
  hardenSshd: boolean;
  ufw: boolean;
  /** Rules as written, e.g. `5432/tcp from 10.0.10.0/24`. */
  firewallPorts: readonly string[];
  removePackages: boolean;
  /** Whether a source of packages that cannot be read stops a deploy. */
  aptSourcesRequired: boolean;
  /** By which the guest fetches; `except`: the hosts that it reaches without. */
  proxy?: { url: Value; except: readonly string[] };
  /** Undefined: Debian's Node.js. */
  node?: { version: string; sha256: string; mirror: string };
}

/** One environment: everything its stack is made from. */
export interface Env {
  /** As written, e.g. `projectA`. */
  project: string;
  /** As written, e.g. `dev`. */
  env: string;
  /** `app-<project>-<env>`, lower-case: the stack, the workspace, the tag of ours. */
  stack: string;
  /** False: the stack plans its own destruction. */
  present: boolean;
  /** Where it stands in the inventory. */
  path: Path;
  hostname: string;
  /** 0 for an external host. */
  vmid: number;
  /** By which it is known and reached: the first one's IPv4 address, or its IPv6 address where it has no other. */
  address: string;
  /** All fixed addresses, that one first. */
  addresses: readonly string[];
  /** The first one is that of `ip` and `guest.bridge`. */
  networks: readonly [NetworkInterface, ...NetworkInterface[]];
  node: Value;
  guest: Guest;
  ssh: SshSettings;
  /** Whether Terraform connects to the guest at all. */
  configure: boolean;
  baseOs: BaseOs;
  app: App;
  backend: BackendInput;
  /** Folders whose templates replace ours, nearest first; relative to the inventory. */
  templateDirs: readonly string[];
}

/** A validated inventory. */
export interface Inventory {
  /** The file as the user named it. */
  file: string;
  api: ProxmoxApi;
  /** Sorted by stack. */
  envs: readonly Env[];
  /** Doubts that do not refuse the inventory. */
  warnings: readonly Problem[];
}
