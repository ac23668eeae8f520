import { sameEnds } from '../plan/line-diff';

/**
 * The lines that one text has more than another, which it was made of by adding or rewriting one piece.
 * @param before the text
 * @param after what became of it
 * @param around lines of both that are shown with it
 * @returns lines with their sign, after where they stand
 */
export function difference(before: string, after: string, around = 2): string[] {
  const [old, made] = [before.split('\n'), after.split('\n')];
  const [start, end] = sameEnds(old, made);
  const context = (from: number, to: number): string[] =>
    made.slice(Math.max(0, from), to).map((line) => `  ${line}`);
  const tail = made.length - end;
  return [
    ...context(start - around, start),
    ...old.slice(start, old.length - end).map((line) => `- ${line}`),
    ...made.slice(start, tail).map((line) => `+ ${line}`),
    ...context(tail, Math.min(made.length, tail + around)),
  ].map((line) => line.trimEnd());
}
