import { isMap, isPair, isScalar, LineCounter, parseDocument, type Pair, type YAMLMap } from 'yaml';
import { UserError } from '../inventory/user-error';

/**
 * Writes `release` of an env into an inventory. Nothing else of the text changes: no comment, no order, no quote.
 * @param text the inventory
 * @param project as written
 * @param env as written
 * @param commit the commit
 * @returns the inventory with it
 * @throws UserError where the env is written in a way that only a person can change
 */
export function writeRelease(text: string, project: string, env: string, commit: string): string {
  const lines = new LineCounter();
  const document = parseDocument(text, { merge: true, lineCounter: lines });
  const map = document.getIn(['app_projects', project, 'envs', env]);
  // Digits alone would be read as a number.
  const value = /^[0-9.eE+_-]+$/.test(commit) ? `'${commit}'` : commit;
  if (!isMap(map) || !map.range || map.items.length === 0) {
    throw new UserError(
      `${project}:${env} is an alias of another part of the inventory: write "release: ${value}" yourself.`,
    );
  }
  const present = find(map, 'release');
  if (present) {
    const range = isScalar(present.value) ? present.value.range : undefined;
    if (!range)
      throw new UserError(
        `release of ${project}:${env} is no plain text: write "release: ${value}" yourself.`,
      );
    return text.slice(0, range[0]) + value + text.slice(range[1]);
  }
  const after = find(map, 'branch') ?? map.items.at(-1);
  const range = isPair(after) ? endOf(after) : undefined;
  // That of a block goes on to what follows it.
  const end = range === undefined ? undefined : text.slice(0, range).trimEnd().length;
  const first = map.items[0];
  const start = isPair(first) && isScalar(first.key) ? first.key.range?.[0] : undefined;
  if (end === undefined || start === undefined) {
    throw new UserError(
      `${project}:${env} is written in a way that this cannot change: write "release: ${value}" yourself.`,
    );
  }
  if (map.flow) return `${text.slice(0, end)}, release: ${value}${text.slice(end)}`;
  const indentation = ' '.repeat(lines.linePos(start).col - 1);
  const newline = text.indexOf('\n', end);
  const line = newline < 0 ? text.length : newline;
  const ending = text[line - 1] === '\r' ? '\r\n' : '\n';
  const head = text.slice(0, line).replace(/\r$/, '');
  return `${head}${ending}${indentation}release: ${value}${newline < 0 ? '' : ending}${text.slice(line + 1)}`;
}

function find(map: YAMLMap, name: string): Pair | undefined {
  return map.items.find(({ key }) => isScalar(key) && key.value === name);
}

/** Where the value of a pair ends; of a block its last line, whatever comment follows. */
function endOf({ value }: Pair): number | undefined {
  const range = (value as { range?: [number, number, number] | null } | null)?.range;
  return range?.[1];
}
