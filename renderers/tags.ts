import type { Env } from '../inventory/types';

/**
 * The tag that says at which address a guest is reached; other stacks' guards read it, and looks find the guest by it.
 * @param address the address; a tag has no colons
 * @returns e.g. `ip-10.0.10.101` or `ip-fd00-0-0-10--101`
 */
export function addressTag(address: string): string {
  return `ip-${address.replaceAll(':', '-')}`;
}

/**
 * The tags that say which addresses a guest has, for the guards of other stacks.
 * @param addresses the addresses; at the first one it is reached
 * @returns e.g. `ip-10.0.10.101` and `ip+10.0.20.101`
 */
export function addressTags([first = '', ...more]: readonly string[]): string[] {
  return [addressTag(first), ...more.map(furtherTag)];
}

/**
 * The tags by which any guest says that it has one of these addresses.
 * @param addresses the addresses
 * @returns both forms of each
 */
export function claimTags(addresses: readonly string[]): string[] {
  return addresses.flatMap((address) => [addressTag(address), furtherTag(address)]);
}

function furtherTag(address: string): string {
  return addressTag(address).replace('-', '+');
}

/** Begins the tag that says when a guest was created; see constructs/guards.ts. */
export const CREATED_TAG = 'created-';

/** Begins the tag that says whose a guest is; see constructs/owner.ts. */
export const OWNER_TAG = 'owner-';

/** Begins the tag that pins a guest's host key; see renderers/host-key.ts. */
export const HOST_KEY_TAG = 'hostkey-';

/**
 * The tags of a guest, in the form that Proxmox keeps: lower-case, sorted, each once (Proxmox API, pve-tag-list).
 * @param env the env
 * @param created the expression of the tag that begins with `created-`
 * @param owner the expression of the tag that begins with `owner-`
 * @returns the tags; another form would be a permanent difference in every plan
 */
export function guestTags(env: Env, created: string, owner: string): string[] {
  const own = ['app', env.project, env.env, env.stack, ...addressTags(env.addresses), ...env.guest.tags];
  const sorted = [...new Set([...own.map((tag) => tag.toLowerCase()), CREATED_TAG, OWNER_TAG])].sort();
  return sorted.map((tag) => (tag === CREATED_TAG ? created : tag === OWNER_TAG ? owner : tag));
}
