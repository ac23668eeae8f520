import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { cgroup2 } from './cgroup';
import { debianSources, readMachine } from './machine';

/** Commands that the driver calls, and the Debian packages that hold them. */
const COMMANDS: Readonly<Record<string, string>> = {
  'lxc-start': 'lxc',
  'lxc-usernsexec': 'lxc',
  mmdebstrap: 'mmdebstrap',
  zstd: 'zstd',
  ip: 'iproute2',
  nsenter: 'util-linux',
  unshare: 'util-linux',
  setpriv: 'util-linux',
  flock: 'util-linux',
  'ssh-keygen': 'openssh-client',
};

function onPath(name: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * What this machine lacks for real guests, each with what to do about it.
 * @returns sentences for a person; none when nothing is missing
 */
export function missingForGuests(): string[] {
  if (process.platform !== 'linux') return ['real guests need Linux'];
  const missing: string[] = [];
  if (process.getuid?.() !== 0) missing.push('real guests need root: run it with sudo');
  const packages = Object.entries(COMMANDS).filter(([name]) => !onPath(name));
  if (packages.length > 0) {
    const names = packages.map(([name]) => name).join(', ');
    const install = [...new Set(packages.map(([, name]) => name))].join(' ');
    missing.push(`${names} not found: apt-get install ${install}`);
  }
  if (cgroup2() === undefined) missing.push('cgroup v2 is not mounted: mount -t cgroup2 cgroup2 <folder>');
  if (!existsSync('/usr/share/lxc/config/common.conf'))
    missing.push('/usr/share/lxc/config/common.conf is missing');
  const { aptSources, codename } = readMachine();
  if (debianSources(aptSources, codename, codename).length === 0) {
    missing.push(
      'base images of guests come from the Debian archive of this machine, and /etc/apt names none',
    );
  }
  return missing;
}
