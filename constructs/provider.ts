import type { Construct } from 'constructs';
import { ProxmoxProvider, type ProxmoxProviderConfig } from '../.gen/providers/proxmox/provider';
import { literal } from '../inventory/text';
import type { ProxmoxApi } from '../inventory/types';
import { checkedEndpoint } from '../renderers/ca';
import { endpoint, endpointReference } from '../renderers/endpoint';
import { toTemplate } from '../renderers/expression';
import { Locals } from './locals';

/** The Proxmox provider of a stack. What the inventory does not say comes from PROXMOX_VE_… . */
export class Proxmox extends ProxmoxProvider {
  /**
   * @param scope a construct of the stack
   * @param id the construct's id
   * @param api how the API is reached
   */
  constructor(scope: Construct, id: string, api: ProxmoxApi) {
    super(scope, id, configOf(api));
    if (api.host && literal(api.host) === undefined)
      new Locals(this, 'locals', { endpoint: endpoint(api.host, api.port) });
  }
}

function configOf(api: ProxmoxApi): ProxmoxProviderConfig {
  const token = api.tokenId && api.tokenSecret && `${toTemplate(api.tokenId)}=${toTemplate(api.tokenSecret)}`;
  const url = endpointReference(api);
  return {
    ...(api.caFile ? { endpoint: checkedEndpoint(url) } : url ? { endpoint: url } : {}),
    ...(token ? { apiToken: token } : {}),
    ...(api.username && !token ? { username: toTemplate(api.username) } : {}),
    ...(api.password && !token ? { password: toTemplate(api.password) } : {}),
    ...(api.insecure ? { insecure: true } : {}),
  };
}
