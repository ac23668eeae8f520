import { ExternalProvider } from '@cdktf/provider-external/lib/provider';
import { NullProvider } from '@cdktf/provider-null/lib/provider';
import { TerraformLocal, TerraformOutput, TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import type { Env, ProxmoxApi } from '../inventory/types';
import { renderBackend } from '../renderers/backend';
import { stackOutputs } from '../renderers/outputs';
import type { TemplateSource } from '../renderers/template';
import { application } from '../renderers/application';
import { guestConfiguration } from '../renderers/guest-configuration';
import {
  ALLOW_IP_CONFLICTS,
  LOOK_AT_GUEST,
  RELEASE,
  SSH_VARIABLES,
  vaultVariables,
} from '../renderers/variables';
import { withoutComments } from '../renderers/json';
import { ExplicitBackend } from './backend';
import { createGuest } from './guest';
import { configureGuest } from './layers';
import { waitForSsh } from './ssh';
import { declareVariables } from './variables';

/** What a stack is made from. */
export interface AppStackProps {
  env: Env;
  api: ProxmoxApi;
  /** Finds templates. */
  source: TemplateSource;
  /** The way from the stack's folder to the folder of cdktf.json, e.g. `../../..`. */
  toRoot: string;
}

/** The stack of one environment: its guest, the guards around it, and everything that is done to it. */
export class AppStack extends TerraformStack {
  /**
   * @param scope the app
   * @param props what it is made from
   */
  constructor(
    scope: Construct,
    private readonly props: AppStackProps,
  ) {
    super(scope, props.env.stack);
    const { env, api, source } = props;
    const isGuest = env.guest.type !== 'external';
    const app = application(env, source);
    new ExplicitBackend(this, renderBackend(env, props.toRoot));
    new NullProvider(this, 'null');
    declareVariables(this, [
      ...vaultVariables(env, api),
      ...(isGuest && env.present ? [ALLOW_IP_CONFLICTS] : []),
      ...(env.configure && env.present ? [...SSH_VARIABLES, LOOK_AT_GUEST] : []),
      ...(env.configure && env.present && app ? [RELEASE] : []),
    ]);

    if (env.present || api.caFile) new ExternalProvider(this, 'external');
    const guest = createGuest(this, env, api);
    if (!env.present) return;
    if (env.configure)
      configureGuest(this, guestConfiguration(env, source, guest), waitForSsh(this, env, guest));
    else if (!env.guest.start) this.#sayNotConfigured();
    for (const [name, value] of Object.entries(stackOutputs(env, app))) {
      new TerraformOutput(this, name, { value });
    }
  }

  /** Nothing to prepare: CDKTF would resolve everything twice, to find references between stacks. */
  override prepareStack(): void {
    this.ensureBackendExists();
  }

  /** Without the comments of CDKTF on every resource. */
  override toTerraform(): Record<string, unknown> {
    return withoutComments(super.toTerraform() as Record<string, unknown>);
  }

  #sayNotConfigured(): void {
    const { env } = this.props;
    new TerraformLocal(this, 'configured', false);
    this.addOverride('check.not_configured', {
      assert: [
        {
          condition: '${local.configured}',
          error_message: `${env.stack}: lxc_start_after_create is false, so nothing waits for SSH and nothing is configured on the guest.`,
        },
      ],
    });
  }
}
