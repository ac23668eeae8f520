import type { Text } from '../inventory/text';

/**
 * Quotes a literal for a POSIX shell.
 * Source: POSIX.1-2024, Shell Command Language, 2.2.2 Single-Quotes.
 * @param value the literal
 * @returns the word, e.g. `'it'\''s'`; bare where nothing needs quotes
 */
export function shellQuote(value: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}

/** A text that a shell script puts together from Terraform's environment variables. */
interface FromEnvironment {
  /** A test that succeeds when every variable without a default is there. */
  given: string;
  /** The right side of an assignment (only there nothing is split). */
  value: string;
}

/**
 * Reads a text from `TF_VAR_…`, where Terraform's caller may have put the variables.
 * @param text the text
 * @returns shell code; the values themselves are never in it
 */
export function fromEnvironment(text: Text): FromEnvironment {
  const tests = new Set<string>();
  const words = text.parts.map((part) => {
    if (typeof part === 'string') return shellQuote(part);
    const name = `TF_VAR_${part.variable}`;
    if (part.default !== undefined) return `\${${name}-${shellQuote(part.default)}}`;
    tests.add(`[ -n "\${${name}:-}" ]`);
    return `"$${name}"`;
  });
  return { given: [...tests].join(' && ') || 'true', value: words.join('') };
}

/**
 * A command with a text on its standard input.
 * Source: POSIX.1-2024, Shell Command Language, 2.7.4 Here-Document.
 * @param command the command
 * @param text whole lines
 * @returns its lines; the delimiter is none of the text's
 */
export function heredoc(command: string, text: string): string {
  const lines = new Set(text.split('\n'));
  let end = 'PVESTACK_END';
  while (lines.has(end)) end += '_';
  return `${command} <<'${end}'\n${text.replace(/\n$/, '')}\n${end}`;
}
