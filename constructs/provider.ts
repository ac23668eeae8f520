import type { Construct } from 'constructs';
import { ProxmoxProvider } from '../.gen/providers/proxmox/provider';
import type { ProxmoxApi } from '../inventory/types';
import { toTemplate } from '../renderers/expression';
import { checkedEndpoint } from '../renderers/ca';
import { endpoint, endpointReference } from '../renderers/endpoint';
import { literal } from '../inventory/text';
import { TerraformLocal } from 'cdktf';

/**
 * The Proxmox provider of a stack. What the inventory does not say comes from PROXMOX_VE_… .
 * @param scope the stack
 * @param api how the API is reached
 * @returns the provider
 */
export function proxmoxProvider(scope: Construct, api: ProxmoxApi): ProxmoxProvider {
  const token = api.tokenId && api.tokenSecret && `${toTemplate(api.tokenId)}=${toTemplate(api.tokenSecret)}`;
  const url = endpointReference(api);
  if (api.host && literal(api.host) === undefined)
    new TerraformLocal(scope, 'endpoint', endpoint(api.host, api.port));
  return new ProxmoxProvider(scope, 'proxmox', {
    ...(api.caFile ? { endpoint: checkedEndpoint(url) } : url ? { endpoint: url } : {}),
    ...(token ? { apiToken: token } : {}),
    ...(api.username && !token ? { username: toTemplate(api.username) } : {}),
    ...(api.password && !token ? { password: toTemplate(api.password) } : {}),
    ...(api.insecure ? { insecure: true } : {}),
  });
}
