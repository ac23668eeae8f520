import { DataExternal } from '@cdktf/provider-external/lib/data-external';
import { Resource } from '@cdktf/provider-null/lib/resource';
import { type ITerraformDependable, TerraformLocal, type TerraformStack } from 'cdktf';
import { DataProxmoxVirtualEnvironmentContainers } from '../.gen/providers/proxmox/data-proxmox-virtual-environment-containers';
import { DataProxmoxVirtualEnvironmentVms } from '../.gen/providers/proxmox/data-proxmox-virtual-environment-vms';
import type { Env, ProxmoxApi } from '../inventory/types';
import { toTemplate } from '../renderers/expression';
import { type Guard, guardLocals, guestGuards, searchedCheck } from '../renderers/guards';
import { preflightCredentials, preflightScript, preflightSettings } from '../renderers/preflight';
import { CREATED_TAG } from '../renderers/tags';
import type { TemplateSource } from '../renderers/template';

/** What a guest has to wait for and to hold. */
export interface Guarded {
  preconditions: readonly Guard[];
  dependsOn: ITerraformDependable[];
  /** The tag that says when the guest was created. */
  created: string;
}

/** Of an env that is absent: there is nothing to create. */
export const UNGUARDED: Guarded = { preconditions: [], dependsOn: [], created: CREATED_TAG };

const SHELL = ['/bin/sh', '-c'];

/**
 * Everything that keeps a stack from touching a guest that is not its own (DESIGN 7):
 * at plan the cluster's lists and, where the credentials are in the environment, every guest's configuration;
 * before every create the same once more, by a preflight that asks the cluster itself.
 * @param stack the stack
 * @param env the env
 * @param api how the API is reached
 * @param source finds the template of the preflight
 * @returns what the guest must hold and wait for
 */
export function guardGuest(
  stack: TerraformStack,
  env: Env,
  api: ProxmoxApi,
  source: TemplateSource,
): Guarded {
  new DataProxmoxVirtualEnvironmentContainers(stack, 'all_containers').overrideLogicalId('all');
  new DataProxmoxVirtualEnvironmentVms(stack, 'all_vms').overrideLogicalId('all');

  const locals = { ...guardLocals(env), preflight: preflightScript(env, api, source) };
  for (const [name, value] of Object.entries(locals)) {
    // A construct's id is unique in its scope, and `preflight` is a resource, too.
    new TerraformLocal(stack, `local ${name}`, value).overrideLogicalId(name);
  }

  const script = '${join("\\n", local.preflight)}';
  const adopting = '${length(local.holders) > 0 ? "yes" : "no"}';
  const settings = preflightSettings(env, api, adopting);

  const address = new DataExternal(stack, 'data address', {
    program: [
      'env',
      'MODE=plan',
      ...Object.entries(settings).map(([name, value]) => `${name}=${value}`),
      ...SHELL,
      script,
    ],
  });
  address.overrideLogicalId('address');
  // Only while the cluster's list does not already say that the address is this guest's.
  address.addOverride('count', '${local.address_is_ours || local.refused ? 0 : 1}');

  const preflight = new Resource(stack, 'preflight', {
    triggers: {
      address: env.ip.address,
      disk_storage: toTemplate(env.guest.diskStorage),
      guest: '${local.created}',
      node: toTemplate(env.node),
      unprivileged: String(env.guest.unprivileged),
      vmid: String(env.vmid),
    },
  });
  preflight.addOverride('provisioner', [
    {
      'local-exec': {
        // The script itself as a command would stand before the message when it refuses.
        command: 'exec /bin/sh -c "$PREFLIGHT"',
        quiet: true,
        interpreter: SHELL,
        environment: { MODE: 'apply', PREFLIGHT: script, ...settings, ...preflightCredentials(api) },
      },
    },
  ]);

  const searched = searchedCheck();
  stack.addOverride('check.address', {
    assert: [{ condition: searched.condition, error_message: searched.errorMessage }],
  });
  return { preconditions: guestGuards(env), dependsOn: [preflight], created: '${local.created}' };
}
