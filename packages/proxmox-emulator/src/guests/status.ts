import type { Json } from '../endpoint';
import type { Guest } from '../model';

/** A guest's seconds since it was started. */
export function uptime(guest: Guest): number {
  return guest.running ? Math.max(0, Math.floor((Date.now() - guest.startedAt) / 1000)) : 0;
}

/** Tags, lock and template mark, where a guest has them. */
export function optional(guest: Guest): Record<string, Json> {
  const tags = guest.config.get('tags');
  const lock = guest.config.get('lock');
  return {
    ...(tags === undefined ? {} : { tags: String(tags) }),
    ...(lock === undefined ? {} : { lock: String(lock) }),
    ...(Number(guest.config.get('template') ?? 0) === 1 ? { template: 1 } : {}),
  };
}
