import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readInventoryOf } from '../../cli/read-inventory';
import type { Settings } from '../../cli/settings';
import { synthesize } from '../../main';
import { BINARY } from './requirements';

/** What a command printed, and how it ended. */
export interface Outcome {
  /** Null when a signal ended it. */
  code: number | null;
  /** Standard output and standard error, in the order in which they came. */
  output: string;
}

/** Looks into a running command. */
export interface Watch {
  /** Sees the output as it comes. */
  onOutput?: (text: string) => void;
  /** Gets what sends a signal to the command. */
  onStart?: (kill: (signal: NodeJS.Signals) => void) => void;
  /** The command leads a group of its own, and a signal reaches all of it, as Ctrl-C in a terminal does. */
  group?: boolean;
}

/**
 * Runs a command without blocking: the emulator answers in this same process.
 * @param file the program
 * @param args its arguments
 * @param options working directory, environment, and what watches it
 * @returns how it ended
 */
export function runCommand(
  file: string,
  args: readonly string[],
  options: Watch & { cwd: string; env: NodeJS.ProcessEnv },
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: options.group ?? false,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        options.onOutput?.(text);
      });
    }
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code, output });
    });
    options.onStart?.((signal) => {
      const running = child.exitCode === null && child.signalCode === null;
      if (!options.group) child.kill(signal);
      else if (running && child.pid !== undefined) process.kill(-child.pid, signal);
    });
  });
}

/** A folder with an inventory, its stacks and their state, as a user has it. */
export class Workspace {
  /** The folder of cdktf.json. */
  readonly root = mkdtempSync(path.join(os.tmpdir(), 'stacks-'));
  /** Where things are. */
  readonly settings: Settings = {
    root: this.root,
    inventory: 'inventory.yml',
    output: 'cdktf.out',
    allowOtherKeys: false,
  };

  /**
   * @param env environment variables for terraform, besides those of this process
   * @param wrap makes the command line that runs a command elsewhere (in the network of a lab, for example)
   * @param from a folder to start from a copy of
   */
  constructor(
    readonly env: NodeJS.ProcessEnv = {},
    readonly wrap: (command: readonly string[]) => readonly string[] = (command) => command,
    from?: string,
  ) {
    // The providers are links into a mirror: they are copied as links.
    if (from !== undefined) cpSync(from, this.root, { recursive: true, verbatimSymlinks: true });
    writeFileSync(
      path.join(this.root, 'cdktf.json'),
      JSON.stringify({ language: 'typescript', app: 'true' }),
    );
  }

  /**
   * Writes the inventory and synthesizes it.
   * @param inventory YAML
   */
  synth(inventory: string): void {
    writeFileSync(path.join(this.root, 'inventory.yml'), inventory);
    synthesize(this.settings, readInventoryOf(this.settings));
  }

  /** The folder of a stack. */
  folder(stack: string): string {
    return path.join(this.root, 'cdktf.out', 'stacks', stack);
  }

  /** The text of a stack's JSON. */
  json(stack: string): string {
    return readFileSync(path.join(this.folder(stack), 'cdk.tf.json'), 'utf8');
  }

  /** The text of a stack's local state; empty where there is none. */
  state(stack: string): string {
    const file = this.stateFile(stack);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  /** The file of a stack's local state. */
  stateFile(stack: string): string {
    return path.join(this.root, 'state', `${stack}.tfstate`);
  }

  /**
   * Does what docs/operations.md says of a state that was cut off while Terraform wrote it: the one from before the
   * run returns, where there was one. A whole state stays.
   */
  mendState(stack: string): void {
    try {
      JSON.parse(this.state(stack) || '{}');
    } catch {
      const file = this.stateFile(stack);
      rmSync(file);
      if (existsSync(`${file}.backup`)) renameSync(`${file}.backup`, file);
    }
  }

  /**
   * Runs terraform in a stack's folder, after `init` the first time.
   * @param stack the stack
   * @param args its arguments; `-no-color` and `-input=false` are added where they belong
   * @param options as for runCommand; `env` adds to the workspace's, undefined removes
   * @returns how it ended
   */
  async terraform(
    stack: string,
    args: readonly string[],
    options: Watch & { env?: NodeJS.ProcessEnv } = {},
  ): Promise<Outcome> {
    const cwd = this.folder(stack);
    mkdirSync(cwd, { recursive: true });
    const env = {
      ...process.env,
      CHECKPOINT_DISABLE: '1',
      TF_IN_AUTOMATION: '1',
      TF_INPUT: '0',
      ...this.env,
      ...options.env,
    };
    // Terraform writes it at the end of a successful init.
    if (!existsSync(path.join(cwd, '.terraform.lock.hcl'))) {
      const init = await this.#run([BINARY, 'init', '-no-color', '-input=false'], { cwd, env });
      if (init.code !== 0) return init;
    }
    return this.#run([BINARY, args[0] ?? '', '-no-color', ...args.slice(1)], { ...options, cwd, env });
  }

  #run(command: readonly string[], options: Parameters<typeof runCommand>[2]): Promise<Outcome> {
    const [file = '', ...args] = this.wrap(command);
    return runCommand(file, args, options);
  }

  /** Plans; code 0: nothing to do, 2: changes, 1: an error. */
  plan(stack: string, ...args: string[]): Promise<Outcome> {
    return this.terraform(stack, ['plan', '-detailed-exitcode', ...args]);
  }

  /** Applies without asking. */
  apply(stack: string, ...args: string[]): Promise<Outcome> {
    return this.terraform(stack, ['apply', '-auto-approve', ...args]);
  }

  /** Removes the folder. */
  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** One line without the box and the wrapping that terraform draws around a message. */
export function unwrapped(output: string): string {
  return output.replace(/[│╷╵]/g, ' ').replace(/\s+/g, ' ');
}
