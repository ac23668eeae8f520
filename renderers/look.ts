import type { Env, ProxmoxApi } from '../inventory/types';
import { quote, template, toTemplate } from './expression';
import type { Guard } from './guards';
import { isPinned, pinSettings } from './host-key';
import type { Layer } from './layers/layer';
import { notLookedAt } from './layers/release';

/** What the guest answered. */
const ANSWER = 'data.external.guest';

/**
 * How a plan asks a guest how it is: planner/look.sh asks its program look.
 * @param env the env
 * @param layers its layers
 * @returns the program of an `external` data source; none of its arguments is a secret
 */
export function lookProgram(env: Env, layers: readonly Layer[]): string[] {
  const settings = Object.entries(lookSettings(env, layers)).map(([name, value]) => `${name}=${value}`);
  return ['env', ...settings, '/bin/sh', template('path.module') + '/look.sh'];
}

/**
 * What a deploy asks before it sends anything to the guest: whose it is.
 * @param env the env
 * @param api how the API is reached, for the pin of its host key
 * @param mac expression of the guest's MAC address; undefined for an external host
 * @returns a provisioner
 */
export function firstContact(env: Env, api: ProxmoxApi, mac: string | undefined): Record<string, unknown> {
  return {
    'local-exec': {
      command: `exec /bin/sh ${template('path.module')}/look.sh`,
      quiet: true,
      environment: {
        CONTACT: 'yes',
        ADDRESS: env.address,
        // cloud-init makes users and keys some time after the start.
        ...(env.guest.type === 'kvm' ? { PATIENCE: '90' } : {}),
        ...contactSettings(env),
        ...pinSettings(env, api, mac),
        TF_VAR_ssh_private_key: template('local.ssh_key == null ? "" : local.ssh_key'),
      },
    },
  };
}

/** Who is reached, and how. */
function contactSettings(env: Env): Record<string, string> {
  const { ssh, guest } = env;
  const bastion = ssh.bastion && `${toTemplate(ssh.bastion.user)}@${toTemplate(ssh.bastion.host)}`;
  return {
    SSH_USER: toTemplate(ssh.user),
    ...(ssh.port === 22 ? {} : { SSH_PORT: String(ssh.port) }),
    STACK: env.stack,
    OWNER: template('local.owner'),
    // Who adopts a guest takes it from another one.
    ...(guest.adopt ? { ADOPT: 'yes' } : {}),
    ...(ssh.hostKey ? { HOST_KEY: toTemplate(ssh.hostKey) } : {}),
    ...(ssh.bastion && bastion ? { BASTION: `${ssh.bastion.port} ${bastion}` } : {}),
    ...(ssh.bastion?.host_key ? { BASTION_KEY: toTemplate(ssh.bastion.host_key) } : {}),
  };
}

function lookSettings(env: Env, layers: readonly Layer[]): Record<string, string> {
  return {
    ADDRESS: env.guest.type === 'external' ? env.address : template('local.address_now'),
    ...contactSettings(env),
    ...(isPinned(env) ? { PIN: template('local.pin') } : {}),
    LAYERS: layers.map(({ name }) => name).join(' '),
    KEY_FILE: template('var.ssh_private_key_file != null ? var.ssh_private_key_file : ""'),
    KEY_GIVEN: template('nonsensitive(var.ssh_private_key != null) ? "yes" : ""'),
    ...(layers.some(({ name }) => name === 'release')
      ? {
          RELEASE: template('var.release'),
          REPO: env.app.repo ? toTemplate(env.app.repo) : '',
          BRANCH: toTemplate(env.app.branch),
          ...(env.app.release.watch.length > 0 ? { WATCH: env.app.release.watch.join(' ') } : {}),
        }
      : {}),
  };
}

/**
 * What the plan knows of the guest.
 * @param env the env
 * @param layers its layers
 * @returns local values: whether to ask, where, and by layer the token that the layer is to leave
 */
export function lookLocals(env: Env, layers: readonly Layer[]): Record<string, unknown> {
  const guest = env.guest.type !== 'external';
  const token = (name: string, otherwise: string): string =>
    template(`try(coalesce(local.older.${name}, ${ANSWER}[0].result.${name}), ${otherwise})`);
  return {
    ...(guest
      ? {
          // Where Proxmox says the guest is now: on a change of the address the new one does not exist yet.
          address_now: template(
            'replace(join("", slice(concat([for t in flatten(local.ours[*].tags) : trimprefix(t, "ip-") if startswith(t, "ip-")], [""]), 0, 1)), "-", ":")',
          ),
          look: template(
            'var.look_at_guest && local.address_now != "" && length([for g in local.ours : g if g.status == "running"]) == 1',
          ),
        }
      : { look: template('var.look_at_guest') }),
    ...olderLocals(),
    facts: Object.fromEntries(
      layers.map(({ name }) => [
        name,
        name === 'release'
          ? token(name, `var.release != "" ? var.release : ${notLookedAt(env)}`)
          : token(name, quote('new')),
      ]),
    ),
    // Which guest it is, and by layer what was found there: nothing of one that is as the first deploy left it.
    found: template(
      guest
        ? '{for name, fact in local.facts : name => fact == "new" ? local.guest : "${local.guest}, ${fact}"}'
        : 'local.facts',
    ),
  };
}

/**
 * That it is no other stack's guest which answers at the address.
 * @returns a postcondition of the look
 */
export function strangerGuard(): Guard {
  return {
    condition: template('self.result.stranger == ""'),
    errorMessage: template('self.result.stranger'),
  };
}

/**
 * By layer, where the guest was asked for something else last than the inventory asks for now: what, in words, as a token
 * of its own (`older`). So it is before the deploy of a change, and on a guest that was put back to an older backup: as to
 * the guest these two are the same, and only a token that never comes twice tells them apart. At most 190 characters, of
 * those that planner/look.sh lets through, or the guest would answer another token than it was given.
 */
function olderLocals(): Record<string, string> {
  const each = (expression: string): string =>
    template(`{for name, sums in local.sums : name => ${expression}}`);
  const left = 'length(setsubtract(local.asked[name], values(sums)))';
  const changed = 'length(setsubtract(values(sums), local.asked[name]))';
  return {
    // The sums that the guest keeps; of one that was not asked, those of now.
    asked: each(
      `try(split(",", regex("(?:^| )\${name}:([^ ]+)", ${ANSWER}[0].result.sums)[0]), values(sums))`,
    ),
    other: each(
      `join(", ", concat([for key, sum in sums : key if !contains(local.asked[name], sum)], [for left in [${left}] : "things that have left" if left > ${changed}]))`,
    ),
    older: each(
      `local.other[name] == "" ? "" : substr(replace("\${${ANSWER}[0].result.now}: other \${local.other[name]}", "/[^A-Za-z0-9 .,:;/_()+@~-]/", ""), 0, 190)`,
    ),
  };
}

/**
 * What a plan warns of and goes on: a guest that could not be looked at, a release that is held by hand.
 * @returns condition and message of a check block
 */
export function lookCheck(): Guard {
  return {
    condition: template(`alltrue([for g in ${ANSWER} : g.result.note == ""])`),
    errorMessage: template(`join(" ", ${ANSWER}[*].result.note)`),
  };
}
