import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const ROOT = path.join(__dirname, '..', '..');

/** The programs of a guest, as they lie in the repository. */
export const KIT_FOLDER = path.join(ROOT, 'kit');

/** The programs that run beside terraform. */
export const PLANNER_FOLDER = path.join(ROOT, 'planner');

/** What a script printed on both its outputs, and how it ended. */
export interface Ran {
  /** Null when a signal ended it. */
  status: number | null;
  stdout: string;
  stderr: string;
}

/**
 * Runs a script of a shell.
 * @param script its text
 * @param options arguments, working directory, environment besides PATH, standard input, and the shell (`/bin/sh`)
 * @returns how it ended
 */
export function sh(
  script: string,
  options: {
    args?: readonly string[];
    cwd?: string;
    env?: NodeJS.ProcessEnv;
    input?: string;
    shell?: readonly string[];
  } = {},
): Ran {
  const [shell = '/bin/sh', ...first] = options.shell ?? [];
  // A word of a command line has 128 KiB at most, which the kit as a whole is longer than.
  const file = new TemporaryFolder('script-');
  try {
    file.write('script', script);
    const { status, stdout, stderr } = spawnSync(
      shell,
      [...first, '-c', '. "$0"', file.at('script'), ...(options.args ?? [])],
      {
        encoding: 'utf8',
        timeout: 20_000,
        input: options.input ?? '',
        env: { PATH: process.env['PATH'] ?? '', ...options.env },
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      },
    );
    return { status, stdout, stderr };
  } finally {
    file.remove();
  }
}

/** A part of the kit, e.g. `lib/files.sh`. */
export function kitPart(name: string): string {
  return readFileSync(path.join(KIT_FOLDER, name), 'utf8');
}

/** A folder for one test. */
export class TemporaryFolder {
  /** Its path, without links. */
  readonly root: string;

  /** @param prefix what its name begins with */
  constructor(prefix = 'pvestack-') {
    this.root = realpathSync(mkdtempSync(path.join(os.tmpdir(), prefix)));
  }

  /** Where something in it is. */
  at(name: string): string {
    return path.join(this.root, name);
  }

  /**
   * Writes a file, and the folders above it.
   * @param name its path in the folder
   * @param text its text
   * @param mode its mode
   * @returns its path
   */
  write(name: string, text: string, mode = 0o644): string {
    const file = this.at(name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, mode);
    return file;
  }

  /**
   * A program that takes the place of another one: for an environment with `env`.
   * @param name its name
   * @param script lines of a shell
   */
  fake(name: string, script: string): void {
    this.write(`bin/${name}`, `#!/bin/sh\n${script}\n`, 0o755);
  }

  /** An environment in which the fakes come first. */
  get env(): NodeJS.ProcessEnv {
    return { PATH: `${this.at('bin')}:${process.env['PATH'] ?? ''}` };
  }

  /** Removes it. */
  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
