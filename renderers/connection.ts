import type { Env } from '../inventory/types';
import { template, toTemplate } from './expression';

/** Terraform's `connection` block, as JSON. */
export type Connection = Record<string, string | number>;

/**
 * What every connection shares. The key is the variable's, the file's, or the agent's. Terraform would offer the agent
 * (and forward it to the guest) beside a key, so it is switched off where there is one.
 * @returns local values
 */
export function connectionLocals(): Record<string, string> {
  return {
    ssh_key: template(
      'var.ssh_private_key != null ? var.ssh_private_key : var.ssh_private_key_file != null ? file(pathexpand(var.ssh_private_key_file)) : null',
    ),
    ssh_agent: template('var.ssh_private_key == null && var.ssh_private_key_file == null'),
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
    host: env.ip.address,
    ...(isRoot(env) ? {} : { user: toTemplate(ssh.user) }),
    private_key: template('local.ssh_key'),
    agent: template('local.ssh_agent'),
    timeout: '3m',
    script_path: step === 'ssh' ? './.pvestack-ssh.sh' : `${uploads(env)}/.pvestack-${step}.sh`,
    ...(ssh.hostKey ? { host_key: toTemplate(ssh.hostKey) } : {}),
    ...(ssh.bastion
      ? {
          bastion_host: toTemplate(ssh.bastion.host),
          bastion_port: ssh.bastion.port,
          bastion_user: toTemplate(ssh.bastion.user),
          bastion_private_key: template('local.ssh_key'),
        }
      : {}),
  };
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
