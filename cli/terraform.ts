import { spawn } from 'node:child_process';
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
}

/** The program: OpenTofu by TERRAFORM_BINARY_NAME=tofu, as the cdktf CLI takes it. */
const BINARY = process.env['TERRAFORM_BINARY_NAME'] ?? 'terraform';

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
  { onLine, env }: TerraformOptions = {},
): Promise<TerraformRun> {
  return new Promise((resolve, reject) => {
    const child = spawn(BINARY, args, {
      cwd: folder,
      env: { ...process.env, CHECKPOINT_DISABLE: '1', TF_IN_AUTOMATION: '1', TF_INPUT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
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
    child.on('close', (code) => {
      resolve({ ...run, code: code ?? 1 });
    });
  });
}

/** One change of a plan. */
interface Change {
  address: string;
  actions: readonly string[];
}

/** What is read of `terraform show -json`. Source: Terraform, "JSON Output Format", plan representation. */
interface PlanJson {
  resource_changes?: { address: string; mode: string; change: { actions: string[] } }[];
}

/**
 * The changes of a saved plan. Its JSON holds the values of variables, so it stays in memory.
 * @param folder the stack's folder
 * @param file the plan
 * @returns what it would change of managed resources
 * @throws UserError where terraform cannot read the plan
 */
export async function changesOf(folder: string, file: string): Promise<Change[]> {
  const { code, stdout, stderr } = await terraform(folder, ['show', '-json', file]);
  if (code !== 0) throw new UserError(`terraform show failed:\n${stderr.trim()}`);
  const plan = JSON.parse(stdout) as PlanJson;
  return (plan.resource_changes ?? [])
    .filter(({ mode, change }) => mode === 'managed' && !['no-op', 'read'].includes(change.actions.join()))
    .map(({ address, change }) => ({ address, actions: change.actions }));
}

/**
 * Terraform's words for the actions of a change.
 * @param actions e.g. `["delete", "create"]`
 * @returns e.g. `replaced`
 */
export function inWords(actions: readonly string[]): string {
  const words: Record<string, string> = {
    create: 'created',
    update: 'changed',
    delete: 'destroyed',
    'delete,create': 'replaced',
    'create,delete': 'replaced',
  };
  return words[actions.join()] ?? actions.join(' and ');
}
