import { createHash } from 'node:crypto';
import type { Env } from '../../inventory/types';
import { template } from '../expression';
import { kit as programs, KIT_FILE } from '../kit';
import type { Layer } from './layer';

let sum: string | undefined;

/**
 * The programs on a guest, which all other layers use: one line, path and sum.
 * @param env the env, which the guest is to say that it belongs to
 * @returns the layer; it runs again for a new kit, and no other layer does
 */
export function kit({ stack }: Env): Layer {
  sum ??= createHash('sha256').update(programs()).digest('hex');
  return {
    name: 'kit',
    lists: { programs: [`${sum}  ${KIT_FILE}`] },
    // A file of the guest by which it is told from a stranger's at its address. No trigger: with another owner in the
    // state the layer is new as well.
    variables: { whose: `"${stack} \${local.owner}"` },
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
