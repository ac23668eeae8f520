import { digestOf } from '../digest';
import type { Json } from '../endpoint';
import type { Guest } from '../model';
import type { Value } from '../params';

/** The configuration with pending changes in it, as GET shows it. */
export function configView(guest: Guest, current: boolean): Record<string, Json> {
  const view = new Map<string, Value>(guest.config);
  if (!current) {
    guest.pendingDelete.forEach((option) => view.delete(option));
    guest.pending.forEach((value, option) => view.set(option, value));
  }
  return { ...Object.fromEntries(view), digest: digestOf(guest) };
}

/** The configuration option by option, with what waits for the next start. */
export function pendingView(guest: Guest): Json {
  const names = new Set([...guest.config.keys(), ...guest.pending.keys()]);
  const entries = [...names].map((key) => {
    const value = guest.config.get(key);
    const pending = guest.pending.get(key);
    return {
      key,
      ...(value === undefined ? {} : { value }),
      ...(pending === undefined ? {} : { pending }),
      ...(guest.pendingDelete.has(key) ? { delete: 1 } : {}),
    };
  });
  return [...entries, { key: 'digest', value: digestOf(guest) }];
}
