import type { Guard } from '../guards';

/** A file that a layer keeps on the guest. */
export interface GuestFile {
  /** Absolute path on the guest. */
  path: string;
  /** Four octal digits. */
  mode: string;
  /** `user:group`. */
  owner: string;
  /** As Terraform reads them. */
  lines: readonly string[];
  /** A command that is given a copy of the file and fails if it is wrong, e.g. `visudo -cqf`. */
  check?: string;
  /** Of a file that holds secrets: its lines are then only what may be seen of it, and the content travels apart. */
  secret?: {
    /** Names it in the upload. */
    name: string;
    /** Terraform expression of the content, with its line end. */
    content: string;
  };
}

/** One convergent step on a guest. What it does stands in kit/layers/<name>.sh. */
export interface Layer {
  /** e.g. `base_os`. */
  name: string;
  /**
   * Raised where standing guests have to run the layer again although the inventory says nothing new: after a change
   * of its program that mends or adds something on the guest. __tests__/kit/versions.test.ts asks for it. Undefined: 1.
   */
  version?: number;
  /** Shell variables of the script, as Terraform expressions. */
  variables?: Readonly<Record<string, string>>;
  /** Lists that its steps read, by name: NAME.wanted in the layer's working folder; an empty one is not there. */
  lists: Readonly<Record<string, readonly string[]>>;
  files: readonly GuestFile[];
  /** Secrets that the steps read with `secret NAME`, as Terraform expressions. */
  uploads?: Readonly<Record<string, string>>;
  /** The variables that its secrets hold. */
  secretVariables: readonly string[];
  /** What has to hold before it runs. */
  precondition?: Guard;
  /** Whether a fresh connection has to prove, after all, that nobody is locked out. */
  prove?: boolean;
}

/**
 * A file of root's that anybody may read.
 * @param path absolute
 * @param lines its lines
 * @returns the file
 */
export function rootFile(path: string, lines: readonly string[]): GuestFile {
  return { path, mode: '0644', owner: 'root:root', lines };
}
