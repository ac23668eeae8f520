import { TerraformBackend, type TerraformRemoteState } from 'cdktf';
import type { Construct } from 'constructs';
import type { Backend } from '../renderers/backend';

/**
 * Any backend, written out. cdktf's own CloudBackend runs `terraform version` once per stack, and its
 * LocalBackend writes an absolute path.
 */
export class ExplicitBackend extends TerraformBackend {
  /**
   * @param scope the stack
   * @param id the construct's id
   * @param backend the backend's type and settings
   */
  constructor(
    scope: Construct,
    id: string,
    private readonly backend: Backend,
  ) {
    super(scope, id, backend.name);
  }

  /** `cloud` is a block beside `backend`, all others are in it. */
  override toTerraform(): Record<string, unknown> {
    const { name, settings } = this.backend;
    return { terraform: name === 'cloud' ? { cloud: settings } : { backend: { [name]: settings } } };
  }

  /** What the cdktf CLI reads: HCP Terraform is `tfc`, Terraform Enterprise `tfe`. */
  override toMetadata(): Record<string, unknown> {
    const { name, settings } = this.backend;
    return { backend: name, ...(name === 'cloud' ? { cloud: settings['hostname'] ? 'tfe' : 'tfc' } : {}) };
  }

  /** @throws Error always: stacks of this tool never refer to each other */
  override getRemoteStateDataSource(): TerraformRemoteState {
    throw new Error('stacks do not refer to each other');
  }
}
