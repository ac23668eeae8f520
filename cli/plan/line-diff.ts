/**
 * The lines in which two texts differ.
 * @param before the old text
 * @param after the new one
 * @returns `- ` and `+ ` lines, in the order of the texts
 */
export function lineDiff(before: string, after: string): string[] {
  const [old, fresh] = [linesOf(before), linesOf(after)];
  const [start, end] = sameEnds(old, fresh);
  return differing(old.slice(start, old.length - end), fresh.slice(start, fresh.length - end));
}

/**
 * How many lines two texts begin with alike, and how many of the rest they end with alike.
 * @param old lines
 * @param fresh other lines
 * @returns both numbers
 */
export function sameEnds(old: readonly string[], fresh: readonly string[]): [start: number, end: number] {
  const most = Math.min(old.length, fresh.length);
  let start = 0;
  while (start < most && old[start] === fresh[start]) start++;
  let end = 0;
  while (end < most - start && old.at(-1 - end) === fresh.at(-1 - end)) end++;
  return [start, end];
}

const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));

/** By the longest common subsequence: what is between the same beginning and the same end is short. */
function differing(old: readonly string[], fresh: readonly string[]): string[] {
  const common = old.map(() => new Array<number>(fresh.length + 1).fill(0));
  common.push(new Array<number>(fresh.length + 1).fill(0));
  const length = (i: number, j: number): number => common[i]?.[j] ?? 0;
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = fresh.length - 1; j >= 0; j--) {
      const row = common[i] ?? [];
      row[j] = old[i] === fresh[j] ? length(i + 1, j + 1) + 1 : Math.max(length(i + 1, j), length(i, j + 1));
    }
  }
  const lines: string[] = [];
  for (let i = 0, j = 0; i < old.length || j < fresh.length;) {
    if (i < old.length && j < fresh.length && old[i] === fresh[j]) {
      i++;
      j++;
    } else if (j >= fresh.length || (i < old.length && length(i + 1, j) >= length(i, j + 1))) {
      lines.push(`- ${old[i++] ?? ''}`);
    } else lines.push(`+ ${fresh[j++] ?? ''}`);
  }
  return lines;
}
