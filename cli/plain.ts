// What steers a terminal, and what hides or turns what is read.
// eslint-disable-next-line no-control-regex
const STEERING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\p{Cf}\u2028\u2029]/gu;

/**
 * A text that may be shown, of whoever it is: lines and tabs stay.
 * @param text the text
 * @returns it without what steers a terminal
 */
export function plain(text: string): string {
  return text.replace(STEERING, '');
}
