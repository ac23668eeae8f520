import { groups } from '../inventory/names';
import type { Env } from '../inventory/types';
import type { Application } from './application';
import { toTemplate } from './expression';
import { instances } from './services';

/**
 * The outputs of a stack.
 * @param env the env
 * @param app its application, if it has one
 * @returns by name: address, groups, urls, and for a guest of Proxmox node and vmid
 */
export function stackOutputs(env: Env, app: Application | undefined): Record<string, unknown> {
  const { ip } = env;
  const { urls: ofFront = [], services = [] } = app ?? {};
  const own = services
    .flatMap(instances)
    .flatMap(({ name, port }) => (port === undefined ? [] : [[name, `http://${ip.address}:${port}`]]));
  const urls = ofFront.length > 0 ? ofFront : own;
  return {
    address: ip.address,
    groups: groups(env.project, env.env),
    ...(urls.length === 0 ? {} : { urls: Object.fromEntries(urls) as Record<string, string> }),
    ...(env.guest.type === 'external' ? {} : { node: toTemplate(env.node), vmid: env.vmid }),
  };
}
