import type { Env } from '../inventory/types';
import { toTemplate } from './expression';

/** Terraform's `connection` block, as JSON. */
type Connection = Record<string, string | number>;

/**
 * How every provisioner reaches the guest: the one place for it.
 * The key is the variable's, the file's, or the agent's. Terraform would offer the agent (and forward it to the
 * guest) beside a key, so it is switched off where there is one.
 * Source: Terraform, "Provisioner Connection Settings".
 * @param env the env
 * @param script where the script lies on the guest, relative to the user's home
 * @returns the connection; the script lies in the user's home, not world-writable in /tmp
 */
export function connection(env: Env, script = './.pvestack-ssh.sh'): Connection {
  const { ssh } = env;
  const key =
    'var.ssh_private_key != null ? var.ssh_private_key : var.ssh_private_key_file != null ? file(pathexpand(var.ssh_private_key_file)) : null';
  const agent = 'var.ssh_private_key == null && var.ssh_private_key_file == null';
  return {
    type: 'ssh',
    host: env.ip.address,
    user: toTemplate(ssh.user),
    private_key: `\${${key}}`,
    agent: `\${${agent}}`,
    timeout: '3m',
    script_path: script,
    ...(ssh.hostKey ? { host_key: toTemplate(ssh.hostKey) } : {}),
    ...(ssh.bastion
      ? {
          bastion_host: toTemplate(ssh.bastion.host),
          bastion_port: ssh.bastion.port,
          bastion_user: toTemplate(ssh.bastion.user),
          bastion_private_key: `\${${key}}`,
        }
      : {}),
  };
}
