import type { InventoryInput } from '../schema/inventory';
import { type Draft, isProtected, keepsData } from '../draft';
import { literal } from '../text';
import type { Validation } from '../validation';

/** The VMIDs that the inventory gives to guests. */
function ownVmids(input: InventoryInput): Set<number | undefined> {
  return new Set(
    Object.values(input.app_projects).flatMap(({ envs }) => Object.values(envs).map(({ vmid }) => vmid)),
  );
}

/** Options of a guest that only go together, or only under conditions. */
export function checkGuest(draft: Draft, input: InventoryInput, validation: Validation): void {
  const { guest } = draft;
  const type = guest.get('proxmox_guest_type');

  const password = guest.find('lxc_password');
  if (password && !guest.get('allow_password_in_state')) {
    validation.error(
      password.path,
      'would stand in the Terraform state in clear',
      'use ssh_public_keys, or set allow_password_in_state: true beside it',
    );
  }

  const nesting = guest.get('lxc_nesting');
  if (type === 'lxc' && !guest.get('lxc_unprivileged') && nesting && !isRootWithPassword(input)) {
    const path = guest.find('lxc_unprivileged')?.path ?? draft.path;
    validation.error(
      path,
      'makes a privileged container with nesting, which Proxmox lets only root@pam with a password create',
      'set lxc_nesting: false, or use proxmox_user: root@pam with proxmox_password and no token',
    );
  }

  if (type === 'kvm' && !guest.find('kvm_clone_vmid') && !guest.wasRefused('kvm_clone_vmid')) {
    validation.error(
      [...draft.path, 'guest', 'kvm_clone_vmid'],
      'is missing',
      'write the VMID of the template to clone',
    );
  }
  const clone = guest.find('kvm_clone_vmid');
  if (type === 'kvm' && clone && clone.value === draft.scope.find('vmid')?.value) {
    validation.error(clone.path, "is the guest's own VMID", 'write the VMID of the template');
  }
  if (
    type === 'kvm' &&
    clone &&
    ownVmids(input).has(clone.value) &&
    clone.value !== draft.scope.find('vmid')?.value
  ) {
    validation.error(
      clone.path,
      'is the VMID of a guest of this inventory',
      'write the VMID of the template',
    );
  }
  if (type === 'kvm' && guest.get('mount_points').length > 0) {
    const path = guest.find('mount_points')?.path ?? draft.path;
    validation.error(path, 'is for containers only', 'remove it, or grow disk_size');
  }

  const bind = guest.find('mount_points');
  const at = bind?.value.findIndex(({ volume }) => literal(volume)?.startsWith('/')) ?? -1;
  if (type === 'lxc' && bind && at >= 0 && namesOthersThanRoot(input)) {
    validation.error(
      [...bind.path, at, 'volume'],
      'is a folder of the node, which Proxmox lets only root@pam with a password mount',
      'use a volume of a storage, or proxmox_user: root@pam with proxmox_password and no token',
    );
  }

  const protection = isProtected(draft);
  const prevent = guest.find('prevent_destroy');
  if (prevent?.value === true && !protection) {
    validation.error(prevent.path, 'is set without protection', 'set protection: true beside it');
  }
  const state = draft.scope.find('state');
  if (state?.value === 'absent') {
    const held = type !== 'external' && (protection || prevent?.value === true);
    const holdsData = keepsData(draft);
    const lifts = [
      ...(held ? ['guest: {protection: false, prevent_destroy: false}'] : []),
      ...(holdsData ? ['data: disposable'] : []),
    ];
    if (lifts.length > 0) {
      validation.error(
        state.path,
        `would destroy a ${held ? 'protected ' : ''}guest${holdsData ? ' that holds data (data: keep)' : ''}`,
        `first deploy it with ${lifts.join(' and ')}, then set state: absent`,
      );
    }
  }
  checkAdopt(draft, type, validation);
}

function checkAdopt(draft: Draft, type: string, validation: Validation): void {
  for (const { value, path } of draft.guest.levels) {
    if (value.adopt !== undefined && path.length < 5) {
      validation.error(
        [...path, 'adopt'],
        'stands above the env, and would adopt several guests',
        'write it on the env',
      );
    }
  }
  const adopt = draft.scope.find('adopt') ?? draft.guest.find('adopt');
  if (adopt?.value === true && type === 'external') {
    validation.error(adopt.path, 'has no meaning for an external host', 'remove it');
  }
}

/** Whether the inventory says for certain that its credentials are not those of root@pam with a password. */
function namesOthersThanRoot(input: InventoryInput): boolean {
  if (input.proxmox_token_id !== undefined) return true;
  const user = input.proxmox_user === undefined ? undefined : literal(input.proxmox_user);
  return user !== undefined && user !== 'root@pam';
}

/** The one credential that Proxmox lets set features of a privileged container (measured on PVE 9.2). */
function isRootWithPassword(input: InventoryInput): boolean {
  return (
    input.proxmox_user !== undefined &&
    literal(input.proxmox_user) === 'root@pam' &&
    input.proxmox_password !== undefined &&
    input.proxmox_token_id === undefined
  );
}
