import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pvestack as program } from '../../cli/pvestack';

/** The example inventory. */
export const EXAMPLE = readFileSync(path.join(__dirname, '..', '..', 'examples', 'inventory.yml'), 'utf8');

const home = process.cwd();

/**
 * Makes a folder of a user's own, with a cdktf.json, the example inventory and nothing else, and works in it.
 * @returns its path
 */
export function enterFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'user-'));
  process.chdir(folder);
  const config = { language: 'typescript', app: 'true', context: { inventory: 'inventory.yml' } };
  writeFileSync('cdktf.json', JSON.stringify(config));
  writeFileSync('inventory.yml', EXAMPLE);
  return folder;
}

/**
 * Leaves a folder and removes it.
 * @param folder its path
 */
export function leaveFolder(folder: string): void {
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
}

/**
 * Runs a command in this process, with what it prints in place of a terminal.
 * @param args the command line
 * @param env variables that only this run sees
 * @returns how it ended
 */
export async function pvestack(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number; out: string; err: string }> {
  const cleared = { APP_INVENTORY: undefined, CDKTF_OUTDIR: undefined };
  const replaced = jest.replaceProperty(process, 'env', { ...process.env, ...cleared, ...env });
  let [out, err] = ['', ''];
  try {
    const code = await program(args, {
      print: (text) => (out += `${text}\n`),
      warn: (text) => (err += `${text}\n`),
      color: false,
    });
    return { code, out, err };
  } finally {
    replaced.restore();
  }
}
