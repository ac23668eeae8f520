import { readFileSync } from 'node:fs';
import { parseInventoryText, type Path } from '../../inventory/document';
import type { Env, Inventory } from '../../inventory/types';
import { environmentVariables, stackVariables } from '../../renderers/variables';

/** Where a variable stands in the inventory. */
interface Place {
  /** The key, without the project and the env that it is of: `env_vars.SESSION_SECRET`. */
  key: string;
  line: number;
}

/** A variable of one stack or more. */
export interface Wanted {
  name: string;
  /** The stacks that declare it, in the inventory's order. */
  stacks: string[];
  secret: boolean;
  /** Whether a plan fails without it. */
  required: boolean;
  /** null: none. */
  default: string | boolean | null;
  /** What it is for, where the inventory does not say. */
  description: string;
  /** Where the inventory names it. */
  places: Place[];
  /** `value` of the inventory, `key` to a guest, `switch` of a single run. */
  role: 'value' | 'key' | 'switch';
  /**
   * The category of a workspace's variable: `env` where the planner's programs read it from terraform's environment, as
   * `TF_VAR_<name>`.
   */
  category: 'env' | 'terraform';
  /** Whether this process has it in its environment. */
  set: boolean;
}

/** What Terraform asks for besides the inventory's own: one of the two logs in to the guests. */
const KEYS = ['ssh_private_key', 'ssh_private_key_file'];

/**
 * The variables of stacks, each once.
 * @param inventory the inventory
 * @param envs the stacks
 * @param environment what is set
 * @returns values first, then keys, then switches; each by name
 */
export function wantedVariables(
  { api, file }: Inventory,
  envs: readonly Env[],
  environment: NodeJS.ProcessEnv,
): Wanted[] {
  const found = new Map<string, Wanted>();
  const read = environmentVariables(api);
  const places = placesIn(file);
  for (const env of envs) {
    for (const { name, sensitive, required, default: fallback, description } of stackVariables(env, api)) {
      const isValue = name.startsWith('vault_');
      const role = isValue ? 'value' : KEYS.includes(name) ? 'key' : 'switch';
      const wanted = found.get(name) ?? {
        name,
        stacks: [],
        secret: false,
        required: false,
        default: fallback,
        description,
        places: [],
        role,
        category: read.has(name) ? 'env' : 'terraform',
        set: Boolean(environment[`TF_VAR_${name}`]),
      };
      wanted.stacks.push(env.stack);
      wanted.secret ||= sensitive;
      wanted.required ||= required;
      for (const { path, line } of places.get(name) ?? []) {
        const key = keyOf(path, env);
        if (key === undefined || wanted.places.some((place) => place.line === line && place.key === key))
          continue;
        wanted.places.push({ key, line });
      }
      found.set(name, wanted);
    }
  }
  const order = ['value', 'key', 'switch'];
  return [...found.values()].sort(
    (a, b) => order.indexOf(a.role) - order.indexOf(b.role) || (a.name < b.name ? -1 : 1),
  );
}

/**
 * What nobody has given yet, of what a plan or a deploy needs.
 * @param wanted the variables
 * @param envs the stacks
 * @param given names of what is given besides the environment
 * @returns names; of the two keys that one is needed of, both in one
 */
export function missingOf(
  wanted: readonly Wanted[],
  envs: readonly Env[],
  given: ReadonlySet<string> = new Set(),
): string[] {
  const has = ({ name, set }: Wanted): boolean => set || given.has(name);
  const missing = wanted.filter((variable) => variable.required && !has(variable)).map(({ name }) => name);
  const keys = wanted.filter(({ role }) => role === 'key');
  const needed = envs.some(
    ({ stack, ssh }) => !ssh.agent && keys.some(({ stacks }) => stacks.includes(stack)),
  );
  return needed && !keys.some(has) ? [...missing, KEYS.join(' or ')] : missing;
}

/** Where the references of an inventory stand, by variable. */
function placesIn(file: string): Map<string, { path: Path; line: number }[]> {
  const source = parseInventoryText(readFileSync(file), () => true);
  const places = new Map<string, { path: Path; line: number }[]>();
  const walk = (value: unknown, path: Path): void => {
    if (typeof value === 'string') {
      for (const [, name = ''] of value.matchAll(/\{\{\s*(vault_[A-Za-z0-9_]+)/g)) {
        places.set(name, [...(places.get(name) ?? []), { path, line: source.locate(path).line }]);
      }
    } else if (Array.isArray(value)) value.forEach((item, index) => walk(item, [...path, index]));
    else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) walk(item, [...path, key]);
    }
  };
  walk(source.data, []);
  return places;
}

/** The key that a path leads to, seen from an env; undefined where it is of another one. */
function keyOf(path: Path, { project, env }: Env): string | undefined {
  const names = path.map(String);
  if (names[0] !== 'app_projects') return names.join('.');
  if (names[1] !== project) return undefined;
  if (names[2] !== 'envs') return names.slice(2).join('.');
  return names[3] === env ? names.slice(4).join('.') : undefined;
}
