import { createHash } from 'node:crypto';
import type { Guest } from './model';
import type { Value } from './params';

function lines(options: ReadonlyMap<string, Value>): string {
  return [...options]
    .map(([key, value]) => `${key}: ${String(value)}\n`)
    .sort()
    .join('');
}

/** The digest of a guest's configuration, pending changes included: equal content, equal digest. */
export function digestOf(guest: Guest): string {
  const pending = guest.pending.size + guest.pendingDelete.size === 0 ? '' : '[pve:pending]\n';
  const gone = guest.pendingDelete.size === 0 ? '' : `delete: ${[...guest.pendingDelete].sort().join(',')}\n`;
  return createHash('sha1')
    .update(lines(guest.config) + pending + gone + lines(guest.pending))
    .digest('hex');
}
