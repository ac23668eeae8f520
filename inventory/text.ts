/** A value that a Terraform variable holds: `{{ vault_x }}` or `{{ vault_x | default('y') }}`. */
export interface Reference {
  /** The variable's name, e.g. `vault_x`. */
  variable: string;
  /** What the variable is when nobody sets it; undefined: it must be set. */
  default?: string;
}

/** A text with references in it. One literal part for a plain text. */
export interface Text {
  /** Literal strings and references, in order. */
  parts: readonly (string | Reference)[];
  /** Whether its references are secrets: their variables are then sensitive. */
  secret: boolean;
}

/**
 * Whether something is a text, and not another object.
 * @param value what to look at
 * @returns true for what parseText returns
 */
export function isText(value: unknown): value is Text {
  return typeof value === 'object' && value !== null && 'parts' in value && 'secret' in value;
}

/** Jinja that is not a vault reference. */
export class JinjaError extends Error {
  /**
   * @param what what is wrong
   * @param fix what to write instead
   * @param variable the variable that was probably meant
   */
  constructor(
    readonly what: string,
    readonly fix: string,
    readonly variable?: string,
  ) {
    super(`${what}: ${fix}`);
  }
}

const EXPRESSION = /\{\{(.*?)\}\}/gs;

/**
 * A text with something in the place of each of its references.
 * @param value the text as written
 * @param by what stands there instead
 * @returns the text
 */
export function withoutReferences(value: string, by = ''): string {
  return value.replace(EXPRESSION, () => by);
}

const REFERENCE =
  /^\s*(vault_[A-Za-z0-9_]+)\s*(?:\|\s*default\(\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*\)\s*)?$/s;

/**
 * Whether a text holds Jinja of any kind.
 * @param value the text
 * @returns true when it holds `{{`, `{%` or `{#`
 */
export function hasJinja(value: string): boolean {
  return /\{[{%#]/.test(value);
}

/**
 * Reads a text with vault references.
 * @param value the text as written in the inventory
 * @param secret whether the field holds a secret
 * @returns its parts; adjacent literals are one part, an empty text has none
 * @throws JinjaError for any other Jinja
 */
export function parseText(value: string, secret = false): Text {
  const parts: (string | Reference)[] = [];
  let end = 0;
  for (const match of value.matchAll(EXPRESSION)) {
    pushLiteral(parts, value.slice(end, match.index));
    parts.push(parseReference(match[1] ?? ''));
    end = match.index + match[0].length;
  }
  pushLiteral(parts, value.slice(end));
  return { parts, secret };
}

/**
 * The literal value of a text.
 * @param text the text
 * @returns its value, or undefined where it holds a reference
 */
export function literal(text: Text): string | undefined {
  if (text.parts.some((part) => typeof part !== 'string')) return undefined;
  return text.parts.join('');
}

/**
 * A text for people: references as `${vault_x}`.
 * @param text the text
 * @returns what to print; never a secret's value, which this program does not know
 */
export function display(text: Text): string {
  return text.parts.map((part) => (typeof part === 'string' ? part : `\${${part.variable}}`)).join('');
}

function pushLiteral(parts: (string | Reference)[], value: string): void {
  if (value.includes('{{')) {
    throw new JinjaError('has "{{" without its "}}"', 'write "{{ vault_name }}"');
  }
  if (/\{[%#]/.test(value)) {
    throw new JinjaError(
      'holds a Jinja statement, which nothing evaluates here',
      'write the value itself, or "{{ vault_name }}" and give it as TF_VAR_vault_name',
    );
  }
  if (value !== '') parts.push(value);
}

function parseReference(expression: string): Reference {
  const match = REFERENCE.exec(expression);
  if (!match?.[1]) {
    throw notAReference(expression);
  }
  const fallback = match[2] ?? match[3];
  const variable = match[1];
  return fallback === undefined ? { variable } : { variable, default: fallback.replace(/\\(.)/gs, '$1') };
}

function notAReference(expression: string): JinjaError {
  const word = /^\s*([A-Za-z][\w.-]*)\s*(\||$)/.exec(expression)?.[1];
  const named = /vault_[\w.-]+/.exec(expression)?.[0] ?? word;
  const name =
    named === undefined ? 'vault_name' : `vault_${named.replace(/^vault[\W_]/, '').replace(/\W/g, '_')}`;
  if (word?.startsWith('vault_') && /^\s*[\w.-]+\s*\|\s*default\(\s*[^'"\s]/.test(expression)) {
    const fix = `put quotes around the default: "{{ ${name} | default('value') }}"`;
    return new JinjaError('has a default without quotes, which only Jinja could look up', fix, name);
  }
  if (word !== undefined && !word.startsWith('vault_')) {
    const fix = `write the value itself, or "{{ ${name} }}" and give it as TF_VAR_${name}`;
    return new JinjaError('holds a name that does not begin with vault_', fix, name);
  }
  return new JinjaError(
    'holds Jinja that is not a vault reference',
    `write the value itself, "{{ ${name} }}" or "{{ ${name} | default('value') }}"`,
    name,
  );
}
