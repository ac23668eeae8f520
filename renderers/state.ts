import type { Env } from '../inventory/types';
import { appTypeOf } from './app-types';
import { escapeLiteral, quote, template, toTemplate } from './expression';
import type { Layer } from './layers/layer';
import { notLookedAt } from './layers/release';
import { renderLines, type TemplateSource } from './template';

/** Answers of the program besides the layers'. */
const ASKED = 'data.external.guest';

/**
 * The program that asks a guest at plan how it is; see templates/state/ask.sh.ejs.
 * @param layers the layers of the env
 * @param source finds the templates
 * @returns its lines, as Terraform reads them
 */
export function stateScript(layers: readonly Layer[], source: TemplateSource): string[] {
  const names = layers.map(({ name }) => name);
  const guest = renderLines(source, 'state/guest.sh.ejs', {
    layers: names,
    release: names.includes('release'),
  });
  return renderLines(source, 'state/ask.sh.ejs', { names, guest: guest.join('\n') }).map(escapeLiteral);
}

/**
 * What that program is told; none of it is a secret.
 * @param env the env
 * @returns environment variables
 */
export function stateSettings(env: Env): Record<string, string> {
  const { ssh } = env;
  const bastion = ssh.bastion && `${toTemplate(ssh.bastion.user)}@${toTemplate(ssh.bastion.host)}`;
  return {
    ADDRESS: env.guest.type === 'external' ? env.ip.address : template('local.address_now'),
    SSH_USER: toTemplate(ssh.user),
    KEY_FILE: template('var.ssh_private_key_file != null ? var.ssh_private_key_file : ""'),
    KEY_GIVEN: template('nonsensitive(var.ssh_private_key != null) ? "yes" : ""'),
    ...(ssh.hostKey ? { HOST_KEY: toTemplate(ssh.hostKey) } : {}),
    ...(ssh.bastion && bastion ? { BASTION: `${ssh.bastion.port} ${bastion}` } : {}),
    ...(appTypeOf(env) === undefined
      ? {}
      : {
          RELEASE: template('var.release'),
          REPO: env.app.repo ? toTemplate(env.app.repo) : '',
          BRANCH: toTemplate(env.app.branch),
        }),
  };
}

/**
 * What the plan knows of the guest.
 * @param env the env
 * @param layers its layers
 * @returns local values: whether to ask, where, and by layer the token that the layer is to leave
 */
export function stateLocals(env: Env, layers: readonly Layer[]): Record<string, unknown> {
  const guest = env.guest.type !== 'external';
  const token = (name: string, otherwise: string): string =>
    template(`try(coalesce(${ASKED}[0].result.${name}), ${otherwise})`);
  return {
    ...(guest
      ? {
          // Where Proxmox says the guest is now: on a change of the address the new one does not exist yet.
          address_now: template(
            'join("", slice(concat([for t in flatten(local.ours[*].tags) : trimprefix(t, "ip-") if startswith(t, "ip-")], [""]), 0, 1))',
          ),
          look: template(
            'var.look_at_guest && local.address_now != "" && length([for g in local.ours : g if g.status == "running"]) == 1',
          ),
        }
      : { look: template('var.look_at_guest') }),
    state: Object.fromEntries(
      layers.map(({ name }) => [
        name,
        name === 'release'
          ? token(name, `var.release != "" ? var.release : ${notLookedAt(env)}`)
          : token(name, quote('new')),
      ]),
    ),
  };
}

/**
 * What a plan warns of and goes on: a guest that could not be looked at, a release that is held by hand.
 * @returns condition and message of a check block
 */
export function stateCheck(): { condition: string; errorMessage: string } {
  return {
    condition: template(`alltrue([for g in ${ASKED} : g.result.note == ""])`),
    errorMessage: template(`join(" ", ${ASKED}[*].result.note)`),
  };
}
