import type { Env } from '../inventory/types';
import { toTemplate } from './expression';

/**
 * What Proxmox shows in a guest's notes.
 * @param env the env
 * @returns the inventory's description, or a line that says whose guest it is
 */
export function guestDescription(env: Env): string {
  const { description } = env.guest;
  return description
    ? toTemplate(description)
    : `${env.stack}: managed by Terraform. What is changed by hand is undone by the next deploy.`;
}
