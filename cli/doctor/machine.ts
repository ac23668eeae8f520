import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Env } from '../../inventory/types';
import { UserError } from '../../inventory/user-error';
import { temporaryFolder } from '../private';
import { LOCK_FILE, projectLock } from '../provider-lock';
import type { Settings } from '../settings';
import { terraform } from '../terraform';
import type { Report } from './finding';

/** Runs a program, at most ten seconds. */
export const execute = promisify(execFile);

/**
 * Looks at this machine: Node.js, terraform, its providers, and the programs of the planner.
 * @param settings where things are
 * @param envs the stacks
 * @param report takes the findings
 */
export async function checkMachine(settings: Settings, envs: readonly Env[], report: Report): Promise<void> {
  const node = process.versions.node;
  if (atLeast(node, '20.12')) report.ok(`Node.js ${node}`);
  else report.fault(`Node.js ${node} is too old`, 'Install 20.12 or later.');
  const configures = envs.some(({ configure, present }) => configure && present);
  await checkProgram(report, 'curl', ['--version'], '7.66', 'The guards ask the API with it.', 'fault');
  if (configures)
    await checkProgram(report, 'ssh', ['-V'], undefined, 'Plans look at guests with it.', 'fault');
  await checkProgram(
    report,
    'ping',
    ['-c', '1', '-W', '1', '127.0.0.1'],
    undefined,
    'Without it nobody asks whether an address answers.',
    'note',
  );
  await checkTerraform(settings, envs, report);
}

async function checkProgram(
  report: Report,
  name: string,
  args: readonly string[],
  version: string | undefined,
  why: string,
  level: 'fault' | 'note',
): Promise<void> {
  try {
    const { stdout } = await execute(name, args, { timeout: 10_000 });
    const found = /(\d+\.\d+(\.\d+)?)/.exec(stdout)?.[1] ?? '';
    if (version !== undefined && !atLeast(found, version))
      report[level](`${name} ${found} is too old`, `Install ${version} or later. ${why}`);
    else report.ok(version === undefined ? `${name} is here` : `${name} ${found}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      report[level](`${name} is not on PATH`, `Install it. ${why}`);
    else report.note(`${name} does not work here`, why);
  }
}

async function checkTerraform(settings: Settings, envs: readonly Env[], report: Report): Promise<void> {
  const folder = temporaryFolder('doctor');
  try {
    const { stdout } = await terraform(folder, ['version', '-json']);
    const version = /"terraform_version": *"([^"]+)"/.exec(stdout)?.[1] ?? '';
    const name = /tofu/.test(process.env['TERRAFORM_BINARY_NAME'] ?? '') ? 'OpenTofu' : 'Terraform';
    const locks = envs.find(({ backend }) => backend.type === 's3' && backend.use_lockfile);
    if (!atLeast(version, '1.6')) report.fault(`${name} ${version} is too old`, 'Install 1.6 or later.');
    else if (locks && !atLeast(version, '1.10'))
      report.fault(
        `${locks.stack}: ${name} ${version} knows no lock by an object`,
        'Install 1.10 or later, or write use_lockfile: false in backend.',
      );
    else report.ok(`${name} ${version}`);
    await checkProviders(folder, settings, report);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    report.fault('there is no terraform on PATH', 'Install Terraform 1.6 or later.');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function checkProviders(folder: string, { root }: Settings, report: Report): Promise<void> {
  // Loaded here: `pvestack --help` needs no CDKTF.
  const { requiredProviders } = await import('../../constructs/providers');
  const required = requiredProviders();
  try {
    if (projectLock(root, required)) report.ok(`${LOCK_FILE} pins the providers`);
    else
      report.note(
        'nothing pins the providers by the sums of their packages',
        'Run pvestack lock, and commit the file.',
      );
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    report.fault(error.message.replace(/[:.][^:.]*\.$/, ''), 'Run pvestack lock, and commit the file.');
    return;
  }
  const lock = path.join(root, LOCK_FILE);
  if (existsSync(lock)) copyFileSync(lock, path.join(folder, LOCK_FILE));
  const entries = required.map((provider) => [provider.source.replace('/', '-'), provider]);
  writeFileSync(
    path.join(folder, 'providers.tf.json'),
    JSON.stringify({ terraform: { required_providers: Object.fromEntries(entries) as object } }),
  );
  const { code, stderr } = await terraform(folder, ['init', '-backend=false', '-no-color']);
  const what = required.map(({ source, version }) => `${source} ${version}`).join(', ');
  if (code === 0) report.ok(`the providers are to be had: ${what}`);
  else {
    const said = stderr.replace(/[│╷╵]/g, ' ').replace(/\s+/g, ' ').trim().slice(0, 300);
    report.fault(
      `the providers cannot be installed: ${said}`,
      'Without a way to the registry: a mirror (provider_installation in the CLI configuration), or TF_PLUGIN_CACHE_DIR.',
    );
  }
}

/**
 * Compares versions by their numbers.
 * @param version e.g. `1.11.4`
 * @param least e.g. `1.6`
 * @returns whether it is not older
 */
export function atLeast(version: string, least: string): boolean {
  const numbers = (text: string): number[] => text.split(/[.-]/).map(Number);
  const [have, want] = [numbers(version), numbers(least)];
  for (const [i, number] of want.entries()) {
    const own = have[i] ?? 0;
    if (own !== number) return own > number;
  }
  return true;
}
