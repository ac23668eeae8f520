import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import os from 'node:os';
import { UserError } from '../inventory/user-error';
import { BINARY, terraform } from './terraform';

/** What every stack requires. */
const LEAST = [1, 6];

/**
 * Whether terraform is there, and new enough: asked before anything else, while this process reads the inventory.
 * @returns a promise that ends when it is
 * @throws UserError where it is not
 */
export async function checkTerraform(): Promise<void> {
  if (!isOnPath()) throw new UserError(missing());
  const { code, stdout, stderr } = await terraform(os.tmpdir(), ['version', '-json']);
  if (code !== 0) throw new UserError(`${BINARY} version failed: ${stderr.trim() || stdout.trim()}`);
  const { terraform_version: version = '' } = JSON.parse(stdout) as { terraform_version?: string };
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < (LEAST[0] ?? 0) || (major === LEAST[0] && minor < (LEAST[1] ?? 0))) {
    throw new UserError(
      `${BINARY} is ${version}; these stacks need ${LEAST.join('.')} or later. Install a newer one, or name another program: TERRAFORM_BINARY_NAME (tofu, or a path).`,
    );
  }
}

function isOnPath(): boolean {
  const folders = BINARY.includes('/') ? [''] : (process.env['PATH'] ?? '').split(path.delimiter);
  return folders.some((folder) => {
    try {
      accessSync(path.join(folder, BINARY), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function missing(): string {
  return `${BINARY} is not on PATH: install Terraform 1.6 or later, or OpenTofu and set TERRAFORM_BINARY_NAME=tofu.`;
}
