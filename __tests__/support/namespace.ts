import { execFileSync } from 'node:child_process';
import type { Requirement } from './requirements';

/** A network namespace of one's own: root on Linux with util-linux and iproute2. */
export const namespaces: Requirement = {
  name: 'root with network namespaces',
  met: () => {
    try {
      execFileSync('unshare', ['--net', 'ip', 'link', 'set', 'lo', 'up'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  },
};

/**
 * The arguments of `unshare` that run a script where an address exists that nobody else sees.
 * @param address dotted quad
 * @param script POSIX sh; its processes end with it
 * @returns the arguments
 */
export function inNamespace(address: string, script: string): string[] {
  const setUp = `ip link set lo up && ip address add ${address}/32 dev lo`;
  return ['--net', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-euc', `${setUp}\n${script}`];
}
