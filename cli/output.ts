/** Where a command prints to. */
export interface Output {
  /** Prints a result, one line or more. */
  print(text: string): void;
  /** Prints a doubt or a mistake. */
  warn(text: string): void;
  /** Whether results may have colours. */
  color: boolean;
  /** Writes as it is; only on a terminal, where lines may be written over. */
  rewrite?: (text: string) => void;
}

/** Standard output and standard error; colours on a terminal without NO_COLOR (https://no-color.org). */
export const terminal: Output = {
  print(text) {
    console.log(text);
  },
  warn(text) {
    console.error(text);
  },
  color: process.stdout.isTTY && !process.env['NO_COLOR'],
  ...(process.stdout.isTTY && process.env['TERM'] !== 'dumb' && !process.env['CI']
    ? { rewrite: (text: string) => void process.stdout.write(text) }
    : {}),
};
