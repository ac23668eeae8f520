import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { RequiredProvider } from '../constructs/providers';
import { UserError } from '../inventory/user-error';
import type { Output } from './output';
import type { Settings } from './settings';
import { registryHost } from './terraform';

/** Terraform's name of the file that pins providers by the sums of their packages. */
export const LOCK_FILE = '.terraform.lock.hcl';

/** What to do about a lock file that is missing or does not fit. */
const MAKE_IT = 'run "pvestack lock", and commit the file';

/** The lock of one provider. */
interface Entry {
  version: string;
  /** Sums of its packages, e.g. `h1:…` and `zh:…`. */
  sums: readonly string[];
  /** Its block as it stands in the file. */
  block: string;
}

/** A lock file. */
interface ProviderLock {
  /** The comment at its top. */
  head: string;
  /** By address, e.g. `registry.terraform.io/bpg/proxmox`. */
  entries: ReadonlyMap<string, Entry>;
}

/**
 * Reads a lock file as Terraform writes it (Terraform, "Dependency Lock File").
 * @param file its path
 * @returns what it locks; undefined where there is no such file
 * @throws UserError where it is no lock file
 */
export function readLock(file: string): ProviderLock | undefined {
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, 'utf8').replaceAll('\r\n', '\n');
  const entries = new Map<string, Entry>();
  const rest = text.replace(
    /^provider "([^"]+)" \{\n((?:[ \t].*\n|\n)*)\}(?:\n|$)/gm,
    (block, address: string, body: string) => {
      const version = /^\s*version\s*=\s*"([^"]+)"/m.exec(body)?.[1] ?? '';
      const sums = [...body.matchAll(/^\s*"([^"]+)",?$/gm)].map(([, sum = '']) => sum);
      entries.set(address, { version, sums, block: block.trimEnd() });
      return '';
    },
  );
  // A merge that went wrong, for example: Terraform would refuse it in every stack.
  if (!rest.split('\n').every((line) => line.trim() === '' || line.startsWith('#'))) {
    throw new UserError(`${LOCK_FILE} is not what Terraform writes: remove it, then ${MAKE_IT}.`);
  }
  return { head: /^(#.*\n)*/.exec(text)?.[0] ?? '', entries };
}

/**
 * The lock of a project.
 * @param root the folder of cdktf.json
 * @param required what the stacks require
 * @returns the lock; undefined where the project has none
 * @throws UserError where it lacks a provider, or has another version of one. Terraform would go on without a pin: of a
 *   provider that is missing it trusts whatever comes, and the cdktf CLI answers another version with `init -upgrade`
 */
export function projectLock(root: string, required: readonly RequiredProvider[]): ProviderLock | undefined {
  const lock = readLock(path.join(root, LOCK_FILE));
  if (!lock) return undefined;
  const wrong = required.flatMap(({ source, version }) => {
    const entry = lock.entries.get(addressOf(source));
    if (!entry) return [`${LOCK_FILE} lacks ${addressOf(source)} ${version}`];
    if (entry.version !== version)
      return [`${LOCK_FILE} has ${source} ${entry.version}, and the stacks require ${version}`];
    return entry.sums.length > 0 ? [] : [`${LOCK_FILE} has no sums of ${source} ${version}`];
  });
  if (wrong.length > 0) throw new UserError(`${wrong.join('\n')}: ${MAKE_IT}.`);
  return lock;
}

/**
 * Says once, for all stacks, that a project has no lock file.
 * @param settings where things are
 * @param output where to say it
 */
export function sayUnpinned({ root }: Settings, output: Output): void {
  if (existsSync(path.join(root, LOCK_FILE))) return;
  // No warning: the cdktf CLI would print it as an error.
  output.print(`Nothing pins the providers by the sums of their packages: ${MAKE_IT} that it writes.`);
}

/**
 * The lock file of one stack. Terraform removes what a stack does not use, so it gets no more: its init changes nothing.
 * @param lock of the project
 * @param sources the providers of the stack
 * @returns its text
 */
export function stackLock({ head, entries }: ProviderLock, sources: readonly string[]): string {
  const blocks = sources
    .map(addressOf)
    .sort()
    .flatMap((address) => entries.get(address)?.block ?? []);
  return `${[head, ...blocks].join('\n')}\n`.replace(/^\n+/, '').replaceAll('}\nprovider', '}\n\nprovider');
}

function addressOf(source: string): string {
  return `${registryHost()}/${source}`;
}
