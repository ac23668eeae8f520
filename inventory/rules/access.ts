import type { Path } from '../document';
import type { Draft, Level } from '../draft';
import type { InventoryInput } from '../schema/inventory';
import { isWholePublicKey } from '../ssh-key';
import { literal } from '../text';
import type { Value } from '../values/value';
import type { Validation } from '../validation';

/** A new container without any key can be logged in to by nobody, Terraform included. */
export function checkAccess(draft: Draft, validation: Validation): void {
  const { scope, guest } = draft;
  if (guest.get('proxmox_guest_type') === 'external') return;
  if (!scope.get('configure') || !guest.get('lxc_start_after_create')) return;
  if (scope.get('state') === 'absent') return;
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

/** Terraform takes the guest's key for that of a bastion that has none (measured), and would never get through. */
export function checkBastion({ scope }: Draft, validation: Validation): void {
  const hostKey = scope.find('ssh_host_key');
  const bastion = scope.find('ssh_bastion');
  if (!hostKey || !bastion || bastion.value.host_key || validation.isRefused(bastion.path)) return;
  validation.error(
    bastion.path,
    "needs its own host_key beside the guest's ssh_host_key: Terraform checks both or none",
    'write host_key: "ssh-ed25519 AAAA…", as ssh-keyscan shows it for the bastion, or remove ssh_host_key',
  );
}

const ONCE_MORE = 'copy its line once more (ssh-keygen -lf says whether a file holds a whole key)';

/** Keys that were cut off or mistyped: Proxmox and sshd take such a line and never let it in. */
export function checkKeys(input: InventoryInput, validation: Validation): void {
  const check = (key: Value | undefined, path: Path, so: string): void => {
    const line = key && literal(key);
    if (line === undefined || validation.isRefused(path) || isWholePublicKey(line)) return;
    validation.warn(path, `is no whole SSH public key: ${so}`, ONCE_MORE);
  };
  const checkLogins = (level: Level, path: Path): void => {
    const so = 'nobody can log in with it';
    level.ssh_public_keys?.forEach((key, index) => check(key, [...path, 'ssh_public_keys', index], so));
    check(level.ssh_public_key, [...path, 'ssh_public_key'], so);
  };
  checkLogins(input, []);
  for (const [project, level] of Object.entries(input.app_projects)) {
    const path = ['app_projects', project];
    checkLogins(level, path);
    for (const [name, env] of Object.entries(level.envs)) {
      const place = [...path, 'envs', name];
      checkLogins(env, place);
      check(env.ssh_host_key, [...place, 'ssh_host_key'], 'no connection to the guest is trusted');
    }
  }
}
