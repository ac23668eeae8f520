import { plain as harmless } from '../plain';

/* What a guest says is a stranger's text: nothing in it is to steer a terminal. */

/** Escape sequences as a whole. */
const SEQUENCE =
  // eslint-disable-next-line no-control-regex -- these are what it is about
  /(?:\u001b\[|\u009b)[0-9;:?<=>]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?/g;

/**
 * Text of a guest, for a terminal: lines and tabs stay.
 * @param text what came
 * @returns it without control characters
 */
export function plain(text: string): string {
  return harmless(text.replace(SEQUENCE, ''));
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
