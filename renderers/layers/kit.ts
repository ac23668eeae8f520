import { createHash } from 'node:crypto';
import { template } from '../expression';
import { kit as programs, SUMS } from '../kit';
import type { Layer } from './layer';

let version: string | undefined;

/**
 * The programs on a guest, which all other layers use.
 * @returns the layer; it runs again for a new kit, and no other layer does
 */
export function kit(): Layer {
  // In the JSON a new kit is this one line; the plan shows the sum of each program.
  version ??= createHash('sha256').update(programs()).digest('hex').slice(0, 16);
  return { name: 'kit', version, lists: { programs: template(SUMS) }, files: [], secretVariables: [] };
}
