/* What a guest says is a stranger's text: nothing in it is to steer a terminal. */

/** Escape sequences as a whole, then every other control character, with those that hide or turn what is read. */
const CONTROL =
  // eslint-disable-next-line no-control-regex -- these are what it is about
  /(?:\u001b\[|\u009b)[0-9;:?<=>]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\p{Cf}\u2028\u2029]/gu;

/**
 * Text of a guest, for a terminal: lines and tabs stay.
 * @param text what came
 * @returns it without control characters
 */
export function plain(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(CONTROL, '');
}

/**
 * Text of a guest as one short line.
 * @param text what came
 * @param most characters of it
 * @returns the line, with an ellipsis where it was cut
 */
export function plainLine(text: string, most = 200): string {
  const line = plain(text).replace(/\s+/g, ' ').trim();
  const letters = [...line];
  return letters.length > most ? `${letters.slice(0, most - 1).join('')}…` : line;
}
