import { Resource } from '@cdktf/provider-null/lib/resource';
import { TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import type { Env } from '../inventory/types';
import { agentCheck, connection, keyGuards, sshReady } from '../renderers/connection';
import { firstContact } from '../renderers/look';
import type { GuestRef } from './guest';

/** What the wait for SSH is made from. */
interface SshReadyProps {
  env: Env;
  /** Undefined for an external host. */
  guest: GuestRef | undefined;
}

/** Waits until the guest lets Terraform log in by SSH: everything that connects to it depends on this. */
export class SshReady extends Resource {
  /**
   * @param scope the stack
   * @param id the resource's name
   * @param props what it is made from
   */
  constructor(scope: Construct, id: string, { env, guest }: SshReadyProps) {
    super(scope, id, {
      lifecycle: { precondition: keyGuards(env) },
      triggers: {
        address: env.address,
        // The MAC tells a re-created guest from the one before; the id alone stays the same.
        ...(guest ? { guest: `\${${guest.id}} \${${guest.mac}}` } : {}),
      },
      ...(guest ? { dependsOn: [guest.dependable] } : {}),
    });
    this.addOverride('connection', connection(env));
    this.addOverride('provisioner', [
      firstContact(env),
      { 'remote-exec': { inline: [`echo "${sshReady(env)}"`] } },
    ]);
    const check = agentCheck(env);
    if (!check) return;
    TerraformStack.of(this).addOverride('check.ssh_agent', {
      assert: [{ condition: check.condition, error_message: check.errorMessage }],
    });
  }
}
