import type { Rule } from './values/rule';

/** What an editor is told of a text besides its type: JSON Schema, and the words that VS Code's servers show. */
type EditorRule = Record<'pattern' | 'patternErrorMessage', string>;

declare module 'zod' {
  interface GlobalMeta {
    /** What the JSON Schema says besides what zod knows. */
    editor?: Readonly<Record<string, unknown>>;
  }
}

/** A vault reference: what stands in its place later is no matter of an editor's. */
const REFERENCE = '\\{[{%#]';

/** Only a vault reference. */
export const SECRET: EditorRule = {
  pattern: '\\{\\{\\s*vault_',
  patternErrorMessage: 'is a secret: write "{{ vault_… }}", and give it as TF_VAR_vault_…',
};

/** What means true or false. */
export const BOOLEAN = {
  type: ['boolean', 'string'],
  pattern: '^([Yy][Ee][Ss]|[Nn][Oo]|[Oo][Nn]|[Oo][Ff][Ff]|[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$',
  patternErrorMessage: 'is a text, not true or false: write true or false',
};

/**
 * A rule of values for an editor.
 * @param rule the rule
 * @returns its part of the JSON Schema; empty where any text will do
 */
export function editorRule({ must, not = [], what, instead }: Rule): Partial<EditorRule> {
  if (must === undefined) return {};
  const refusals = not.map(({ pattern }) => `(?![\\s\\S]*(?:${pattern}))`).join('');
  return {
    pattern: `${REFERENCE}|^${refusals}(?=${must})`,
    patternErrorMessage: `${what}: write ${instead}`,
  };
}

/**
 * A pattern for an editor.
 * @param pattern what a text must match
 * @param what what is wrong otherwise
 * @param fix what to do
 * @returns its part of the JSON Schema
 */
export function editorPattern(pattern: RegExp, what: string, fix: string): EditorRule {
  return { pattern: pattern.source, patternErrorMessage: `${what}: ${fix}` };
}
