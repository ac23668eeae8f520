import type { Env, ProxmoxApi } from '../inventory/types';
import { literal, type Text } from '../inventory/text';
import { endpoint } from './endpoint';
import { escapeLiteral, quote, template } from './expression';
import type { Guard } from './guards';
import { planCredentials, PREFLIGHT } from './preflight';
import { fromEnvironment } from './shell';
import { OWNER_TAG } from './tags';
import type { Variable } from './variables';

/** The owner id of a stack, known at plan: what its state keeps. */
export const OWNER = 'local.owner';

/** Who plans, for the history of releases on the guest: as the environment says, the actor of a pipeline, or this user. */
const PLANNER = `printf %s "$\${PVESTACK_BY:-$\${GITHUB_ACTOR:-$\${GITLAB_USER_LOGIN:-$(id -un)@$(uname -n)}}}" | LC_ALL=C tr -cd 'A-Za-z0-9.@_+-' | cut -c 1-64`;

/** A new id, twelve random digits. Terraform's own uuid() is not known at plan, and the guards ask at plan. */
export const NEW_OWNER: readonly string[] = [
  '/bin/sh',
  '-c',
  `printf '{"id":"${OWNER_TAG}%s","by":"%s"}' "$(od -An -N6 -tx1 /dev/urandom | tr -d ' \\n')" "$(${PLANNER})"`,
];

/** Takes a guest of this stack up again whose state was lost. */
export const OWNER_VARIABLE: Variable = {
  name: 'owner',
  type: 'string',
  description:
    "The owner's tag of this stack's guest, for the deploy after its state was lost: owner- and twelve digits. Later runs do without.",
  sensitive: false,
  default: '',
  required: false,
  validations: [
    {
      condition: template(`can(regex("^(${OWNER_TAG}[0-9a-f]{12})?$", var.owner))`),
      errorMessage: `owner is no owner's tag: ${OWNER_TAG} and twelve digits of 0-9 and a-f, as Proxmox shows it on the guest.`,
    },
  ],
};

/** What a new state takes as its owner id. */
export const OWNER_INPUT = template('var.owner != "" ? var.owner : data.external.owner.result.id');

/**
 * That TF_VAR_owner means what it says.
 * @param env the env
 * @returns a postcondition of what keeps the id
 */
export function ownerGuard({ stack }: Env): Guard {
  return {
    condition: template('var.owner == "" || self.input == var.owner'),
    errorMessage:
      `The state of ${stack} has the owner \${self.input} already; TF_VAR_owner is for a state that was lost. ` +
      'Nothing was touched. Unset it. To take over a guest of somebody else, see adopt: true.',
  };
}

/**
 * Whether a guest is this stack's: its name alone could be that of a stack in another inventory.
 * @param env the env
 * @param tags expression of the guest's tags
 * @returns an expression
 */
export function isOurs({ stack }: Env, tags: string): string {
  return `contains(${tags}, ${quote(stack)}) && contains(${tags}, ${OWNER})`;
}

/** Whose the guests are that stand in the way, by their tags. */
const THEIR_OWNERS =
  'distinct([for t in flatten(local.namesakes[*].tags) : t if startswith(t, "' + OWNER_TAG + '")])';

/**
 * Local values of the guards: the owner, and who has this stack's name without being its guest.
 * @param env the env
 * @returns the locals
 */
export function ownerLocals({ stack }: Env): Record<string, string> {
  return {
    namesakes: template(`[for g in local.foreign : g if contains(g.tags, ${quote(stack)})]`),
    other_owners: template(`join(" ", ${THEIR_OWNERS})`),
  };
}

/**
 * That the VMID is not held by a guest of a stack with this name and another owner.
 * @param env the env
 * @param who expression of the guest, for people
 * @returns a precondition of the guest
 */
export function namesakeGuard({ stack, vmid }: Env, who: string): Guard {
  return {
    condition: template('length(local.namesakes) == 0'),
    errorMessage:
      `VMID ${vmid} belongs to ${who}: a stack that is called ${stack}, too, made it. ` +
      `\${local.other_owners == "" ? "It has no owner's tag" : "Its owner is \${local.other_owners}"}, this stack's is \${${OWNER}}. Nothing was touched. ` +
      'If it belongs to another inventory: choose another vmid here, or another name of the project or env. ' +
      `If it is this stack's and the state was lost, take it up again by one deploy with ` +
      `\${local.other_owners == "" ? "the tag \${${OWNER}} given to it in Proxmox and TF_VAR_owner=\${${OWNER}}" : "TF_VAR_owner=\${local.other_owners}"}.`,
  };
}

/**
 * That what was made is this stack's: the provider takes a guest that came first for its own, without a word.
 * @param env the env
 * @param tags expression of the guest's tags as the provider has read them
 * @param addresses what Terraform is to forget
 * @returns a postcondition of a resource after the guest, so that nothing taints the guest
 */
export function madeGuard({ stack, vmid }: Env, tags: string, addresses: readonly string[]): Guard {
  return {
    condition: template(isOurs({ stack } as Env, tags)),
    errorMessage:
      `Somebody else made guest ${vmid} in the same moment: its tags are \${join(" ", ${tags})}, and not those of ${stack} (\${${OWNER}}). ` +
      'The provider takes such a guest for the one that it made, and starts it if it is stopped; nothing else of it was touched, and nothing will be. ' +
      `Let Terraform forget it: terraform state rm ${addresses.join(' ')}. Then choose another vmid in the inventory, and deploy again.`,
  };
}

/**
 * What is said where a destroy, before it begins, meets another guest than this stack's.
 * @param env the env
 * @param addresses what Terraform is to forget
 * @returns words, with an expression
 */
export function destroyRefusal({ stack, vmid }: Env, addresses: readonly string[]): string {
  return (
    `VMID ${vmid} is not a guest of ${stack} any more: it has not both tags ${stack} and \${${OWNER}}. Nothing was touched. ` +
    `${forget(addresses)} If this is the guest and it lost its tags, give them back in Proxmox.`
  );
}

function forget(addresses: readonly string[]): string {
  return `If the guest of this stack is gone, let Terraform forget it: terraform state rm ${addresses.join(' ')}.`;
}

/**
 * How a destroy asks the API whose the guest is now: what Terraform has read may be old (a saved plan,
 * -refresh=false). A destroy-time provisioner may refer to nothing but itself, so all else is found in terraform's
 * own environment.
 * @param env the env
 * @param api how the API is reached
 * @param addresses what Terraform is to forget
 * @returns a provisioner of a resource whose input begins with VMID and owner, see `whoseAndHeld`
 */
export function askBeforeDestroy(
  { stack }: Env,
  api: ProxmoxApi,
  addresses: readonly string[],
): Record<string, unknown> {
  const host = api.host && literal(api.host) === undefined ? api.host : undefined;
  const known = api.host && !host ? endpoint(api.host, api.port) : undefined;
  const assign = (name: string, text: Text | undefined): string[] => {
    if (!text) return [];
    const { given, value } = fromEnvironment(text);
    return [given === 'true' ? `${name}=${value}` : `if ${given}; then ${name}=${value}; fi`];
  };
  const code = [
    ...assign('host', host).map(escapeLiteral),
    ...assign('CA_FILE', api.caFile).map(escapeLiteral),
    planCredentials(api),
  ].filter((line) => line !== '');
  return {
    'local-exec': {
      when: 'destroy',
      command: `exec /bin/sh ${PREFLIGHT}`,
      quiet: true,
      environment: {
        MODE: 'destroy',
        STACK: stack,
        GUEST: '${regex("^[^ ]+ [^ ]+", self.input)}',
        ...(known ? { ENDPOINT: known } : {}),
        ...(host ? { PORT: String(api.port) } : {}),
        ...(api.insecure ? { INSECURE: 'true' } : {}),
        CREDENTIALS: code.join('; '),
        FORGET: forget(addresses),
      },
    },
  };
}
