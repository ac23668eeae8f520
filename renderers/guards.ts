import type { Env } from '../inventory/types';
import { quote, template, toExpression } from './expression';
import { madeLocals, mayBeReplaced } from './creatable';
import { pinLocals } from './host-key';
import { isOurs, namesakeGuard, OWNER, ownerLocals } from './owner';
import { addressTag, addressTags, claimTags, CREATED_TAG } from './tags';

/** One condition that a plan must meet. */
export interface Guard {
  condition: string;
  errorMessage: string;
}

/** Named values that the guards share, in the order in which they build on each other. */
type Locals = Record<string, string | string[]>;

const CONTAINERS = 'data.proxmox_virtual_environment_containers.all.containers';
const VMS = 'data.proxmox_virtual_environment_vms.all.vms';

/** What the search for the address said. */
const SEARCH_MESSAGE = '${join("", [for c in data.external.address : c.result.message])}';

/** Who a guest is, for a message: `container "x" on node "y"`. */
const WHO = (list: string): string =>
  `\${join(", ", [for g in ${list} : "\${g.kind} \${g.vm_id} (\${g.name}) on node \${g.node_name}"])}`;

/** A list of texts. */
const list = (texts: readonly string[]): string => `[${texts.map(quote).join(', ')}]`;

/**
 * What the cluster's guest lists say about this stack's VMID and address.
 * `vm_id` is compared as a number: compared with a string the guard would be off without a word (measured).
 * @param env the env
 * @returns the locals
 */
export function guardLocals(env: Env): Locals {
  const ours = isOurs(env, 'g.tags');
  return {
    guests: template(
      `concat([for g in ${CONTAINERS} : merge(g, { kind = "container" })], [for g in ${VMS} : merge(g, { kind = "VM" })])`,
    ),
    holders: template(`[for g in local.guests : g if g.vm_id == ${env.vmid}]`),
    ours: template(`[for g in local.holders : g if ${ours}]`),
    foreign: template(`[for g in local.holders : g if !(${ours})]`),
    ...ownerLocals(env),
    moved: template(
      `[for g in local.ours : g if g.node_name != ${toExpression(env.node)} || g.kind != "${kindOf(env)}"]`,
    ),
    elsewhere: template(`[for g in local.guests : g if g.vm_id != ${env.vmid} && ${ours}]`),
    address_claims: template(
      `[for g in local.guests : g if g.vm_id != ${env.vmid} && length(setintersection(g.tags, ${list(claimTags(env.addresses))})) > 0 && !(${ours})]`,
    ),
    address_is_ours: template(
      `length([for g in local.ours : g if length(setsubtract(${list(addressTags(env.addresses))}, g.tags)) == 0]) > 0`,
    ),
    // Whether the lists alone refuse the plan: then nothing more is asked, and nothing is said twice.
    refused: template(
      `length(concat(${env.guest.adopt ? '' : 'local.foreign, '}local.moved, local.elsewhere, var.allow_ip_conflicts ? [] : local.address_claims)) > 0`,
    ),
    ...madeLocals(env),
    created: createdTag(env),
    ...pinLocals(env),
  };
}

/**
 * The tag that says when the guest was created. It stays while the guest stands and is new where the cluster
 * has none, so a trigger that holds it makes the preflight run before every create, and only then.
 */
function createdTag(env: Env): string {
  const standing = env.guest.adopt ? 'local.holders' : 'local.ours';
  const kept = `[for t in flatten(${standing}[*].tags) : t if startswith(t, "${CREATED_TAG}")]`;
  const now = `formatdate("YYYYMMDD't'hhmmss'z'", plantimestamp())`;
  const first = `concat(${kept}, ["${CREATED_TAG}elsewhere"])[0]`;
  return env.guest.type === 'lxc'
    ? template(
        `join(".", [length(${standing}) == 0 ? "${CREATED_TAG}\${${now}}" : split(".", ${first})[0], local.made])`,
      )
    : template(`length(${standing}) == 0 ? "${CREATED_TAG}\${${now}}" : ${first}`);
}

/**
 * The conditions under which a guest may be created or changed.
 * @param env the env
 * @returns preconditions of the guest; each message says who is in the way and what to do
 */
export function guestGuards(env: Env): Guard[] {
  const { vmid, stack } = env;
  const address = env.addresses.join(' or ');
  const adopting = env.guest.adopt;
  const replaces = mayBeReplaced(env);
  return [
    ...(adopting
      ? []
      : [
          {
            condition: template('length(local.foreign) == length(local.namesakes)'),
            errorMessage:
              `VMID ${vmid} belongs to ${WHO('local.foreign')}, which is not a guest of ${stack}: it has no tag "${stack}". ` +
              'Nothing was touched. Choose another vmid in the inventory; or, if it is meant to become this guest, set adopt: true on the env. ' +
              `If it is this guest and lost its tags: give it "${stack}" and "\${${OWNER}}" back in Proxmox. ` +
              'If a deploy of this stack was cut off while it made the guest: remove it in Proxmox, then deploy again.',
          },
          namesakeGuard(env, WHO('local.namesakes')),
        ]),
    {
      condition: template('length(local.moved) == 0'),
      errorMessage:
        `The guest of ${stack} is ${WHO('local.moved')}, not a ${kindOf(env)} on node ${toNode(env)}: it was migrated, or proxmox_node or proxmox_guest_type was changed. ` +
        'Nothing was touched. Write proxmox_node: ${join("", local.moved[*].node_name)} in the inventory, or migrate it back. ' +
        'To make a guest of the other type, first remove this one (state: absent).',
    },
    {
      condition: template('length(local.elsewhere) == 0'),
      errorMessage:
        `${WHO('local.elsewhere')} carries the tag "${stack}" of this stack, but the inventory says vmid ${vmid}. ` +
        'A guest cannot be renumbered. Nothing was touched. Write its vmid in the inventory; if it is a copy, remove that tag from it in Proxmox.',
    },
    {
      condition: template('var.allow_ip_conflicts || length(local.address_claims) == 0'),
      errorMessage:
        `${address} is the address of ${WHO('local.address_claims')}: it carries the tag ${env.addresses.map((one) => quote(addressTag(one))).join(' or ')}. ` +
        'Nothing was touched. Choose another ip in the inventory, or override with TF_VAR_allow_ip_conflicts=true.',
    },
    {
      // allow_ip_conflicts is the script's business: it says no for other reasons, too.
      condition: template('alltrue([for c in data.external.address : c.result.ok != "no"])'),
      errorMessage: SEARCH_MESSAGE,
    },
    {
      // The guest stands and gets another address, or what it is made of changes. If it is replaced for it, the search
      // of the apply comes when the old one is gone already.
      condition: template(
        `${replaces ? '!local.replaces && ' : ''}(var.allow_ip_conflicts || length(local.ours) == 0) || alltrue([for c in data.external.address : c.result.ok != "unknown"])`,
      ),
      errorMessage:
        `${SEARCH_MESSAGE} For a guest that stands that may be too late: a replacement destroys it first. Nothing was touched. ` +
        `Export the variables with the credentials (TF_VAR_...) or PROXMOX_VE_API_TOKEN${replaces ? '${local.replaces ? "" : ", or override with TF_VAR_allow_ip_conflicts=true"}' : ', or override with TF_VAR_allow_ip_conflicts=true'}.`,
    },
  ];
}

/** What the guest of an env is called here and in the locals. */
function kindOf({ guest }: Env): string {
  return guest.type === 'lxc' ? 'container' : 'VM';
}

function toNode(env: Env): string {
  return `\${${toExpression(env.node)}}`;
}

/**
 * What a plan warns of, and goes on.
 * @returns a condition for a check block: whether the address was really searched
 */
export function searchedCheck(): Guard {
  return {
    condition: template(
      'alltrue([for c in data.external.address : c.result.ok != "unknown" && !strcontains(c.result.message, "not installed")])',
    ),
    errorMessage: SEARCH_MESSAGE,
  };
}
