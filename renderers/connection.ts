import type { Env } from '../inventory/types';
import { template, toTemplate } from './expression';
import type { Guard } from './guards';

/** Terraform's `connection` block, as JSON. */
export type Connection = Record<string, string | number | boolean>;

/** Whether a key was given; says nothing of the key itself. */
const KEY_GIVEN = 'nonsensitive(var.ssh_private_key != null) || var.ssh_private_key_file != null';

/**
 * What every connection shares. The key is the variable's, the file's or, where the inventory allows it, the agent's.
 * Terraform forwards an agent that it uses to the guest, so it is off wherever there is a key.
 * @param env the env
 * @returns local values
 */
export function connectionLocals(env: Env): Record<string, string> {
  return {
    ssh_key: template(
      'var.ssh_private_key != null ? var.ssh_private_key : var.ssh_private_key_file != null ? file(pathexpand(var.ssh_private_key_file)) : null',
    ),
    ...(env.ssh.agent ? { ssh_agent: template(`!(${KEY_GIVEN})`) } : {}),
  };
}

/** How a private key begins that a passphrase encrypts: in PEM, and in OpenSSH's own form with a cipher but `none`. */
const ENCRYPTED = 'ENCRYPTED|b3BlbnNzaC1rZXktdjEAAAAA[^B]';

/**
 * That a plan has what its deploy logs in with: without it Terraform would knock for three minutes, after the guest
 * was created. A plan that is told not to look at the guest is one to read, and needs no key.
 * @param env the env
 * @returns preconditions of the first layer
 */
export function keyGuards(env: Env): Guard[] {
  const unlocked = {
    condition: template(`!can(regex("${ENCRYPTED}", local.ssh_key))`),
    errorMessage:
      'The SSH key for this guest is encrypted, and Terraform cannot ask for its passphrase. ' +
      "Export TF_VAR_ssh_private_key_file with a key without one: a copy made so by ssh-keygen -p -N '' -f copy, or a key of its own for deploys. " +
      'Or add it to your agent (ssh-add), set ssh_agent: true in the inventory and export neither variable.',
  };
  if (env.ssh.agent) return [unlocked];
  const given = {
    condition: template(`${KEY_GIVEN} || !var.look_at_guest`),
    errorMessage:
      `No SSH key for this guest: export TF_VAR_ssh_private_key_file (its path) or TF_VAR_ssh_private_key (its content). ` +
      'The SSH agent is not used, because Terraform forwards it to the guest; ssh_agent: true in the inventory allows that. ' +
      'For a plan that is only read: TF_VAR_look_at_guest=false.',
  };
  return [given, unlocked];
}

/**
 * What a plan warns of: that its deploy hands the agent to the guest.
 * @param env the env
 * @returns condition and message of a check block; undefined where the agent is not allowed
 */
export function agentCheck(env: Env): Guard | undefined {
  if (!env.ssh.agent) return undefined;
  return {
    condition: template('!local.ssh_agent'),
    errorMessage:
      `ssh_agent: a deploy forwards your SSH agent to the guest: whoever is root there can use all keys in it meanwhile. ` +
      'Export TF_VAR_ssh_private_key_file to go without.',
  };
}

/**
 * How every provisioner reaches the guest: the one place for it.
 * Source: Terraform, "Provisioner Connection Settings".
 * @param env the env
 * @param step what connects; names the script
 * @returns the connection; the script lies in the user's home, not world-writable in /tmp
 */
export function connection(env: Env, step = 'ssh'): Connection {
  const { ssh } = env;
  return {
    host: env.address,
    ...(ssh.port === 22 ? {} : { port: ssh.port }),
    ...(isRoot(env) ? {} : { user: toTemplate(ssh.user) }),
    private_key: template('local.ssh_key'),
    // Not said, it would be true.
    agent: ssh.agent ? template('local.ssh_agent') : false,
    timeout: '3m',
    script_path: step === 'ssh' ? './.pvestack-ssh.sh' : `${uploads(env)}/.pvestack-${step}.sh`,
    ...(checksHostKey(env) ? { host_key: template('local.host_key') } : {}),
    ...(ssh.bastion
      ? {
          bastion_host: toTemplate(ssh.bastion.host),
          bastion_port: ssh.bastion.port,
          bastion_user: toTemplate(ssh.bastion.user),
          bastion_private_key: template('local.ssh_key'),
          ...(ssh.bastion.host_key ? { bastion_host_key: toTemplate(ssh.bastion.host_key) } : {}),
        }
      : {}),
  };
}

/**
 * Whether Terraform's own connections hold to the guest's host key. It takes that key for the bastion's as well where the
 * bastion has none of its own (Terraform, "Provisioner Connection Settings": bastion_host_key).
 * @param env the env
 * @returns whether they do
 */
export function checksHostKey({ ssh }: Env): boolean {
  return !ssh.bastion || ssh.bastion.host_key !== undefined;
}

/**
 * Where uploads go, relative to the home of the user who connects: only they may look there. root's home is such a
 * folder and is always there; others get one first.
 * @param env the env
 * @returns the folder
 */
export function uploads(env: Env): string {
  return isRoot(env) ? '.' : './.pvestack';
}

/** Whether the user who connects is root for sure. */
export function isRoot(env: Env): boolean {
  const { parts } = env.ssh.user;
  return parts.length === 1 && parts[0] === 'root';
}
