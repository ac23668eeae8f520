import { ExternalProvider } from '@cdktf/provider-external/lib/provider';
import { NullProvider } from '@cdktf/provider-null/lib/provider';
import { type TerraformElement, TerraformOutput, TerraformStack } from 'cdktf';
import type { Construct, Node } from 'constructs';
import type { Env, ProxmoxApi } from '../inventory/types';
import { renderBackend } from '../renderers/backend';
import { stackOutputs } from '../renderers/outputs';
import type { TemplateSource } from '../renderers/template';
import { application } from '../renderers/application';
import type { Contributors } from '../renderers/contribution';
import { guestConfiguration } from '../renderers/guest-configuration';
import { stackVariables } from '../renderers/variables';
import { addressesIn } from './addresses';
import { ExplicitBackend } from './backend';
import { Guest } from './guest';
import { Layers } from './layers';
import { Locals } from './locals';
import { LogicalIds } from './logical-ids';
import { Owner } from './owner';
import { sourceOf } from './providers';
import { StackFile } from './stack-file';
import { Variables } from './variables';
import { withoutComments } from './without-comments';

/** What a stack is made from. */
interface AppStackProps {
  env: Env;
  api: ProxmoxApi;
  /** Finds templates. */
  source: TemplateSource;
  /** The kinds of application and the features that there are. */
  registry: Contributors;
  /** The way from the stack's folder to the folder of cdktf.json, e.g. `../../..`. */
  toRoot: string;
}

/** The stack of one environment: its guest, the guards around it, and everything that is done to it. */
export class AppStack extends TerraformStack {
  /** The resources of the guest itself, without what is done inside of it. */
  readonly guestAddresses: readonly string[];
  /** The resources that configuring may change: the layers, and of an external host its owner's id. */
  readonly configurationAddresses: readonly string[];
  /** The resources that configure the guest, one for each layer. */
  readonly layerAddresses: readonly string[];
  /** The sources of its providers, e.g. `bpg/proxmox`. */
  readonly providerSources: readonly string[];
  readonly #logicalIds = new LogicalIds();

  /**
   * @param scope the app
   * @param id the stack's name
   * @param props what it is made from
   */
  constructor(scope: Construct, id: string, { env, api, source, registry, toRoot }: AppStackProps) {
    super(scope, id);
    this.synthesizer = new StackFile(this);
    const isGuest = env.guest.type !== 'external';
    const app = application(env, source, registry);
    this.addOverride('terraform.required_version', '>= 1.6');
    new ExplicitBackend(this, 'backend', renderBackend(env, toRoot));
    new NullProvider(this, 'null');
    new Variables(this, 'variables', stackVariables(env, api));

    if (env.present || api.caFile) new ExternalProvider(this, 'external');
    const owner = env.present ? new Owner(this, 'owner', env) : undefined;
    const guest = isGuest ? new Guest(this, 'guest', { env, api }) : undefined;
    this.guestAddresses = guest ? [owner, guest].flatMap((scope) => (scope ? addressesIn(scope) : [])) : [];
    const layers =
      env.present && env.configure
        ? new Layers(this, 'layers', {
            configuration: guestConfiguration(env, api, source, guest, app),
            guest,
          })
        : undefined;
    if (!layers && env.present && !env.guest.start) this.#sayNotConfigured();
    this.layerAddresses = layers ? addressesIn(layers) : [];
    this.configurationAddresses = addressesIn(this).filter(
      (address) => !this.guestAddresses.includes(address),
    );
    this.providerSources = this.allProviders().map(sourceOf);
    for (const [name, value] of Object.entries(env.present ? stackOutputs(env, app) : {})) {
      new TerraformOutput(this, name, { value });
    }
  }

  /** Nothing to prepare: CDKTF would resolve everything twice, to find references between stacks. */
  override prepareStack(): void {
    this.ensureBackendExists();
  }

  /** Without the comments of CDKTF on every resource, and with the local values as they are. */
  override toTerraform(): Record<string, unknown> {
    const blocks = withoutComments(super.toTerraform() as Record<string, unknown>);
    return { ...blocks, locals: Locals.of(this) };
  }

  /** What is nested keeps its plain name. */
  protected override allocateLogicalId(element: TerraformElement | Node): string {
    return this.#logicalIds.allocate(element);
  }

  #sayNotConfigured(): void {
    new Locals(this, 'locals', { configured: false });
    this.addOverride('check.not_configured', {
      assert: [
        {
          condition: '${local.configured}',
          error_message: `${this.node.id}: lxc_start_after_create is false, so nothing waits for SSH and nothing is configured on the guest.`,
        },
      ],
    });
  }
}
