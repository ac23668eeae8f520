import type { Text } from '../inventory/text';
import type { Env, ProxmoxApi } from '../inventory/types';
import { endpointReference } from './endpoint';
import { escapeLiteral, template, toTemplate } from './expression';
import { fromEnvironment } from './shell';

/** The program that asks the cluster whether VMID and address are free: planner/preflight.sh in the stack's folder. */
export const PREFLIGHT = `${template('path.module')}/preflight.sh`;

/**
 * What the script is told, apart from secrets.
 * @param env the env
 * @param api how the API is reached
 * @param adoptExpression tells at plan whether an existing guest is being adopted: `yes` or `no`
 * @returns environment variables
 */
export function preflightSettings(
  env: Env,
  api: ProxmoxApi,
  adoptExpression: string,
): Record<string, string> {
  const endpoint = endpointReference(api);
  return {
    STACK: env.stack,
    OWNER: template('local.owner'),
    VMID: String(env.vmid),
    ADDRESS: env.addresses.join(' '),
    ...(endpoint ? { ENDPOINT: endpoint } : {}),
    ...(api.insecure ? { INSECURE: 'true' } : {}),
    ...(api.caFile ? { CA_FILE: toTemplate(api.caFile) } : {}),
    ...(env.guest.adopt ? { ADOPT: adoptExpression } : {}),
    ALLOW_IP_CONFLICTS: '${var.allow_ip_conflicts}',
    NEEDS: '${join(" ", local.needs)}',
  };
}

/**
 * The credentials for the provisioner's environment, which unlike triggers and queries never reaches the state.
 * @param api how the API is reached
 * @returns environment variables; none where the provider's own environment variables are used
 */
export function preflightCredentials(api: ProxmoxApi): Record<string, string> {
  return {
    ...(api.tokenId && api.tokenSecret
      ? { TOKEN: `${toTemplate(api.tokenId)}=${toTemplate(api.tokenSecret)}` }
      : {}),
    ...(api.username ? { USERNAME_PVE: toTemplate(api.username) } : {}),
    ...(api.password ? { PASSWORD_PVE: toTemplate(api.password) } : {}),
  };
}

/**
 * How a plan finds the credentials in terraform's own environment: its arguments are kept in the state, so they hold
 * only where to look.
 * @param api how the API is reached
 * @returns code of a shell; empty where the provider's own environment variables are used
 */
export function planCredentials(api: ProxmoxApi): string {
  const token =
    api.tokenId && api.tokenSecret
      ? { parts: [...api.tokenId.parts, '=', ...api.tokenSecret.parts], secret: true }
      : undefined;
  const sources: [string, Text | undefined][] = [
    ['token', token],
    ['username', api.username],
    ['password', api.password],
  ];
  const lines = sources.flatMap(([name, text]) => {
    if (!text) return [];
    const { given, value } = fromEnvironment(text);
    return [`if [ -z "$${name}" ] && ${given}; then ${name}=${value}; fi`];
  });
  return escapeLiteral(lines.join('; '));
}
