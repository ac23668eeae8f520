import { readFileSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../inventory/user-error';

/** Where things are. */
export interface Settings {
  /** The folder of cdktf.json; every relative path counts from it. */
  root: string;
  /** The inventory file, absolute or relative to the root. */
  inventory: string;
  /** Whether nobody named it, neither cdktf.json nor the environment. */
  unnamed?: boolean;
  /** The folder that the stacks are written to, absolute or relative to the root. */
  output: string;
  /** Ignore top-level keys of the inventory that are not ours. */
  allowOtherKeys: boolean;
}

/**
 * The settings of this run: cdktf.json, overridden by the environment.
 * `APP_INVENTORY` names the inventory (relative to the working directory), `APP_INVENTORY_ALLOW_OTHER_KEYS=1`
 * ignores foreign top-level keys, `CDKTF_OUTDIR` is what the cdktf CLI sets.
 * @param root the folder of cdktf.json
 * @param environment the environment variables
 * @returns the settings
 * @throws UserError where cdktf.json is not JSON, or has another type of value than is meant
 */
export function readSettings(root: string, environment: NodeJS.ProcessEnv = process.env): Settings {
  const config = readConfig(path.join(root, 'cdktf.json'));
  const { APP_INVENTORY: named, APP_INVENTORY_ALLOW_OTHER_KEYS: others, CDKTF_OUTDIR: outdir } = environment;
  return {
    root,
    inventory: named ? path.resolve(named) : (config.context?.inventory ?? 'inventory.yml'),
    unnamed: !named && config.context?.inventory === undefined,
    output: outdir ?? config.output ?? 'cdktf.out',
    allowOtherKeys:
      others === undefined
        ? (config.context?.inventory_allow_other_keys ?? false)
        : /^(1|true|yes)$/i.test(others),
  };
}

/**
 * Where a stack is written to.
 * @param settings where things are
 * @param stack its name
 * @returns the absolute path of its folder
 */
export function stackFolder({ root, output }: Settings, stack: string): string {
  return path.resolve(root, output, 'stacks', stack);
}

/** What is read of cdktf.json, and as which type. */
interface Config {
  output?: string;
  context?: { inventory?: string; inventory_allow_other_keys?: boolean };
}

function readConfig(file: string): Config {
  const config = parse(file);
  const context = config['context'] ?? {};
  const values: [name: string, value: unknown, type: string][] = [
    ['output', config['output'], 'string'],
    ['context', context, 'object'],
    ['context.inventory', (context as Record<string, unknown>)['inventory'], 'string'],
    [
      'context.inventory_allow_other_keys',
      (context as Record<string, unknown>)['inventory_allow_other_keys'],
      'boolean',
    ],
  ];
  const wrong = values.filter(([, value, type]) => value !== undefined && typeof value !== type);
  if (wrong.length > 0) {
    throw new UserError(wrong.map(([name, , type]) => `${file}: ${name} is not ${WORDS[type]}`).join('\n'));
  }
  return config as Config;
}

const WORDS: Record<string, string> = {
  string: 'a text: write it in quotes',
  object: 'an object: write { … }',
  boolean: 'true or false: write it without quotes',
};

function parse(file: string): Record<string, unknown> {
  try {
    const value = JSON.parse(readFileSync(file, 'utf8')) as unknown;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
    throw new UserError(`${file} is no object: write { … }`);
  } catch (error) {
    if (error instanceof SyntaxError) throw new UserError(`${file} is not JSON: ${error.message}`);
    throw error;
  }
}
