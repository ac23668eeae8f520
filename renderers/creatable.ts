import type { Env } from '../inventory/types';
import { distinct } from '../inventory/values/value';
import { template, toTemplate } from './expression';

/** Whether a plan may replace a standing guest of this env: of a VM nothing is fixed, an adopted guest is left as it is. */
export function mayBeReplaced({ guest }: Env): boolean {
  return guest.type === 'lxc' && !guest.adopt;
}

/**
 * Local values of what a guest is made from. Of a container they tell by its tags whether a container was made of what the inventory asks for. The tag with the time
 * of its creation ends with their sum, so a plan with nothing to do asks nobody.
 * @param env the env
 * @returns `made`, the sum, and `replaces`, whether a standing guest has another one; `needs`, for planner/creatable.sh
 */
export function madeLocals(env: Env): Record<string, string | string[]> {
  const { guest } = env;
  if (guest.type !== 'lxc') return { needs: creationNeeds(env) };
  const of = [
    `disk on ${toTemplate(guest.diskStorage)}`,
    guest.unprivileged ? 'unprivileged' : 'privileged',
    ...guest.mountPoints.map(
      ({ path, volume, size }) => `${toTemplate(path)} on ${toTemplate(volume)} ${size ?? ''}`,
    ),
    ...(guest.adopt ? ['adopted'] : []),
  ].join(', ');
  return {
    made: template(`substr(sha1("${of.replaceAll('"', '\\"')}"), 0, 6)`),
    ...(mayBeReplaced(env)
      ? {
          replaces: template(
            `length(local.ours) > 0 && !anytrue([for t in flatten(local.ours[*].tags) : endswith(t, ".\${local.made}")])`,
          ),
        }
      : {}),
    needs: creationNeeds(env),
  };
}

/**
 * What a guest is made from.
 * @param env the env
 * @returns words such as `disk=local-lvm`; no value has a space in it
 */
function creationNeeds(env: Env): string[] {
  const { guest } = env;
  return [
    `node=${toTemplate(env.node)}`,
    `disk=${toTemplate(guest.diskStorage)}`,
    ...distinct(env.networks.map(({ bridge }) => bridge)).map((bridge) => `bridge=${toTemplate(bridge)}`),
    ...(guest.type === 'lxc'
      ? [`template=${toTemplate(guest.template)}`, `unprivileged=${guest.unprivileged}`]
      : [`clone=${guest.cloneVmid ?? 0}`]),
    ...guest.mountPoints.map(({ volume }) => `mount=${toTemplate(volume)}`),
    ...(mayBeReplaced(env) ? ['replaces=${local.replaces}'] : []),
  ];
}
