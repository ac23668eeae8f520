import { inUrl } from '../inventory/address';
import { groups } from '../inventory/names';
import type { Env } from '../inventory/types';
import type { Application } from './application';
import { toTemplate } from './expression';
import { instances } from './services';

/**
 * The outputs of a stack.
 * @param env the env
 * @param app its application, if it has one
 * @returns by name: address, where there are several all addresses, groups, urls, and for a guest of Proxmox node and vmid
 */
export function stackOutputs(env: Env, app: Application | undefined): Record<string, unknown> {
  const { urls: ofFront = [], services = [] } = app ?? {};
  const own = services
    .flatMap(instances)
    .flatMap(({ name, port }) =>
      port === undefined ? [] : [[name, `http://${inUrl(env.address)}:${port}`]],
    );
  const urls = ofFront.length > 0 ? ofFront : own;
  return {
    address: env.address,
    ...(env.addresses.length > 1 ? { addresses: env.addresses } : {}),
    groups: groups(env.project, env.env),
    ...(urls.length === 0 ? {} : { urls: Object.fromEntries(urls) as Record<string, string> }),
    ...(env.guest.type === 'external' ? {} : { node: toTemplate(env.node), vmid: env.vmid }),
  };
}
