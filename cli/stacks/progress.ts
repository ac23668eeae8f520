import type { Output } from '../output';

/** One stack that is worked on. */
interface Row {
  name: string;
  step: string;
  /** The last that was said of it. */
  word: string;
  since: number;
}

/**
 * What a person sees while stacks are worked on: on a terminal one live line for each, elsewhere plain lines.
 */
export class Progress {
  readonly #rows = new Map<string, Row>();
  readonly #timer: NodeJS.Timeout | undefined;
  #shown = 0;

  /**
   * @param output where to
   * @param prefixed whether plain lines begin with the stack's name
   * @param verbose whether a terminal gets all plain lines as well
   */
  constructor(
    readonly output: Output,
    readonly prefixed: boolean,
    readonly verbose = false,
  ) {
    if (!output.rewrite) return;
    this.#timer = setInterval(() => {
      this.#draw();
    }, 250);
    this.#timer.unref();
  }

  /** A stack does something else now. */
  step(name: string, step: string): void {
    const row = this.#rows.get(name) ?? { name, step, word: '', since: Date.now() };
    this.#rows.set(name, { ...row, step, word: '' });
    this.#draw();
  }

  /** Something was said of a stack. */
  say(name: string, text: string): void {
    const row = this.#rows.get(name);
    if (row) row.word = text;
    if (!this.output.rewrite || this.verbose) this.print(`${this.prefixed ? `${name}  ` : ''}${text}`);
    else this.#draw();
  }

  /** A line that stays. */
  print(text: string): void {
    this.#erase();
    this.output.print(text);
    this.#draw();
  }

  /** A stack is through. */
  end(name: string): void {
    this.#rows.delete(name);
    this.#draw();
  }

  /** Nothing more comes. */
  close(): void {
    clearInterval(this.#timer);
    this.#rows.clear();
    this.#erase();
  }

  #erase(): void {
    if (this.#shown > 0) this.output.rewrite?.(`\u001b[${this.#shown}A\u001b[0J`);
    this.#shown = 0;
  }

  #draw(): void {
    if (!this.output.rewrite) return;
    const lines = frame([...this.#rows.values()], Date.now(), process.stdout.columns || 80);
    this.#erase();
    if (lines.length > 0) this.output.rewrite(`${lines.join('\n')}\n`);
    this.#shown = lines.length;
  }
}

/**
 * The live lines at a moment.
 * @param rows the stacks that are worked on
 * @param now the time, in milliseconds
 * @param columns how wide the terminal is: a longer line would wrap, and could not be written over
 * @returns a line for each
 */
export function frame(rows: readonly Row[], now: number, columns: number): string[] {
  const width = (of: (row: Row) => string): number => Math.max(0, ...rows.map((row) => of(row).length));
  const [name, step] = [width((row) => row.name), width((row) => row.step)];
  return rows.map((row) =>
    `${row.name.padEnd(name)}  ${row.step.padEnd(step)}  ${`${Math.floor((now - row.since) / 1000)} s`.padStart(5)}  ${row.word}`
      .slice(0, columns - 1)
      .trimEnd(),
  );
}
