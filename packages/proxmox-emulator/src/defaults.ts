import type { ApiToken, UserAccount } from './auth';
import type { Storage, Volume } from './model';

/** The node of an emulated cluster when none is named. */
export const DEFAULT_NODE = 'pve';

/** Password of root@pam: obviously fake, for the emulator only. */
export const DEFAULT_PASSWORD = 'emulated-password';

/** The API token of root@pam, as clients send it: obviously fake, for the emulator only. */
export const DEFAULT_TOKEN = 'root@pam!emulator=00000000-0000-0000-0000-000000000000';

/** root@pam, who logs in with {@link DEFAULT_PASSWORD}. */
export const DEFAULT_USERS: readonly UserAccount[] = [
  { userid: 'root@pam', password: DEFAULT_PASSWORD, grant: { role: 'Administrator' } },
];

/** One token with all privileges: {@link DEFAULT_TOKEN}. */
export const DEFAULT_TOKENS: readonly ApiToken[] = [
  {
    id: DEFAULT_TOKEN.slice(0, DEFAULT_TOKEN.indexOf('=')),
    secret: DEFAULT_TOKEN.slice(DEFAULT_TOKEN.indexOf('=') + 1),
    grant: { role: 'Administrator' },
  },
];

const TEMPLATES = [
  'debian-12-standard_12.12-1_amd64.tar.zst',
  'debian-13-standard_13.1-2_amd64.tar.zst',
  'ubuntu-24.04-standard_24.04-2_amd64.tar.zst',
  'alpine-3.22-default_20250617_amd64.tar.xz',
];

/** The container templates on a storage. */
export function templates(storage: string): Volume[] {
  return TEMPLATES.map((name) => ({
    volid: `${storage}:vztmpl/${name}`,
    content: 'vztmpl',
    format: name.endsWith('.zst') ? 'tzst' : 'txz',
    size: 71_576_979,
    ctime: 1_750_000_000,
  }));
}

/** `local` with templates, ISO images and snippets, and `local-lvm` for disks; both can hold containers. */
export function defaultStorages(): Storage[] {
  const iso: Volume = {
    volid: 'local:iso/debian-13.1.0-amd64-netinst.iso',
    content: 'iso',
    format: 'iso',
    size: 824_180_736,
    ctime: 1_750_000_000,
  };
  return [
    {
      storage: 'local',
      type: 'dir',
      path: '/var/lib/vz',
      content: ['backup', 'images', 'import', 'iso', 'rootdir', 'snippets', 'vztmpl'],
      shared: false,
      total: 270_553_174_016,
      used: 19_752_148_992,
      volumes: [...templates('local'), iso],
    },
    {
      storage: 'local-lvm',
      type: 'lvmthin',
      content: ['images', 'rootdir'],
      shared: false,
      total: 500_000_000_000,
      used: 20_000_000_000,
      volumes: [],
    },
  ];
}
