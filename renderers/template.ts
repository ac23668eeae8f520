import ejs from 'ejs';
import { shellQuote } from './shell';

/** Finds a template by its name below `templates/`, e.g. `preflight.sh.ejs`. */
export type TemplateSource = (name: string) => string;

/** A template that cannot be rendered. */
export class TemplateError extends Error {}

/**
 * Renders a template into lines.
 * @param source finds the template
 * @param name the template's name
 * @param data what the template may use; `q` quotes a word for the shell
 * @returns the lines, without line ends; one trailing line end is dropped
 * @throws TemplateError that names the template and its line
 */
export function renderLines(source: TemplateSource, name: string, data: Record<string, unknown>): string[] {
  let text: string;
  try {
    text = ejs.render(
      source(name),
      { ...data, q: shellQuote },
      { filename: name, escape: String, strict: false },
    );
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new TemplateError(`template ${name} cannot be rendered: ${message}`);
  }
  return text.replace(/\n$/, '').split('\n');
}
