import { spawn } from 'node:child_process';

/** How to run a command. */
export interface CommandOptions {
  /** Text for its standard input. */
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** It is killed after this many milliseconds (60,000). */
  readonly timeoutMs?: number;
  /** Kills it. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a command to its end.
 * @returns what it wrote to its standard output
 * @throws Error with the end of what it wrote to its standard error, when it fails
 */
export function runCommand(command: readonly string[], options: CommandOptions = {}): Promise<string> {
  const [file = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      stdio: 'pipe',
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.env === undefined ? {} : { env: options.env }),
      ...(options.signal === undefined ? {} : { signal: options.signal, killSignal: 'SIGKILL' }),
    });
    let out = '';
    let err = '';
    const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 60_000);
    // By the stream's own decoder: a chunk may end within a character.
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err = (err + text).slice(-4000);
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(out);
      else {
        const how = signal === null ? `exit code ${String(code)}` : signal;
        const said = err.trim() === '' ? '' : `: ${err.trim()}`;
        reject(new Error(`command '${command.join(' ').slice(0, 200)}' failed (${how})${said}`));
      }
    });
  });
}
