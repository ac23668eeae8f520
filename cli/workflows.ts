import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../inventory/user-error';
import type { Output } from './output';
import { findRoot } from './root';

/** Beside the folder of this file, or of the bundle it is in. */
const OWN = path.join(__dirname, '..', 'ci');

/** Workflows by where the repository lies: the files, by where they belong. */
export const WORKFLOWS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  github: {
    '.github/workflows/review.yml': 'github/review.yml',
    '.github/workflows/deploy.yml': 'github/deploy.yml',
  },
  gitea: {
    '.gitea/workflows/review.yml': 'gitea/review.yml',
    '.gitea/workflows/deploy.yml': 'gitea/deploy.yml',
  },
  gitlab: { '.gitlab-ci.yml': 'gitlab/.gitlab-ci.yml' },
};

/**
 * Writes workflows for pull requests and deploys into the folder of cdktf.json, never over what is there.
 * @param output where it prints to
 * @param kind a key of WORKFLOWS
 * @throws UserError where one of them is there already
 */
export function writeWorkflows(output: Output, kind: string): void {
  const files = Object.entries(WORKFLOWS[kind] ?? {});
  const root = findRoot();
  const there = files.map(([file]) => file).filter((file) => existsSync(path.join(root, file)));
  if (there.length > 0) {
    throw new UserError(
      `${there.join(', ')}: there already, and nothing was written. Move it away, write anew, and compare.`,
    );
  }
  for (const [file, own] of files) {
    const target = path.join(root, file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, readFileSync(path.join(OWN, own), 'utf8'));
    output.print(`new  ${file}`);
  }
  output.print(
    'What each needs of secrets, runners and rights stands at its top; read it before the first run (docs/review.md).',
  );
}
