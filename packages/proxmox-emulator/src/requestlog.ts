/** One request as the log remembers it; secrets are masked before it is made. */
interface LogEntry {
  readonly time: string;
  readonly who: string;
  readonly method: string;
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly status: number;
  readonly reason: string;
  readonly ms: number;
  /** Kinds of the faults that hit it. */
  readonly faults: readonly string[];
}

const SECRET = /^(password|cipassword|otp|tfa-challenge|sshkeys|ssh-public-keys)$/;
const LINE_LIMIT = 300;

/** Parameters for the log: no secrets, and no NUL between repeated ones. */
export function loggable(params: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries(
    [...params].map(([name, value]) => [name, SECRET.test(name) ? '***' : value.replaceAll('\0', ',')]),
  );
}

/** Keeps the last requests and writes one line for each. */
export class RequestLog {
  private entries: LogEntry[] = [];

  /**
   * @param write gets each line, undefined to write nothing.
   * @param keep how many requests are remembered.
   */
  constructor(
    private readonly write: ((line: string) => void) | undefined,
    private readonly keep = 2000,
  ) {}

  /** Adds a request. */
  add(entry: LogEntry): void {
    this.entries.push(entry);
    if (this.entries.length > this.keep) this.entries = this.entries.slice(-this.keep);
    if (!this.write) return;
    const params = Object.entries(entry.params)
      .map(([name, value]) => `${name}=${value.replaceAll('\n', '\\n')}`)
      .join(' ');
    const faults = entry.faults.length === 0 ? '' : ` [fault: ${entry.faults.join(', ')}]`;
    const line = `${entry.time} ${entry.who} ${entry.method} ${entry.path} ${params}`.trimEnd();
    const short = line.length > LINE_LIMIT ? `${line.slice(0, LINE_LIMIT)}…` : line;
    this.write(`${short} -> ${String(entry.status)} ${entry.reason} (${String(entry.ms)} ms)${faults}`);
  }

  /** The remembered requests, oldest first. */
  list(): readonly LogEntry[] {
    return this.entries;
  }

  /** Forgets them. */
  clear(): void {
    this.entries = [];
  }
}
