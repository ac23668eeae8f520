import { randomBytes } from 'node:crypto';

/** What a container template's file name says. */
interface TemplateFacts {
  readonly ostype: string;
  readonly arch: string;
  /** Version of systemd inside; undefined where there is none. */
  readonly systemd?: number;
}

const SYSTEMD: readonly [RegExp, number][] = [
  [/^debian-11/, 247],
  [/^debian-12/, 252],
  [/^debian-13/, 257],
  [/^ubuntu-22/, 249],
  [/^ubuntu-24/, 255],
  [/^ubuntu-2[5-9]/, 257],
];
/** The distributions that a container's `ostype` names. */
export const OS_TYPES = [
  'debian',
  'devuan',
  'ubuntu',
  'centos',
  'fedora',
  'opensuse',
  'archlinux',
  'alpine',
  'gentoo',
  'nixos',
] as const;
const WITHOUT_SYSTEMD = ['alpine', 'devuan', 'gentoo'];

/** Reads distribution and architecture from a template's name, e.g. `debian-12-standard_12.12-1_amd64.tar.zst`. */
export function templateFacts(name: string): TemplateFacts {
  const file = name.slice(name.lastIndexOf('/') + 1);
  const ostype =
    OS_TYPES.find((one) => file.startsWith(one)) ?? (/^(alma|rocky)/.test(file) ? 'centos' : 'unmanaged');
  const arch = /_(amd64|arm64|i386|armhf|riscv64)\./.exec(file)?.[1] ?? 'amd64';
  if (ostype === 'unmanaged' || WITHOUT_SYSTEMD.includes(ostype)) return { ostype, arch };
  return { ostype, arch, systemd: SYSTEMD.find(([shape]) => shape.test(file))?.[1] ?? 252 };
}

/** What a create task logs about the SSH host keys of the new guest. */
export function hostKeyLog(hostname: string): string[] {
  return ['ed25519', 'rsa', 'ecdsa'].flatMap((kind) => [
    `Creating SSH host key 'ssh_host_${kind}_key' - this may take some time ...`,
    `done: SHA256:${randomBytes(32).toString('base64').replace(/=+$/, '')} root@${hostname}`,
  ]);
}
