import { renderGuestLines } from '../lines';
import type { TemplateSource } from '../template';
import { type Layer, LIBRARIES } from './layer';

/**
 * The parts of scripts that several layers share.
 * @param layers the layers
 * @param source finds templates
 * @returns locals `layer_<name>`: arrays of lines
 */
export function libraryLocals(layers: readonly Layer[], source: TemplateSource): Record<string, string[]> {
  const used = LIBRARIES.filter((library) => layers.some(({ libraries }) => libraries.includes(library)));
  return Object.fromEntries(
    used.map((library) => [`layer_${library}`, renderGuestLines(source, `layer/${library}.sh.ejs`).lines]),
  );
}
