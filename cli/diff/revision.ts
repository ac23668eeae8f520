import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../../inventory/user-error';

/** What a working tree is compared with. */
export interface Revision {
  commit: string;
  /** For people: what was asked for, and the commit. */
  name: string;
}

/** Names of the branch that changes go to, the remote's first. */
const MAIN = ['origin/HEAD', 'origin/main', 'origin/master', 'main', 'master'];

/** A repository, seen from a folder in it. */
export class Repository {
  /** Its own folder. */
  readonly top: string;
  readonly #folder: string;

  /**
   * @param folder a folder in it
   * @throws UserError where it is in none, or git is not there
   */
  constructor(folder: string) {
    this.#folder = folder;
    const top = this.#ask('rev-parse', '--show-toplevel');
    if (top === undefined) {
      throw new UserError(
        `${folder} is in no git repository, so there is nothing to compare with: git init, and commit.`,
      );
    }
    this.top = top;
  }

  /**
   * What to compare with.
   * @param named a commit, branch or tag; undefined: where the branch of now left the main one
   * @returns the revision
   * @throws UserError where there is none
   */
  base(named: string | undefined): Revision {
    if (named !== undefined) {
      // Whatever begins with a dash would be an option.
      const commit = named.startsWith('-') ? undefined : this.#commit(named);
      if (commit === undefined) {
        throw new UserError(
          `git knows no commit ${named} here. In a shallow clone fetch it first: git fetch origin ${named}.`,
        );
      }
      return { commit, name: nameOf(named, commit) };
    }
    const main = MAIN.find((branch) => this.#commit(branch) !== undefined);
    if (main === undefined) {
      throw new UserError(
        `There is none of ${MAIN.join(', ')} to compare with: name a commit, e.g. pvestack diff HEAD~1.`,
      );
    }
    const commit = this.#ask('merge-base', main, 'HEAD');
    if (commit === undefined) {
      throw new UserError(
        `HEAD and ${main} have no commit in common here. A clone that is too shallow: git fetch --unshallow; or name a commit, e.g. pvestack diff ${main}.`,
      );
    }
    return { commit, name: nameOf(main, commit) };
  }

  /**
   * Writes the files of a revision into a folder: by an index of its own, so that nothing here changes.
   * @param commit whose
   * @param folder where to
   */
  write(commit: string, folder: string): void {
    mkdirSync(folder, { recursive: true });
    const env = { ...process.env, GIT_INDEX_FILE: path.join(folder, '..', 'index') };
    const run = (...args: string[]): void => {
      // Large files stay what is committed of them.
      const config = [
        '-c',
        'filter.lfs.smudge=',
        '-c',
        'filter.lfs.process=',
        '-c',
        'filter.lfs.required=false',
      ];
      execFileSync('git', [...config, ...args], { cwd: this.top, env, stdio: ['ignore', 'ignore', 'pipe'] });
    };
    run('read-tree', commit);
    run('checkout-index', '--all', '--force', `--prefix=${folder}${path.sep}`);
  }

  /**
   * Whether two files differ, by what is committed and what is there.
   * @param commit the older one
   * @param file its path, absolute
   * @returns whether they do
   */
  differs(commit: string, file: string): boolean {
    if (!existsSync(file)) return false;
    return this.#ask('diff', '--quiet', commit, '--', file) === undefined;
  }

  #commit(name: string): string | undefined {
    return this.#ask('rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`);
  }

  /** @returns what git says; undefined where it fails */
  #ask(...args: string[]): string | undefined {
    try {
      const said = execFileSync('git', args, {
        cwd: this.#folder,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      return said.trim();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        throw new UserError('git is not installed here, and what is committed is only known to it.');
      }
      return undefined;
    }
  }
}

const nameOf = (name: string, commit: string): string =>
  commit.startsWith(name) ? commit.slice(0, 7) : `${name} (${commit.slice(0, 7)})`;
