import type { Call } from '../endpoint';
import type { Guest } from '../model';
import { parseSize } from '../sizes';

/** The size in bytes that a request asks for: as it stands, or with a `+` beyond the current one. */
export function askedSize(call: Call, current: number): number {
  const asked = call.need('size');
  const plus = asked.startsWith('+');
  return (parseSize(plus ? asked.slice(1) : asked) ?? 0) + (plus ? current : 0);
}

/** Keeps a volume that a guest uses no more as its first free `unusedN`. */
export function keepUnused({ config }: Guest, volid: string): void {
  let number = 0;
  while (config.has(`unused${String(number)}`)) number += 1;
  config.set(`unused${String(number)}`, volid);
}
