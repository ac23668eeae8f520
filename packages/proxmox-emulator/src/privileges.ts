/** Privileges that only the role Administrator has. */
const ADMIN_ONLY = [
  'Mapping.Modify',
  'Permissions.Modify',
  'Pool.Allocate',
  'Pool.Audit',
  'Realm.Allocate',
  'Realm.AllocateUser',
  'Sys.AccessNetwork',
  'Sys.Incoming',
  'Sys.Modify',
  'Sys.PowerMgmt',
] as const;

const PVE_ADMIN = [
  'Datastore.Allocate',
  'Datastore.AllocateSpace',
  'Datastore.AllocateTemplate',
  'Datastore.Audit',
  'Group.Allocate',
  'Mapping.Audit',
  'Mapping.Use',
  'SDN.Allocate',
  'SDN.Audit',
  'SDN.Use',
  'Sys.Audit',
  'Sys.Console',
  'Sys.Syslog',
  'User.Modify',
  'VM.Allocate',
  'VM.Audit',
  'VM.Backup',
  'VM.Clone',
  'VM.Config.CDROM',
  'VM.Config.CPU',
  'VM.Config.Cloudinit',
  'VM.Config.Disk',
  'VM.Config.HWType',
  'VM.Config.Memory',
  'VM.Config.Network',
  'VM.Config.Options',
  'VM.Console',
  'VM.GuestAgent.Audit',
  'VM.GuestAgent.FileRead',
  'VM.GuestAgent.FileSystemMgmt',
  'VM.GuestAgent.FileWrite',
  'VM.GuestAgent.Unrestricted',
  'VM.Migrate',
  'VM.PowerMgmt',
  'VM.Replicate',
  'VM.Snapshot',
  'VM.Snapshot.Rollback',
] as const;

/** The roles an emulated user or token can have, with their privileges. */
const ROLES = {
  Administrator: [...PVE_ADMIN, ...ADMIN_ONLY].sort(),
  PVEAdmin: [...PVE_ADMIN],
  PVEAuditor: [
    'Datastore.Audit',
    'Mapping.Audit',
    'Pool.Audit',
    'SDN.Audit',
    'Sys.Audit',
    'VM.Audit',
    'VM.GuestAgent.Audit',
  ],
  NoAccess: [],
} as const satisfies Record<string, readonly string[]>;

/** The name of a role. */
export type Role = keyof typeof ROLES;

/** What one caller may do. */
export interface Grant {
  readonly role: Role;
  /** The only guests the caller sees and may touch; undefined for all. */
  readonly vmids?: readonly number[];
  /** Guests that the caller does not see although it sees others. */
  readonly hidden?: readonly number[];
  /** Privileges of the role that the caller lacks, everywhere. */
  readonly without?: readonly string[];
}

/** Whoever sent a request. */
export interface Principal {
  /** `user@realm`. */
  readonly userid: string;
  /** Set for an API token. */
  readonly tokenid?: string;
  readonly grant: Grant;
}

/** The name as it stands in UPIDs and logs: `user@realm` or `user@realm!token`. */
export function nameOf(who: Principal): string {
  return who.tokenid === undefined ? who.userid : `${who.userid}!${who.tokenid}`;
}

/** root@pam with a ticket: the only one who may do everything, which no token can. */
export function isRoot(who: Principal): boolean {
  return who.userid === 'root@pam' && who.tokenid === undefined;
}

/** Whether the caller has a privilege on an object such as `/vms/101`. */
export function can(who: Principal, path: string, privilege: string): boolean {
  const { role, vmids, hidden, without } = who.grant;
  if (without?.includes(privilege)) return false;
  const vmid = /^\/vms\/(\d+)$/.exec(path)?.[1];
  if (vmid !== undefined) {
    if (vmids && !vmids.includes(Number(vmid))) return false;
    if (hidden?.includes(Number(vmid))) return false;
  }
  const held: readonly string[] = ROLES[role];
  return held.includes(privilege);
}

function flags(privileges: readonly string[]): Record<string, number> {
  return Object.fromEntries(privileges.map((name) => [name, 1]));
}

/** The answer of `access/permissions`: privileges by path. */
export function permissionTree(who: Principal): Record<string, Record<string, number>> {
  const held = ROLES[who.grant.role];
  if (held.length === 0) return {};
  const paths = ['/', '/access', '/access/groups', '/nodes', '/pool', '/sdn', '/storage'];
  const guests = who.grant.vmids?.map((id) => `/vms/${String(id)}`) ?? ['/vms'];
  return Object.fromEntries([...paths, ...guests].map((path) => [path, flags(held)]));
}

/** The answer of `access/permissions` for one path: what the caller holds there; empty for nothing. */
export function privilegesOn(who: Principal, path: string): Record<string, number> {
  // Who has single guests has nothing on the folder above them.
  if (path === '/vms' && who.grant.vmids) return {};
  return flags(ROLES[who.grant.role].filter((privilege) => can(who, path, privilege)));
}

/** The `cap` of a ticket: which buttons a web interface may show. */
export function capabilities(who: Principal): Record<string, Record<string, number>> {
  const sections: Record<string, RegExp> = {
    access: /^(User|Group)\.|^Permissions\.Modify$/,
    dc: /^Sys\.(Audit|Modify)$|^SDN\./,
    mapping: /^Mapping\.|^Permissions\.Modify$/,
    nodes: /^Sys\.|^Permissions\.Modify$/,
    sdn: /^SDN\.|^Permissions\.Modify$/,
    storage: /^Datastore\.|^Permissions\.Modify$/,
    vms: /^VM\.|^Permissions\.Modify$/,
  };
  const held: readonly string[] = ROLES[who.grant.role];
  return Object.fromEntries(
    Object.entries(sections).map(([name, shape]) => [name, flags(held.filter((one) => shape.test(one)))]),
  );
}
