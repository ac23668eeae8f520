import type { Readable } from 'node:stream';

/** Characters of a line: of a longer one the rest is the next. */
const MOST = 64 * 1024;

/**
 * Hands over what comes line by line. A guest may send one without an end, which is not kept until it comes.
 * @param stream what comes
 * @param take gets each line
 */
export function eachLine(stream: Readable, take: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8').on('data', (text: string) => {
    // A carriage return at the end may be half of an end.
    const lines = (rest + text).split(/\r\n|\n|\r(?=[^])/);
    rest = lines.pop() ?? '';
    lines.forEach(take);
    for (; rest.length > MOST; rest = rest.slice(MOST)) take(rest.slice(0, MOST));
  });
  stream.on('end', () => {
    if (rest !== '') take(rest.replace(/\r$/, ''));
  });
}
