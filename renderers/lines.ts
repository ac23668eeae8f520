import type { Text } from '../inventory/text';
import { escapeLiteral, template, toTemplate } from './expression';
import { shellQuote } from './shell';
import { renderLines, type TemplateSource } from './template';

/** Stands around the number of an expression while a template is rendered; no text of an inventory holds it. */
const MARK = '\u0001';

/**
 * Renders a template of a guest's file or script for Terraform.
 * @param source finds the template
 * @param name the template's name
 * @param data what the template may use; besides, `q` quotes a literal for the shell and `qt` a text of the inventory
 * @returns the lines; what a variable holds is quoted by Terraform itself, never raw in the shell's text
 * @throws TemplateError that names the template
 */
export function renderGuestLines(
  source: TemplateSource,
  name: string,
  data: Record<string, unknown> = {},
): string[] {
  const expressions: string[] = [];
  const keep = (expression: string): string => `${MARK}${expressions.push(expression) - 1}${MARK}`;
  const qt = (text: Text): string =>
    text.parts
      .map((part) => (typeof part === 'string' ? shellQuote(part) : `'${keep(quoted(part.variable))}'`))
      .join('') || "''";
  return renderLines(source, name, { ...data, qt }).map((line) =>
    escapeLiteral(line).replace(new RegExp(`${MARK}(\\d+)${MARK}`, 'g'), (_match, index: string) =>
      template(expressions[Number(index)] ?? ''),
    ),
  );
}

/** What a variable holds, for between single quotes of a shell (POSIX.1-2024, 2.2.2). */
function quoted(variable: string): string {
  return `replace(var.${variable}, "'", "'\\\\''")`;
}

/** Lines of no template, e.g. a list of packages. */
export function literalLines(lines: readonly string[]): string[] {
  return lines.map(escapeLiteral);
}

/**
 * Texts of the inventory, a line each.
 * @param texts the texts
 * @returns the lines as Terraform reads them
 */
export function textLines(texts: readonly Text[]): string[] {
  return texts.map(toTemplate);
}
