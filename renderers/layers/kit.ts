import { createHash } from 'node:crypto';
import { template } from '../expression';
import { kit as programs, KIT_FILE } from '../kit';
import type { Layer } from './layer';

let sum: string | undefined;

/**
 * The programs on a guest, which all other layers use: one line, path and sum.
 * @returns the layer; it runs again for a new kit, and no other layer does
 */
export function kit(): Layer {
  sum ??= createHash('sha256').update(programs()).digest('hex');
  return {
    name: 'kit',
    lists: { programs: [`${sum}  ${KIT_FILE}`] },
    files: [],
    secretVariables: [],
    precondition: {
      condition: template(
        `local.layers.kit.lists.programs == ["\${filesha256("\${path.module}/${KIT_FILE}")}  ${KIT_FILE}"]`,
      ),
      errorMessage: `${KIT_FILE} in this folder is not the one that this stack was synthesized with. Synthesize again.`,
    },
  };
}
