import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { UserError } from '../inventory/user-error';

/** How a run of terraform ended. */
interface TerraformRun {
  code: number;
  stdout: string;
  stderr: string;
}

/** What else a run of terraform takes. */
interface TerraformOptions {
  /** Sees each line of its output as it comes. */
  onLine?: (line: string) => void;
  /** Variables besides those of this process. */
  env?: NodeJS.ProcessEnv;
  /** Ctrl-C in the terminal does not reach it: whoever runs it passes it on, once. */
  shielded?: boolean;
}

/** Shielded runs that have not ended. */
const running = new Set<ChildProcess>();

/** Tells shielded runs to end what they have begun. */
export function interruptRuns(): void {
  for (const child of running) child.kill('SIGINT');
}

/** The program: OpenTofu by TERRAFORM_BINARY_NAME=tofu, as the cdktf CLI takes it. */
export const BINARY = process.env['TERRAFORM_BINARY_NAME'] ?? 'terraform';

/**
 * The registry that a provider comes from whose source names none.
 * @returns its host
 */
export function registryHost(): string {
  return path.basename(BINARY).startsWith('tofu') ? 'registry.opentofu.org' : 'registry.terraform.io';
}

/**
 * Runs terraform in a stack's folder. It never waits for input.
 * @param folder the stack's folder
 * @param args its arguments
 * @param options what else it takes
 * @returns how it ended
 * @throws UserError where there is no terraform
 */
export function terraform(
  folder: string,
  args: readonly string[],
  { onLine, env, shielded = false }: TerraformOptions = {},
): Promise<TerraformRun> {
  return new Promise((resolve, reject) => {
    const child = spawn(BINARY, args, {
      cwd: folder,
      env: { ...process.env, CHECKPOINT_DISABLE: '1', TF_IN_AUTOMATION: '1', TF_INPUT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: shielded,
    });
    if (shielded) running.add(child);
    const run: TerraformRun = { code: 1, stdout: '', stderr: '' };
    // By the stream's own decoder: a chunk may end within a character.
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (run.stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (run.stderr += chunk));
    if (onLine) {
      createInterface(child.stdout).on('line', onLine);
      createInterface(child.stderr).on('line', onLine);
    }
    child.on('error', () => {
      reject(new UserError(`${BINARY} is not on PATH: install Terraform 1.6 or later.`));
    });
    child.on('close', (code, signal) => {
      running.delete(child);
      if (signal) run.stderr += `\nterraform was ended by ${signal}\n`;
      resolve({ ...run, code: code ?? 1 });
    });
  });
}
