import type { Env, ProxmoxApi } from '../inventory/types';
import { escapeLiteral, toTemplate } from './expression';
import { endpointReference } from './endpoint';
import { fromEnvironment } from './shell';
import { renderLines, type TemplateSource } from './template';

/**
 * The script that asks the cluster whether VMID and address are free; see templates/preflight.sh.ejs.
 * @param env the env
 * @param api how the API is reached
 * @param source finds the template
 * @returns its lines, as Terraform reads them
 */
export function preflightScript(env: Env, api: ProxmoxApi, source: TemplateSource): string[] {
  const token =
    api.tokenId && api.tokenSecret
      ? { parts: [...api.tokenId.parts, '=', ...api.tokenSecret.parts], secret: true }
      : undefined;
  const lines = renderLines(source, 'preflight.sh.ejs', {
    stack: env.stack,
    vmid: env.vmid,
    address: env.ip.address,
    planCredentials: {
      token: token && fromEnvironment(token),
      username: api.username && fromEnvironment(api.username),
      password: api.password && fromEnvironment(api.password),
    },
  });
  return lines.map(escapeLiteral);
}

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
    ...(endpoint ? { ENDPOINT: endpoint } : {}),
    ...(api.insecure ? { INSECURE: 'true' } : {}),
    ...(api.caFile ? { CA_FILE: toTemplate(api.caFile) } : {}),
    ...(env.guest.adopt ? { ADOPT: adoptExpression } : {}),
    ALLOW_IP_CONFLICTS: '${var.allow_ip_conflicts}',
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
