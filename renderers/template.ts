import ejs from 'ejs';
import { UserError } from '../inventory/user-error';
import { shellQuote } from './shell';

/** Finds a template by its name below `templates/`, e.g. `preflight.sh.ejs`. */
export type TemplateSource = (name: string) => string;

/** A template that cannot be rendered. */
export class TemplateError extends UserError {}

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
    text = compile(source(name), name)({ ...data, q: shellQuote });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new TemplateError(`template ${name} cannot be rendered: ${message}`);
  }
  return text.replace(/\n$/, '').split('\n');
}

const compiled = new Map<string, ejs.TemplateFunction>();

/** A template is compiled once, however many envs it is rendered for. */
function compile(template: string, name: string): ejs.TemplateFunction {
  let render = compiled.get(template);
  if (!render)
    compiled.set(
      template,
      (render = ejs.compile(template, { filename: name, escape: String, strict: false })),
    );
  return render;
}
