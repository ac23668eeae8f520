import type { Env } from '../inventory/types';

/**
 * The tag that says which address a guest has; other stacks' guards read it.
 * @param address dotted quad
 * @returns e.g. `ip-10.0.10.101`
 */
export function addressTag(address: string): string {
  return `ip-${address}`;
}

/** Begins the tag that says when a guest was created; see constructs/guards.ts. */
export const CREATED_TAG = 'created-';

/** Begins the tag that says whose a guest is; see constructs/owner.ts. */
export const OWNER_TAG = 'owner-';

/**
 * The tags of a guest, in the form that Proxmox keeps: lower-case, sorted, each once (Proxmox API, pve-tag-list).
 * @param env the env
 * @param created the expression of the tag that begins with `created-`
 * @param owner the expression of the tag that begins with `owner-`
 * @returns the tags; another form would be a permanent difference in every plan
 */
export function guestTags(env: Env, created: string, owner: string): string[] {
  const own = ['app', env.project, env.env, env.stack, addressTag(env.ip.address), ...env.guest.tags];
  const sorted = [...new Set([...own.map((tag) => tag.toLowerCase()), CREATED_TAG, OWNER_TAG])].sort();
  return sorted.map((tag) => (tag === CREATED_TAG ? created : tag === OWNER_TAG ? owner : tag));
}
