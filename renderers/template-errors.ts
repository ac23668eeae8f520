import vm from 'node:vm';
import ejs from 'ejs';

/**
 * What went wrong while a template was rendered: EJS puts file, line and the lines around it before the message.
 * @param message of the error
 * @returns the line, where EJS told it, and the message itself
 */
export function errorLine(message: string): { line?: number; what: string } {
  const [, line, what] = /^[^\n]*:(\d+)\n(?: {4}| >> )\d+\| [\s\S]*?\n\n([\s\S]*)$/.exec(message) ?? [];
  if (line === undefined || what === undefined) return { what: message };
  return { line: Number(line), what };
}

/**
 * The line of a template at which its code cannot be read; EJS does not tell.
 * @param text the template
 * @returns the line, counted from 1; undefined where nobody knows
 */
export function syntaxErrorLine(text: string): number | undefined {
  const unclosed = /<%(?!%)(?:(?!%>)[\s\S])*?(?=<%(?!%)|$(?![\s\S]))/.exec(text);
  if (unclosed) return text.slice(0, unclosed.index).split('\n').length;
  const template = new ejs.Template(text, { compileDebug: true, strict: false });
  try {
    template.compile();
    return undefined;
  } catch {
    return lineOf(template.source, text.split('\n').length);
  }
}

/**
 * What is wrong with a template's code, in the words of a person: of its braces the engine talks as EJS wraps them.
 * @param message of the error
 * @returns one line
 */
export function syntaxError(message: string): string {
  const what = message.replace(/ while compiling ejs(\n[\s\S]*)?$/, '');
  return BRACES[what] ?? what;
}

const BRACES: Readonly<Record<string, string>> = {
  "Unexpected token 'catch'": 'a block is opened by { and never closed',
  'Missing catch or finally after try': 'a } closes no block',
};

/** The template's line at which the code that EJS made of it cannot be read: `__line` says where each piece is from. */
function lineOf(code: string, last: number): number | undefined {
  // Without the block around it, which a brace too many would close.
  const [, wrapped = ''] = code.split('with (locals || {}) {\n', 2);
  const lines = wrapped.slice(0, wrapped.lastIndexOf('  }\n  return __output')).split('\n');
  try {
    new vm.Script(`(function () {${lines.join('\n')}\n})`, { filename: 'template' });
    return undefined;
  } catch (error) {
    // Thrown by another context, so it is no Error of this one.
    const at = /^template:(\d+)/.exec(String((error as { stack?: unknown }).stack));
    if (!at) return undefined;
    const before = lines
      .slice(0, Number(at[1]) - 1)
      .flatMap((piece) => /^ *; __line = (\d+)$/.exec(piece)?.[1] ?? []);
    return Math.min(Number(before.at(-1) ?? 1), last);
  }
}
