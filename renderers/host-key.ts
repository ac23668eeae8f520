import type { Env, ProxmoxApi } from '../inventory/types';
import { checksHostKey } from './connection';
import { mayBeReplaced } from './creatable';
import { endpointReference } from './endpoint';
import { template, toTemplate } from './expression';
import type { Guard } from './guards';
import { preflightCredentials } from './preflight';
import { HOST_KEY_TAG } from './tags';

/** The pin of a host that Proxmox does not know. */
const PINNED = 'terraform_data.host_key.input';

/**
 * Whether the host key of an env's guest is pinned, from its first contact on, by a tag on it.
 * @param env the env
 * @returns false where nobody logs in, where the inventory says the key, and of a host that Proxmox does not know
 */
export function isPinned({ guest, ssh, configure, present }: Env): boolean {
  return present && configure && guest.type !== 'external' && !ssh.hostKey;
}

/**
 * The pin, as the cluster's list has it.
 * @param env the env
 * @returns local values; `pin` is MAC and key, or empty. A guest that is replaced leaves its pin behind
 */
export function pinLocals(env: Env): Record<string, string> {
  if (!isPinned(env)) return {};
  const form = `^${HOST_KEY_TAG}[0-9a-f]{12}-[0-9a-f]{64}$`;
  const stays = mayBeReplaced(env) ? ' && !local.replaces' : '';
  return {
    pin: template(
      `concat([for t in flatten(local.ours[*].tags) : trimprefix(t, "${HOST_KEY_TAG}") if can(regex("${form}", t))${stays}], [""])[0]`,
    ),
  };
}

/**
 * The tags of a guest that may have a pin.
 * @returns an expression; `local.tags` are the others
 */
export function tagsWithPin(): string {
  return template(`sort(concat(local.tags, local.pin == "" ? [] : ["${HOST_KEY_TAG}\${local.pin}"]))`);
}

/**
 * What a first contact needs to pin the key that it meets, apart from what it logs in with.
 * @param env the env
 * @param api how the API is reached
 * @param mac expression of the guest's MAC address: a pin of another one is of a guest that was before this one;
 *   undefined for an external host
 * @returns environment variables of planner/look.sh
 */
export function pinSettings(env: Env, api: ProxmoxApi, mac: string | undefined): Record<string, string> {
  if (env.ssh.hostKey) return {};
  if (!mac) return { PIN: `external-${template(PINNED)}` };
  const endpoint = endpointReference(api);
  return {
    PIN: template('local.pin'),
    MAC: template(plain(mac)),
    VMID: String(env.vmid),
    ...(endpoint ? { ENDPOINT: endpoint } : {}),
    ...(api.insecure ? { INSECURE: 'true' } : {}),
    ...(api.caFile ? { CA_FILE: toTemplate(api.caFile) } : {}),
    ...preflightCredentials(api),
  };
}

/**
 * The host keys that Terraform's own connections hold to: all that the guest said it has in a look that checked the
 * one that is pinned, because Terraform does not choose that type (it takes ECDSA first). Terraform writes what it is
 * given into a line of a known_hosts file, so further keys are further lines (measured). Where nobody looked, and of a
 * guest that this run makes, it is what the inventory says, or nothing.
 * @param env the env
 * @param mac expression of the guest's MAC address; undefined for an external host
 * @returns the local value
 */
export function hostKeyLocals(env: Env, mac: string | undefined): Record<string, string> {
  if (!checksHostKey(env)) return {};
  const { hostKey, port } = env.ssh;
  const host = env.address.includes(':') ? `[${env.address}]` : env.address;
  const next = `\\n@cert-authority ${host}:${port} `;
  const known = mac ? isKnown(mac) : 'true';
  return {
    host_key: hostKey
      ? toTemplate(hostKey)
      : template(
          `${known} ? try(replace(coalesce(data.external.guest[0].result.keys), ",", "${next}"), null) : null`,
        ),
  };
}

/**
 * The key of a host that Proxmox does not know, pinned in the state: the look sees it before the first plan.
 * @param env the env
 * @returns what keeps it takes this once, ends a plan by that, and says this when it is made; undefined where the
 *   inventory says the key
 */
export function externalPin({
  ssh,
  address,
}: Env): { input: string; guard: Guard; said: string } | undefined {
  if (ssh.hostKey) return undefined;
  const key = 'try(data.external.guest[0].result.key, "")';
  return {
    input: template(key),
    said: `Nobody has checked the host key of ${address} at this first contact; ${template('self.input == "" ? "no plan has seen it yet, so none is pinned" : "it is pinned now"')}.`,
    guard: {
      condition: template(`self.input == "" || contains(["", self.input], ${key})`),
      errorMessage:
        `Another host key answers at ${address} than the one that was pinned with the first plan. Nothing was deployed to it. Look who has that address (ip). ` +
        'If the host was given new keys, accept them by one deploy with -replace=terraform_data.host_key, or write ssh_host_key in the inventory.',
    },
  };
}

/** Whether the pin is of the guest that stands after this run. */
function isKnown(mac: string): string {
  return `startswith(local.pin, ${plain(mac)})`;
}

/**
 * What a deploy says once the guest has let it in. By the guest: what the first contact prints, Terraform may suppress, as
 * the key is in its environment.
 * @param env the env
 * @param mac expression of the guest's MAC address; undefined for an external host
 * @returns a provisioner
 */
export function sshReady(env: Env, mac: string | undefined): Record<string, unknown> {
  // Of an external host what keeps its key says it.
  const more =
    env.ssh.hostKey || !mac
      ? ''
      : template(
          `${isKnown(mac)} ? "" : ". Nobody has checked the host key of this first contact; it is pinned now."`,
        );
  return { 'remote-exec': { inline: [`echo "SSH: ready${more}"`] } };
}

function plain(mac: string): string {
  return `lower(replace(${mac}, ":", ""))`;
}
