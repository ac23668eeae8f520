import { UserError } from './user-error';

/** A place in the inventory file; lines and columns count from 1. */
export interface Position {
  line: number;
  column: number;
}

/** One thing that is wrong (or doubtful) in an inventory, in the words of the person who has to mend it. */
export interface Problem {
  /** `error` refuses the inventory, `warning` is printed and goes on. */
  severity: 'error' | 'warning';
  /** Where it stands. */
  position: Position;
  /** The keys that lead there, e.g. `app_projects.pote.envs.dev.ip`. */
  path: string;
  /** What is wrong, without any value that could be a secret. */
  what: string;
  /** What to do about it. */
  fix: string;
  /** For a duplicate: the other place. */
  other?: Position;
}

/** An inventory that was refused, with everything that is wrong in it. */
export class InventoryError extends UserError {
  /**
   * @param file the inventory as the user named it
   * @param problems all problems, errors and warnings
   */
  constructor(
    readonly file: string,
    readonly problems: readonly Problem[],
  ) {
    super(report(file, problems));
    this.name = 'InventoryError';
  }
}

/**
 * Sorts problems by place, then by text, and drops repeats.
 * @param problems in any order
 * @returns a new, sorted list
 */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  const sorted = [...problems].sort(
    (a, b) =>
      a.position.line - b.position.line ||
      a.position.column - b.position.column ||
      compare(a.path, b.path) ||
      compare(a.what, b.what),
  );
  return sorted.filter((problem, i) => {
    const before = sorted[i - 1];
    return before?.path !== problem.path || before.what !== problem.what;
  });
}

/**
 * One problem as a line: `file:line:column  path  what is wrong  what to do`.
 * @param file the inventory as the user named it
 * @param problem the problem
 * @returns the line, without a line end
 */
export function formatProblem(file: string, problem: Problem): string {
  const at = (position: Position): string => `${file}:${position.line}:${position.column}`;
  const other = problem.other ? ` (the other: ${at(problem.other)})` : '';
  const mark = problem.severity === 'warning' ? 'warning: ' : '';
  const line = `${problem.path || '(top)'}  ${mark}${problem.what}${other}  ${problem.fix}`;
  return `${at(problem.position)}  ${printable(line)}`;
}

/** A key of the file may hold anything: a line stays one line, no terminal obeys it, and nothing in it is invisible. */
function printable(line: string): string {
  return line.replace(
    /[\p{Cc}\p{Cf}\p{Cs}]/gu,
    (char) => `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * The whole report of a refused inventory.
 * @param file the inventory as the user named it
 * @param problems all problems
 * @returns the lines of all problems and a closing count
 */
function report(file: string, problems: readonly Problem[]): string {
  const sorted = sortProblems(problems);
  const errors = sorted.filter(({ severity }) => severity === 'error').length;
  const count = errors === 1 ? '1 error' : `${errors} errors`;
  return [
    ...sorted.map((problem) => formatProblem(file, problem)),
    `${count} in ${file}: nothing was synthesized.`,
  ].join('\n');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
