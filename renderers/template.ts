import ejs from 'ejs';
import { UserError } from '../inventory/user-error';
import { shellQuote } from './shell';
import { errorLine, syntaxError, syntaxErrorLine } from './template-errors';

/** A template. */
export interface Template {
  text: string;
  /** Where it is, for people. */
  file: string;
  /** Whether it is a team's, out of `templates_dir`. */
  replaced: boolean;
}

/** Finds a template by its name below `templates/`, e.g. `app/service.ejs`. */
export type TemplateSource = (name: string) => Template;

/** A template that is not there or cannot be rendered. */
export class TemplateError extends UserError {
  /**
   * @param message what is wrong, for people
   * @param replaced where it is, if it is a team's
   */
  constructor(
    message: string,
    readonly replaced?: string,
  ) {
    super(message);
  }
}

/**
 * Renders a template into lines.
 * @param source finds the template
 * @param name the template's name
 * @param data what the template may use; `q` quotes a word for the shell
 * @returns the lines, without line ends; one trailing line end is dropped
 * @throws TemplateError that names the file, the line and whose template it is
 */
export function renderLines(source: TemplateSource, name: string, data: Record<string, unknown>): string[] {
  const template = source(name);
  const text = compile(template)({ ...data, q: shellQuote });
  return text.replace(/\n$/, '').split('\n');
}

type Render = (data: Record<string, unknown>) => string;
const compiled = new Map<string, Render>();

/** A template is compiled once, however many envs it is rendered for. */
function compile(template: Template): Render {
  let render = compiled.get(template.file + template.text);
  if (!render) compiled.set(template.file + template.text, (render = compileAnew(template)));
  return render;
}

function compileAnew(template: Template): Render {
  let render: ejs.TemplateFunction;
  try {
    render = ejs.compile(template.text, { escape: String, strict: false });
  } catch (error) {
    throw mistake(template, syntaxErrorLine(template.text), syntaxError(messageOf(error)));
  }
  return (data) => {
    try {
      return render(data);
    } catch (error) {
      const { line, what } = errorLine(messageOf(error));
      throw mistake(template, line, what);
    }
  };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function mistake({ file, replaced }: Template, line: number | undefined, what: string): TemplateError {
  const whose = replaced ? 'your template' : "the tool's own template; please report it";
  return new TemplateError(
    `${file}${line === undefined ? '' : `:${line}`}: ${what} (${whose})`,
    replaced ? file : undefined,
  );
}
