/** What was found: `ok`, a `note` that holds nothing up, a `fault` that will. */
export interface Finding {
  level: 'ok' | 'note' | 'fault';
  /** What is, in one line. */
  what: string;
  /** What to do about it. */
  remedy?: string;
}

/** Takes what is found, in its order. */
export class Report {
  /** What was found so far. */
  readonly findings: Finding[] = [];

  /** All is well. */
  ok(what: string): void {
    this.findings.push({ level: 'ok', what: oneLine(what) });
  }

  /** Worth knowing. */
  note(what: string, remedy: string): void {
    this.findings.push({ level: 'note', what: oneLine(what), remedy });
  }

  /** A deploy would fail. */
  fault(what: string, remedy: string): void {
    this.findings.push({ level: 'fault', what: oneLine(what), remedy });
  }

  /** How many there are of a level. */
  count(level: Finding['level']): number {
    return this.findings.filter((finding) => finding.level === level).length;
  }
}

/**
 * A finding for people.
 * @param finding the finding
 * @returns one line
 */
export function inOneLine({ level, what, remedy }: Finding): string {
  return `${level.padEnd(5)}  ${what}${remedy === undefined ? '' : `. ${remedy}`}`;
}

/** Names of guests and messages of the API are strangers' words. */
function oneLine(text: string): string {
  const line = text.replace(/[^\x20-\x7e]+/g, ' ').trim();
  return line.length > 600 ? `${line.slice(0, 600)}...` : line;
}
