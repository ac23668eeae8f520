import { styleText } from 'node:util';

/** How a text looks, in the words of util.styleText. */
export type Style = Parameters<typeof styleText>[0];

/** With what the types of Node.js 20 do not know yet: later ones ask standard output whether it shows colours. */
const styled = styleText as (style: Style, text: string, options: { validateStream: boolean }) => string;

/**
 * A text with colours, whoever reads it: whether there are any is decided by the output.
 * @param style how it looks
 * @param text the text
 * @returns it, in escape sequences
 */
export function paint(style: Style, text: string): string {
  return styled(style, text, { validateStream: false });
}
