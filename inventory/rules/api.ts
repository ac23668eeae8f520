import type { InventoryInput } from '../schema/inventory';
import { display } from '../text';
import type { Validation } from '../validation';

/** Credentials of the Proxmox API that only go together. */
export function checkApi(input: InventoryInput, validation: Validation): void {
  if (
    input.proxmox_token_id !== undefined &&
    input.proxmox_token_secret === undefined &&
    !validation.isRefused(['proxmox_token_secret'])
  ) {
    validation.error(
      ['proxmox_token_id'],
      'stands without proxmox_token_secret',
      'write proxmox_token_secret: "{{ vault_proxmox_token_secret }}", or remove it and export PROXMOX_VE_API_TOKEN',
    );
  }
  if (
    input.proxmox_token_secret !== undefined &&
    input.proxmox_token_id === undefined &&
    !validation.isRefused(['proxmox_token_id'])
  ) {
    validation.error(
      ['proxmox_token_secret'],
      'stands without proxmox_token_id',
      'write proxmox_token_id: user@realm!id',
    );
  }
  if (
    input.proxmox_password !== undefined &&
    input.proxmox_user === undefined &&
    !validation.isRefused(['proxmox_user'])
  ) {
    validation.error(['proxmox_password'], 'stands without proxmox_user', 'write proxmox_user: name@realm');
  }
  if (
    input.proxmox_port !== undefined &&
    input.proxmox_host &&
    /:\d+\/?$/.test(display(input.proxmox_host))
  ) {
    validation.error(['proxmox_port'], 'is said twice: proxmox_host has a port', 'keep one of the two');
  }
}
