// What steers a terminal, and what turns the direction of writing round.
// eslint-disable-next-line no-control-regex
const STEERING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * A text that may be shown: a plan repeats what an API, a guest or a repository said.
 * @param text the text
 * @returns it without what steers a terminal
 */
export function plain(text: string): string {
  return text.replace(STEERING, '');
}
