import { DataExternal } from '@cdktf/provider-external/lib/data-external';
import { Resource } from '@cdktf/provider-null/lib/resource';
import { type ITerraformDependable, TerraformStack, Token } from 'cdktf';
import { Construct } from 'constructs';
import { DataProxmoxVirtualEnvironmentContainers } from '../.gen/providers/proxmox/data-proxmox-virtual-environment-containers';
import { DataProxmoxVirtualEnvironmentVms } from '../.gen/providers/proxmox/data-proxmox-virtual-environment-vms';
import type { Env, ProxmoxApi } from '../inventory/types';
import { mayBeReplaced } from '../renderers/creatable';
import { template, toTemplate } from '../renderers/expression';
import { type Guard, guardLocals, guestGuards, searchedCheck } from '../renderers/guards';
import { planCredentials, PREFLIGHT, preflightCredentials, preflightSettings } from '../renderers/preflight';
import { isPinned, tagsWithPin } from '../renderers/host-key';
import { CREATED_TAG, guestTags, OWNER_TAG } from '../renderers/tags';
import { Locals } from './locals';

/** What a guest has to wait for and to hold. */
export interface Guarded {
  preconditions: readonly Guard[];
  dependsOn: ITerraformDependable[];
  /** The tag that says when the guest was created. */
  created: string;
  /** The tag that says whose the guest is. */
  owner: string;
}

/** Of an env that is absent: there is nothing to create. */
export const UNGUARDED: Guarded = {
  preconditions: [],
  dependsOn: [],
  created: CREATED_TAG,
  owner: OWNER_TAG,
};

/**
 * The tags of a guest.
 * @param env the env
 * @param guarded of it what was made at its create
 * @returns a list, with the pin of its host key at its place once there is one
 */
export function tagsOf(env: Env, { created, owner }: Guarded): string[] {
  const tags = guestTags(env, created, owner);
  if (!isPinned(env)) return tags;
  return Token.asList(tagsWithPin());
}

/** What the resource of a guest is made from. */
export interface GuardedProps {
  env: Env;
  /** What it waits for and must hold. */
  guarded: Guarded;
}

/** What the guards of a guest are made from. */
interface GuestGuardsProps {
  env: Env;
  /** How the API is reached. */
  api: ProxmoxApi;
}

/**
 * Everything that keeps a stack from touching a guest that is not its own:
 * at plan the cluster's lists and, where the credentials are in the environment, every guest's configuration;
 * before every create the same once more, by a preflight that asks the cluster itself.
 */
export class GuestGuards extends Construct implements Guarded {
  readonly preconditions: readonly Guard[];
  readonly dependsOn: ITerraformDependable[];
  readonly created = '${local.created}';
  readonly owner = '${local.owner}';

  /**
   * @param scope the guest's construct
   * @param id the construct's id
   * @param props what they are made from
   */
  constructor(scope: Construct, id: string, { env, api }: GuestGuardsProps) {
    super(scope, id);
    new DataProxmoxVirtualEnvironmentContainers(new Construct(this, 'containers'), 'all');
    new DataProxmoxVirtualEnvironmentVms(new Construct(this, 'vms'), 'all');
    const { created, owner } = this;
    new Locals(this, 'locals', {
      ...guardLocals(env),
      ...(isPinned(env) ? { tags: guestTags(env, created, owner) } : {}),
    });

    const adopting = '${length(local.holders) > 0 ? "yes" : "no"}';
    const settings = preflightSettings(env, api, adopting);

    const address = new DataExternal(this, 'address', {
      program: [
        'env',
        'MODE=plan',
        ...Object.entries(settings).map(([name, value]) => `${name}=${value}`),
        `CREDENTIALS=${planCredentials(api)}`,
        '/bin/sh',
        PREFLIGHT,
      ],
    });
    // Only while the cluster's list does not already say that the address is this guest's, and that it stays.
    const settled = mayBeReplaced(env) ? 'local.address_is_ours && !local.replaces' : 'local.address_is_ours';
    address.addOverride('count', template(`${settled} || local.refused ? 0 : 1`));

    const preflight = new Resource(this, 'preflight', {
      triggers: {
        // When it was created, and what makes a replacement, which is a create.
        guest: `${this.created} of ${env.vmid} ${env.addresses.join(' ')}, node ${toTemplate(env.node)}, disk on ${toTemplate(env.guest.diskStorage)}, ${env.guest.unprivileged ? 'unprivileged' : 'privileged'}`,
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
    TerraformStack.of(this).addOverride('check.address', {
      assert: [{ condition: searched.condition, error_message: searched.errorMessage }],
    });
    this.preconditions = guestGuards(env);
    this.dependsOn = [preflight];
  }
}
