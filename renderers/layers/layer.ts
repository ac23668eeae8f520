import type { Env } from '../../inventory/types';
import type { Lines } from '../lines';

/** The steps on a guest, in their order. */
export const LAYERS = ['base_os', 'postgresql', 'app', 'release'] as const;
/** One of them. */
export type LayerName = (typeof LAYERS)[number];

/** A file that a layer keeps on the guest. */
export interface GuestFile extends Lines {
  /** Absolute path on the guest. */
  path: string;
  /** Four octal digits. */
  mode: string;
  /** `user:group`. */
  owner: string;
  /** A command that is given a copy of the file and fails if it is wrong, e.g. `visudo -cf`. */
  check?: string;
}

/** A file that holds secrets: its content travels apart from the script, and is never shown. */
export interface SecretFile {
  path: string;
  mode: string;
  owner: string;
  /** Names it in the upload. */
  name: string;
  /** Terraform expression of the content, with its line end. */
  content: string;
  /** What may be seen of it, one line each. */
  shown: string[];
}

/** One convergent step on a guest. */
export interface Layer {
  name: LayerName;
  /** Shell variables of the script, as Terraform expressions. */
  variables?: Readonly<Record<string, string>>;
  /** Lists that the steps read, by name; each is a file in the layer's working folder. */
  settings: Readonly<Record<string, Lines>>;
  /** Script parts before `before` that several layers share. */
  libraries: readonly LibraryName[];
  /** Done before the files are there. */
  before?: Lines;
  files: readonly GuestFile[];
  secrets: readonly SecretFile[];
  /** Secrets that the steps read with `secret NAME`, as Terraform expressions. */
  uploads?: Readonly<Record<string, string>>;
  /** The variables that the secrets hold. */
  secretVariables: readonly string[];
  /** Done after. */
  after?: Lines;
  /** A script of a fresh connection after all. */
  prove?: Lines;
}

/** Parts of scripts that several layers share: templates/layer/<name>.sh.ejs. */
export const LIBRARIES = ['begin', 'apt', 'units', 'timers'] as const;
/** One of them. */
export type LibraryName = (typeof LIBRARIES)[number];

/** The file beside a layer's script that brings its secrets, in the home of the user who connects. */
export function secretsPath(env: Env, layer: LayerName): string {
  return `${uploads(env)}/.pvestack-${layer}.secrets`;
}

/** The script of a layer, beside its secrets. */
export function scriptPath(env: Env, layer: LayerName): string {
  return `${uploads(env)}/.pvestack-${layer}.sh`;
}

/**
 * Where uploads go: only the user who connects may look there. root's home is such a folder and is always there;
 * others get one first.
 */
function uploads(env: Env): string {
  return isRoot(env) ? '.' : './.pvestack';
}

/** Whether the user who connects is root for sure. */
export function isRoot(env: Env): boolean {
  const { parts } = env.ssh.user;
  return parts.length === 1 && parts[0] === 'root';
}
