import { Readable } from 'node:stream';
import { eachLine } from '../../cli/guest/lines';

const linesOf = async (...chunks: string[]): Promise<string[]> => {
  const stream = Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
  const lines: string[] = [];
  eachLine(stream, (line) => lines.push(line));
  await new Promise((resolve) => stream.on('end', resolve));
  return lines;
};

test.each<[what: string, chunks: string[], expected: string[]]>([
  ['lines, the last one without an end', ['a\nb', 'c\n\nd'], ['a', 'bc', '', 'd']],
  ['an end in two pieces', ['a\r', '\nb\r\n'], ['a', 'b']],
  ['carriage returns alone, of a progress bar', ['10%\r20', '%\r', 'done\r'], ['10%', '20%', 'done']],
  ['nothing', [], []],
])('what a guest prints, line by line: %s', async (_what, chunks, expected) => {
  expect(await linesOf(...chunks)).toEqual(expected);
});

test('a line without an end is not kept until it comes', async () => {
  const lines = await linesOf(...Array<string>(10).fill('x'.repeat(30_000)));
  expect(lines.join('')).toBe('x'.repeat(300_000));
  expect(Math.max(...lines.map(({ length }) => length))).toBe(65_536);
});
