import { Resource } from '@cdktf/provider-null/lib/resource';
import type { ITerraformDependable, TerraformStack } from 'cdktf';
import type { Env } from '../inventory/types';
import { connection } from '../renderers/connection';
import type { GuestRef } from './guest';

/**
 * Waits until the guest lets Terraform log in by SSH, so that the stack counts as done only then.
 * @param stack the stack
 * @param env the env
 * @param guest the guest; undefined for an external host
 * @returns what everything that connects to the guest depends on
 */
export function waitForSsh(
  stack: TerraformStack,
  env: Env,
  guest: GuestRef | undefined,
): ITerraformDependable {
  const ready = new Resource(stack, 'ssh', {
    triggers: {
      address: env.ip.address,
      // The MAC tells a re-created guest from the one before; the id alone stays the same.
      ...(guest ? { guest: `\${${guest.id}} \${${guest.mac}}` } : {}),
    },
    ...(guest ? { dependsOn: [guest.dependable] } : {}),
  });
  ready.addOverride('connection', connection(env));
  ready.addOverride('provisioner', [{ 'remote-exec': { inline: ['echo "SSH: ready"'] } }]);
  return ready;
}
