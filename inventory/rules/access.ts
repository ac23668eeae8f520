import type { Draft } from '../resolve';
import type { Validation } from '../validation';

/** A new container without any key can be logged in to by nobody, Terraform included. */
export function checkAccess(draft: Draft, validation: Validation): void {
  const { scope, guest } = draft;
  if (guest.get('proxmox_guest_type', 'lxc') === 'external') return;
  if (!scope.get('configure', true) || !guest.get('lxc_start_after_create', true)) return;
  if (scope.get('state', 'present') === 'absent') return;
  const keys = scope.levels.some(
    ({ value }) => (value.ssh_public_keys?.length ?? 0) > 0 || value.ssh_public_key,
  );
  if (keys || scope.wasRefused('ssh_public_keys') || scope.wasRefused('ssh_public_key')) return;
  validation.warn(
    draft.path,
    'has no ssh_public_keys: nobody can log in to the guest, Terraform included',
    'write ssh_public_keys at the top, the project or here',
  );
}
