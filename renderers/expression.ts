import type { Text } from '../inventory/text';

/**
 * Escapes a literal for a Terraform template: `${` and `%{` would start an expression.
 * Source: Terraform language, "Strings and Templates", escape sequences.
 * @param value the literal
 * @returns the text that Terraform reads as exactly this literal
 */
export function escapeLiteral(value: string): string {
  // In a replacement text `$$` means `$`; a function's result is taken as it is.
  return value.replaceAll('${', () => '$${').replaceAll('%{', () => '%%{');
}

/**
 * A text of the inventory as a Terraform template.
 * @param text the text
 * @returns literals escaped, references as `${var.vault_x}`
 */
export function toTemplate(text: Text): string {
  return joinParts(text, escapeLiteral);
}

/** Literals by `write`, references as `${var.x}`. */
function joinParts(text: Text, write: (literal: string) => string): string {
  return text.parts
    .map((part, i) => {
      if (typeof part !== 'string') return `\${var.${part.variable}}`;
      if (i === text.parts.length - 1) return write(part);
      // A dollar sign right before `${` would escape it, and the reference would be taken as text.
      const [, before = '', dollars = ''] = /^(.*?)(\$*)$/s.exec(part) ?? [];
      return write(before) + (dollars === '' ? '' : `\${"${dollars}"}`);
    })
    .join('');
}

/**
 * A literal as a quoted string inside a Terraform expression.
 * @param value the literal
 * @returns e.g. `"app-pote-dev"`, with the escapes of HCL
 */
export function quote(value: string): string {
  const escaped = value
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')
    .replaceAll('\r', '\\r');
  return `"${escapeLiteral(escaped)}"`;
}

/**
 * A text of the inventory as a Terraform expression.
 * @param text the text
 * @returns e.g. `var.vault_x`, `"pve"` or `"a-${var.vault_x}"`
 */
export function toExpression(text: Text): string {
  const [only, ...others] = text.parts;
  if (only !== undefined && typeof only !== 'string' && others.length === 0) return `var.${only.variable}`;
  return `"${joinParts(text, (part) => quote(part).slice(1, -1))}"`;
}

/**
 * An expression as the template that a JSON attribute holds.
 * @param expression the expression
 * @returns `${expression}`
 */
export function template(expression: string): string {
  return `\${${expression}}`;
}

/**
 * The variables that texts refer to.
 * @param texts the texts
 * @returns their names, sorted, each once
 */
export function variablesOf(texts: readonly Text[]): string[] {
  const names = texts.flatMap(({ parts }) =>
    parts.flatMap((part) => (typeof part === 'string' ? [] : [part.variable])),
  );
  return [...new Set(names)].sort();
}
