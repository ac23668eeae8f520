import { groups } from '../inventory/names';
import type { Env } from '../inventory/types';
import type { Application } from './application';
import { toTemplate } from './expression';

/**
 * The outputs of a stack.
 * @param env the env
 * @param app its application, if it has one
 * @returns by name: address, groups, urls, and for a guest of Proxmox node and vmid
 */
export function stackOutputs(env: Env, app: Application | undefined): Record<string, unknown> {
  const { ip } = env;
  const services = app?.services ?? [];
  return {
    address: ip.address,
    groups: groups(env.project, env.env),
    ...(services.length === 0
      ? {}
      : {
          urls: Object.fromEntries(services.map(({ name, port }) => [name, `http://${ip.address}:${port}`])),
        }),
    ...(env.guest.type === 'external' ? {} : { node: toTemplate(env.node), vmid: env.vmid }),
  };
}
