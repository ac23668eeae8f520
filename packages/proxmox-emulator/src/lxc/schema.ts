import * as formats from '../formats';
import { GUEST_PATH } from '../guests/schema';
import { choice, decimal, flag, indexed, integer, required, text, type ParamSpecs } from '../params';
import { propFormat, type PropSchema } from '../propstring';
import { parseSize } from '../sizes';
import { netSpec } from './net';
import { OS_TYPES } from './ostemplate';

const size = text({
  format: (value) =>
    parseSize(value) === undefined ? 'value does not look like a valid disk size\n' : undefined,
});

/** The keys of the root file system. */
export const ROOTFS: PropSchema = {
  defaultKey: 'volume',
  keys: {
    volume: required(text()),
    acl: flag(),
    mountoptions: text({ pattern: /^[a-z]+(;[a-z]+)*$/ }),
    quota: flag(),
    replicate: flag(),
    ro: flag(),
    shared: flag(),
    size,
  },
};

/** The keys of a mount point. */
export const MOUNT: PropSchema = {
  defaultKey: 'volume',
  keys: {
    ...ROOTFS.keys,
    backup: flag(),
    keepattrs: flag(),
    mp: required(text({ pattern: /^\/[^\0,]*$/ })),
  },
};

/** The keys of `features`. */
export const FEATURES: PropSchema = {
  keys: {
    force_rw_sys: flag(),
    fuse: flag(),
    keyctl: flag(),
    mknod: flag(),
    mount: text({ pattern: /^[a-zA-Z0-9_; ]+$/ }),
    nesting: flag(),
  },
};

const DEVICE: PropSchema = {
  defaultKey: 'path',
  keys: {
    path: text({ pattern: /^\/dev\// }),
    'deny-write': flag(),
    gid: integer(0),
    mode: text({ pattern: /^0[0-7]{3}$/ }),
    uid: integer(0),
  },
};

/** How many numbered options of each kind a container can have. */
const LIMITS = { net: 32, mp: 256, dev: 256, unused: 256 } as const;

/** The options of a container's configuration. */
export const OPTIONS: ParamSpecs = {
  arch: choice('amd64', 'i386', 'arm64', 'armhf', 'riscv32', 'riscv64'),
  cmode: choice('shell', 'console', 'tty'),
  console: flag(),
  cores: integer(1, 8192),
  cpulimit: decimal(0, 8192),
  cpuunits: integer(0, 500_000),
  debug: flag(),
  description: text({ maxLength: 8192 }),
  'dev[n]': indexed(LIMITS.dev, text({ format: propFormat(DEVICE) })),
  entrypoint: text(),
  env: text(),
  features: text({ format: propFormat(FEATURES) }),
  hookscript: text(),
  hostname: text({ format: formats.dnsName, maxLength: 255 }),
  lock: choice(
    'backup',
    'create',
    'destroyed',
    'disk',
    'fstrim',
    'migrate',
    'mounted',
    'rollback',
    'snapshot',
    'snapshot-delete',
  ),
  memory: integer(16),
  'mp[n]': indexed(LIMITS.mp, text({ format: propFormat(MOUNT) })),
  nameserver: text({ format: formats.listOf(formats.nameserver) }),
  'net[n]': indexed(LIMITS.net, netSpec),
  onboot: flag(),
  ostype: choice(...OS_TYPES, 'unmanaged'),
  protection: flag(),
  rootfs: text({ format: propFormat(ROOTFS) }),
  searchdomain: text({ format: formats.listOf(formats.dnsName) }),
  startup: text({ format: formats.startup }),
  swap: integer(0),
  tags: text({ format: formats.listOf(formats.tag) }),
  template: flag(),
  timezone: text({ pattern: /^[A-Za-z0-9_+\-/]+$/ }),
  tty: integer(0, 6),
  unprivileged: flag(),
  'unused[n]': indexed(LIMITS.unused, text()),
};

/** Parameters of create besides the options. */
export const CREATE: ParamSpecs = {
  ...OPTIONS,
  ...GUEST_PATH,
  bwlimit: decimal(0),
  force: flag(),
  'ha-managed': flag(),
  'ignore-unpack-errors': flag(),
  ostemplate: required(text({ maxLength: 255 })),
  password: text({ minLength: 5 }),
  pool: text({ format: formats.poolId }),
  restore: flag(),
  'ssh-public-keys': text(),
  start: flag(),
  storage: text({ format: formats.storageId, default: 'local' }),
  unique: flag(),
};

/** Parameters of a configuration change besides the options. */
export const UPDATE: ParamSpecs = {
  ...OPTIONS,
  ...GUEST_PATH,
  delete: text({ format: formats.listOf(formats.configId) }),
  digest: text({ maxLength: 64 }),
  revert: text({ format: formats.listOf(formats.configId) }),
};

/** All disks a container can have, in the order the API names them. */
export const DISKS: readonly string[] = [
  'rootfs',
  ...Array.from({ length: LIMITS.mp }, (_, n) => `mp${String(n)}`),
];
