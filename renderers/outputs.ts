import { groups } from '../inventory/names';
import type { Env } from '../inventory/types';
import { toTemplate } from './expression';

/**
 * The outputs of a stack.
 * @param env the env
 * @returns by name: address, groups, urls, and for a guest of Proxmox node and vmid
 */
export function stackOutputs(env: Env): Record<string, unknown> {
  const { app, ip } = env;
  return {
    address: ip.address,
    groups: groups(env.project, env.env),
    ...(app.type === 'none'
      ? {}
      : {
          urls: {
            backend: `http://${ip.address}:${app.backendPort}`,
            frontend: `http://${ip.address}:${app.frontendPort}`,
          },
        }),
    ...(env.guest.type === 'external' ? {} : { node: toTemplate(env.node), vmid: env.vmid }),
  };
}
