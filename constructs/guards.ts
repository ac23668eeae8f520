import { DataExternal } from '@cdktf/provider-external/lib/data-external';
import { Resource } from '@cdktf/provider-null/lib/resource';
import { type ITerraformDependable, TerraformLocal, type TerraformStack } from 'cdktf';
import { DataProxmoxVirtualEnvironmentContainers } from '../.gen/providers/proxmox/data-proxmox-virtual-environment-containers';
import { DataProxmoxVirtualEnvironmentVms } from '../.gen/providers/proxmox/data-proxmox-virtual-environment-vms';
import type { Env, ProxmoxApi } from '../inventory/types';
import { toTemplate } from '../renderers/expression';
import { type Guard, guardLocals, guestGuards, searchedCheck } from '../renderers/guards';
import { planCredentials, PREFLIGHT, preflightCredentials, preflightSettings } from '../renderers/preflight';
import { CREATED_TAG } from '../renderers/tags';

/** What a guest has to wait for and to hold. */
export interface Guarded {
  preconditions: readonly Guard[];
  dependsOn: ITerraformDependable[];
  /** The tag that says when the guest was created. */
  created: string;
}

/** Of an env that is absent: there is nothing to create. */
export const UNGUARDED: Guarded = { preconditions: [], dependsOn: [], created: CREATED_TAG };

/**
 * Everything that keeps a stack from touching a guest that is not its own:
 * at plan the cluster's lists and, where the credentials are in the environment, every guest's configuration;
 * before every create the same once more, by a preflight that asks the cluster itself.
 * @param stack the stack
 * @param env the env
 * @param api how the API is reached
 * @returns what the guest must hold and wait for
 */
export function guardGuest(stack: TerraformStack, env: Env, api: ProxmoxApi): Guarded {
  new DataProxmoxVirtualEnvironmentContainers(stack, 'all_containers').overrideLogicalId('all');
  new DataProxmoxVirtualEnvironmentVms(stack, 'all_vms').overrideLogicalId('all');

  for (const [name, value] of Object.entries(guardLocals(env))) {
    new TerraformLocal(stack, `local ${name}`, value).overrideLogicalId(name);
  }

  const adopting = '${length(local.holders) > 0 ? "yes" : "no"}';
  const settings = preflightSettings(env, api, adopting);

  const address = new DataExternal(stack, 'data address', {
    program: [
      'env',
      'MODE=plan',
      ...Object.entries(settings).map(([name, value]) => `${name}=${value}`),
      `CREDENTIALS=${planCredentials(api)}`,
      '/bin/sh',
      PREFLIGHT,
    ],
  });
  address.overrideLogicalId('address');
  // Only while the cluster's list does not already say that the address is this guest's.
  address.addOverride('count', '${local.address_is_ours || local.refused ? 0 : 1}');

  const preflight = new Resource(stack, 'preflight', {
    triggers: {
      guest: '${local.created}',
      // What makes a replacement, which is a create.
      of: `${env.vmid} ${env.ip.address}, node ${toTemplate(env.node)}, disk on ${toTemplate(env.guest.diskStorage)}, ${env.guest.unprivileged ? 'unprivileged' : 'privileged'}`,
    },
  });
  preflight.addOverride('provisioner', [
    {
      'local-exec': {
        command: `exec /bin/sh ${PREFLIGHT}`,
        quiet: true,
        environment: { MODE: 'apply', ...settings, ...preflightCredentials(api) },
      },
    },
  ]);

  const searched = searchedCheck();
  stack.addOverride('check.address', {
    assert: [{ condition: searched.condition, error_message: searched.errorMessage }],
  });
  return { preconditions: guestGuards(env), dependsOn: [preflight], created: '${local.created}' };
}
