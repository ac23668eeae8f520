import * as formats from '../formats';
import { choice, decimal, flag, indexed, integer, text, type ParamSpecs } from '../params';
import { propFormat, type PropSchema } from '../propstring';
import { GUEST_PATH } from '../guests/schema';

/** The keys of a cloud-init address (`ipconfig0`, …). */
export const IPCONFIG: PropSchema = {
  keys: {
    gw: text({ format: formats.ipv4 }),
    gw6: text({ format: formats.ipv6 }),
    ip: text({ format: formats.ipv4Config }),
    ip6: text({ format: formats.ipv6Config }),
  },
};

/** How many disks a machine can have on each bus. */
const BUSES = { ide: 4, sata: 6, scsi: 31, virtio: 16 } as const;

/** Whether an option is a disk or CD drive of a machine. */
export function isDrive(option: string): boolean {
  return /^(ide|sata|scsi|virtio)\d+$|^(efidisk0|tpmstate0)$/.test(option);
}

const drive = text({ minLength: 1, maxLength: 4096 });
const free = text({ maxLength: 4096 });

/** A text that was percent-encoded once more, as SSH keys have to be. */
const urlencoded = text({
  format: (value) =>
    /^([A-Za-z0-9\-_.~!*'()+]|%[0-9A-Fa-f]{2})*$/.test(value)
      ? undefined
      : `invalid urlencoded string: ${value}\n`,
});

/** The options of a machine's configuration. */
export const OPTIONS: ParamSpecs = {
  acpi: flag(),
  affinity: free,
  agent: free,
  'amd-sev': free,
  arch: choice('x86_64', 'aarch64'),
  args: free,
  audio0: free,
  autostart: flag(),
  balloon: integer(0),
  bios: choice('seabios', 'ovmf'),
  boot: free,
  bootdisk: free,
  cdrom: drive,
  cicustom: free,
  cipassword: text(),
  citype: choice('configdrive2', 'nocloud', 'opennebula'),
  ciupgrade: flag(),
  ciuser: text(),
  cores: integer(1),
  cpu: free,
  cpulimit: decimal(0, 128),
  cpuunits: integer(1, 262_144),
  description: text({ maxLength: 8192 }),
  efidisk0: drive,
  freeze: flag(),
  hookscript: free,
  'hostpci[n]': indexed(16, free),
  hotplug: free,
  hugepages: choice('any', '2', '1024'),
  'ide[n]': indexed(BUSES.ide, drive),
  'ipconfig[n]': indexed(32, text({ format: propFormat(IPCONFIG) })),
  ivshmem: free,
  keephugepages: flag(),
  keyboard: free,
  kvm: flag(),
  localtime: flag(),
  lock: choice(
    'backup',
    'clone',
    'create',
    'migrate',
    'rollback',
    'snapshot',
    'snapshot-delete',
    'suspending',
    'suspended',
  ),
  machine: free,
  memory: text({
    format: (value) => {
      const current = value.replace(/^current=/, '');
      return /^[1-9]\d*$/.test(current)
        ? undefined
        : `format error\nmemory.current: type check ('integer') failed - got '${current}'\n`;
    },
  }),
  migrate_downtime: decimal(0),
  migrate_speed: integer(0),
  name: text({ format: formats.dnsName }),
  nameserver: text({ format: formats.listOf(formats.ip) }),
  'net[n]': indexed(32, free),
  numa: flag(),
  'numa[n]': indexed(8, free),
  onboot: flag(),
  ostype: choice(
    'other',
    'wxp',
    'w2k',
    'w2k3',
    'w2k8',
    'wvista',
    'win7',
    'win8',
    'win10',
    'win11',
    'l24',
    'l26',
    'solaris',
  ),
  'parallel[n]': indexed(3, free),
  protection: flag(),
  reboot: flag(),
  rng0: free,
  'sata[n]': indexed(BUSES.sata, drive),
  'scsi[n]': indexed(BUSES.scsi, drive),
  scsihw: choice('lsi', 'lsi53c810', 'virtio-scsi-pci', 'virtio-scsi-single', 'megasas', 'pvscsi'),
  searchdomain: text(),
  'serial[n]': indexed(4, text({ pattern: /^(\/dev\/.+|socket)$/ })),
  shares: integer(0, 50_000),
  smbios1: free,
  smp: integer(1),
  sockets: integer(1),
  spice_enhancements: free,
  sshkeys: urlencoded,
  startdate: free,
  startup: text({ format: formats.startup }),
  tablet: flag(),
  tags: text({ format: formats.listOf(formats.tag) }),
  tdf: flag(),
  template: flag(),
  tpmstate0: drive,
  'unused[n]': indexed(256, free),
  'usb[n]': indexed(14, free),
  vcpus: integer(1),
  vga: free,
  'virtio[n]': indexed(BUSES.virtio, drive),
  'virtiofs[n]': indexed(10, free),
  vmgenid: free,
  vmstatestorage: text({ format: formats.storageId }),
  watchdog: free,
};

/** Parameters of create besides the options. */
export const CREATE: ParamSpecs = {
  ...OPTIONS,
  ...GUEST_PATH,
  archive: text(),
  bwlimit: integer(0),
  force: flag(),
  'ha-managed': flag(),
  pool: text({ format: formats.poolId }),
  start: flag(),
  storage: text({ format: formats.storageId }),
  unique: flag(),
};

/** Parameters of a configuration change besides the options. */
export const UPDATE: ParamSpecs = {
  ...OPTIONS,
  ...GUEST_PATH,
  delete: text({ format: formats.listOf(formats.configId) }),
  digest: text({ maxLength: 40 }),
  force: flag(),
  revert: text({ format: formats.listOf(formats.configId) }),
  skiplock: flag(),
};

/** Parameters of a configuration change that runs as a task. */
export const UPDATE_ASYNC: ParamSpecs = {
  ...UPDATE,
  background_delay: integer(1, 30),
  'import-working-storage': text(),
};

/** The drives that can be resized, in the order the API names them. */
export const DRIVES: readonly string[] = [
  ...Object.entries(BUSES).flatMap(([bus, count]) =>
    Array.from({ length: count }, (_, n) => `${bus}${String(n)}`),
  ),
  'efidisk0',
];
