import { isText, type Reference } from '../inventory/text';
import type { Env, ProxmoxApi } from '../inventory/types';
import type { Value } from '../inventory/values/value';
import { quote } from './expression';
import { OWNER_VARIABLE } from './owner';
import { type Condition, variableConditions } from './variable-rules';

/** A Terraform variable of a stack. */
export interface Variable {
  name: string;
  type: 'string' | 'bool';
  description: string;
  sensitive: boolean;
  /** null: none; whoever runs terraform has to give it, which the validation then says. */
  default: string | boolean | null;
  /** Whether a missing value is an error. */
  required: boolean;
  /** What a value must be besides. */
  validations: readonly Condition[];
}

/**
 * The variables that a stack uses, by name: one for each vault reference of its env and of the API connection.
 * @param env the env
 * @param api how the API is reached
 * @returns the variables; sensitive where any field that uses one is a secret
 */
export function vaultVariables(env: Env, api: ProxmoxApi): Variable[] {
  const found = new Map<string, { reference: Reference; secret: boolean }>();
  const isExternal = env.guest.type === 'external';
  // What is only for inside of the guest asks for nothing where nobody goes there.
  const used = env.present && env.configure ? env : [env.node, env.guest, env.networks, env.ssh];
  const texts = [...textsOf([used, isExternal ? undefined : api])];
  const conditions = variableConditions(texts);
  for (const text of texts) {
    for (const part of text.parts) {
      if (typeof part === 'string') continue;
      const secret = (found.get(part.variable)?.secret ?? false) || text.secret;
      found.set(part.variable, { reference: part, secret });
    }
  }
  return [...found.values()]
    .map(({ reference, secret }): Variable => {
      const { variable, default: fallback } = reference;
      return {
        name: variable,
        type: 'string',
        description: `{{ ${variable} }} of the inventory.`,
        sensitive: secret,
        default: fallback ?? null,
        required: fallback === undefined,
        validations: conditions.get(variable) ?? [],
      };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * The variables that a stack declares, and no other.
 * @param env the env
 * @param api how the API is reached
 * @returns those of the inventory first
 */
export function stackVariables(env: Env, api: ProxmoxApi): Variable[] {
  const { present, configure, guest, app } = env;
  return [
    ...vaultVariables(env, api),
    ...(present ? [OWNER_VARIABLE] : []),
    ...(guest.type !== 'external' && present ? [ALLOW_IP_CONFLICTS] : []),
    ...(configure && present ? [...SSH_VARIABLES, LOOK_AT_GUEST] : []),
    ...(configure && present && app.type !== 'none' ? [{ ...RELEASE, default: app.pin ?? '' }] : []),
  ];
}

/**
 * The variables that the planner's programs read from terraform's environment, so that a value in a file or among the
 * Terraform variables of a workspace does not reach them.
 * @param api how the API is reached
 * @returns their names
 */
export function environmentVariables(api: ProxmoxApi): ReadonlySet<string> {
  const references = [...textsOf(api)].flatMap(({ parts }) => parts);
  return new Set([
    ...references.flatMap((part) => (typeof part === 'string' ? [] : [part.variable])),
    ...SSH_VARIABLES.map(({ name }) => name),
  ]);
}

/** Overrides the address guards. */
const ALLOW_IP_CONFLICTS: Variable = {
  name: 'allow_ip_conflicts',
  type: 'bool',
  description:
    'Create or change a guest although its address seems to be in use. Overrides the address guards only.',
  sensitive: false,
  default: false,
  required: false,
  validations: [],
};

/** Switches the look at the guest off. */
const LOOK_AT_GUEST: Variable = {
  name: 'look_at_guest',
  type: 'bool',
  description:
    'Look at the guest at plan, by SSH: what deviates there, and where its branch is. false: the plan knows only the inventory.',
  sensitive: false,
  default: true,
  required: false,
  validations: [],
};

/** Which commit is deployed. */
const RELEASE: Variable = {
  name: 'release',
  type: 'string',
  description: "The commit or tag to deploy; empty: the head of the env's branch.",
  sensitive: false,
  default: '',
  required: false,
  validations: [
    {
      condition: '${can(regex("^[A-Za-z0-9][A-Za-z0-9._/+-]{0,199}$", var.release)) || var.release == ""}',
      errorMessage:
        'release is no commit or tag: letters, digits and . _ / + - only, beginning with a letter or digit.',
    },
  ],
};

/** How Terraform logs in to the guest. */
export const SSH_VARIABLES: readonly Variable[] = [
  {
    name: 'ssh_private_key',
    type: 'string',
    description:
      'Private key for the guest (its content). This or ssh_private_key_file is needed, unless the inventory allows the SSH agent (ssh_agent).',
    sensitive: true,
    default: null,
    required: false,
    validations: [
      {
        condition:
          '${var.ssh_private_key == null ? true : can(regex("^\\\\s*-----BEGIN [A-Z0-9 ]+-----[^\\\\x00-\\\\x08\\\\x0b\\\\x0c\\\\x0e-\\\\x1f\\\\x7f]+-----END [A-Z0-9 ]+-----\\\\s*$", var.ssh_private_key))}',
        errorMessage:
          'ssh_private_key is not a private key: give the content of the file, with its lines (or ssh_private_key_file, its path).',
      },
    ],
  },
  {
    name: 'ssh_private_key_file',
    type: 'string',
    description: 'Path of the private key for the guest, absolute or beginning with ~.',
    sensitive: false,
    default: null,
    required: false,
    validations: [
      {
        condition:
          '${var.ssh_private_key_file == null ? true : can(regex("^[^\\\\x00-\\\\x1f\\\\x7f]+$", var.ssh_private_key_file))}',
        errorMessage: 'ssh_private_key_file is not a path: give one line.',
      },
    ],
  },
];

/**
 * The validation of a required variable: Terraform never waits for input, it says what to set.
 * @param name the variable's name
 * @returns condition and message
 */
export function requiredValidation(name: string): { condition: string; errorMessage: string } {
  return {
    condition: `\${var.${name} != null}`,
    errorMessage: `${name} is not set: export TF_VAR_${name}, or set it in a .auto.tfvars file or in the workspace (${quote(
      `{{ ${name} }}`,
    )} in the inventory).`,
  };
}

function* textsOf(value: unknown): Generator<Value> {
  if (Array.isArray(value)) {
    for (const item of value) yield* textsOf(item);
  } else if (typeof value === 'object' && value !== null) {
    if (isText(value)) yield value as Value;
    else for (const item of Object.values(value)) yield* textsOf(item);
  }
}
