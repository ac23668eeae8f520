import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** The program that the tests drive: OpenTofu by TERRAFORM_BINARY_NAME=tofu. */
export const BINARY = process.env['TERRAFORM_BINARY_NAME'] ?? 'terraform';

/** Something that a machine may lack; the tests that need it are then skipped by name. */
export interface Requirement {
  /** What it is, for the name of a skipped suite. */
  name: string;
  /** Whether it is there. */
  met(): boolean;
}

const REQUIRE_ALL = process.env['REQUIRE_ALL'] === '1';
const known = new Map<string, boolean>();

/**
 * A suite that needs something. Where it is missing the suite is skipped under a name that says what is missing;
 * with REQUIRE_ALL=1 it fails instead.
 * @param needs what it needs
 * @param name the suite
 * @param suite its tests
 */
export function describeWith(needs: readonly Requirement[], name: string, suite: () => void): void {
  const missing = needs.filter((need) => {
    let met = known.get(need.name);
    if (met === undefined) known.set(need.name, (met = need.met()));
    return !met;
  });
  if (missing.length === 0) {
    describe(name, suite);
    return;
  }
  const reason = `${name} (missing: ${missing.map((need) => need.name).join(', ')})`;
  if (REQUIRE_ALL) {
    test(reason, () => {
      throw new Error('REQUIRE_ALL=1: nothing may be skipped');
    });
  } else describe.skip(reason, suite);
}

/** A command on PATH. */
export function command(name: string): Requirement {
  return {
    name,
    met: () =>
      (process.env['PATH'] ?? '').split(path.delimiter).some((folder) => existsSync(path.join(folder, name))),
  };
}

/** A terraform that can install the providers of the stacks: from a mirror, a cache or the registry. */
export const providers: Requirement = {
  name: 'terraform with the providers bpg/proxmox 0.111.1, hashicorp/null 3.2.4 and hashicorp/external 2.3.5',
  met: () => {
    if (!command(BINARY).met()) return false;
    const folder = mkdtempSync(path.join(os.tmpdir(), 'providers-'));
    try {
      const required = {
        proxmox: { source: 'bpg/proxmox', version: '0.111.1' },
        null: { source: 'hashicorp/null', version: '3.2.4' },
        external: { source: 'hashicorp/external', version: '2.3.5' },
      };
      writeFileSync(
        path.join(folder, 'main.tf.json'),
        JSON.stringify({ terraform: { required_providers: required } }),
      );
      execFileSync(BINARY, ['init', '-input=false', '-no-color'], {
        cwd: folder,
        stdio: 'ignore',
        env: { ...process.env, CHECKPOINT_DISABLE: '1' },
        timeout: 120_000,
      });
      return true;
    } catch {
      return false;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
