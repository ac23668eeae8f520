import type { Draft } from '../draft';
import type { Validation } from '../validation';

/** The keys that every env needs, each with an example. */
export const REQUIRED = {
  name: 'pote-dev',
  vmid: '201',
  ip: '10.0.10.101/24',
  gateway: '10.0.10.1',
  branch: 'dev',
} as const;

/** What every env needs: the seed's keys, of which an external host needs fewer. */
export function checkRequired(draft: Draft, validation: Validation): void {
  const { scope, guest } = draft;
  const external = guest.get('proxmox_guest_type') === 'external';
  const needsBranch = scope.get('app_type') !== 'none';
  for (const key of Object.keys(REQUIRED) as (keyof typeof REQUIRED)[]) {
    if (external && (key === 'vmid' || key === 'gateway')) continue;
    if (isThereOtherwise(key, draft)) continue;
    if (key === 'branch' && !needsBranch) continue;
    if (scope.find(key) === undefined && !scope.wasRefused(key)) {
      validation.error([...draft.path, key], 'is missing', `write it, e.g. ${key}: ${REQUIRED[key]}`);
    }
  }
  const repo = [...draft.projectPath, 'repo'];
  if (needsBranch && scope.find('repo') === undefined && !validation.isRefused(repo)) {
    validation.error(repo, 'is missing', 'write the URL of the git repository, or set app_type: none');
  }
}

/** An address of the other family, whose gateway may announce itself; a gateway on another interface. */
function isThereOtherwise(key: keyof typeof REQUIRED, { scope }: Draft): boolean {
  if (key === 'ip') return scope.find('ip6') !== undefined;
  return (
    key === 'gateway' &&
    ((scope.find('ip') === undefined && scope.find('ip6') !== undefined) ||
      (scope.find('networks')?.value ?? []).some(({ gateway }) => gateway !== undefined))
  );
}
