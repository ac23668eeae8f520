import type { Env } from '../inventory/types';
import { OWNER } from './owner';

/** Of a guest that may be destroyed. */
const UNPROTECTED = 'unprotected';

/** What the last deploy said of the guest. */
const DEPLOYED = '${regex("^[^ ]+ [^ ]+ (.*)$", self.input)[0]}';

/**
 * What holds a guest, in words for a person; Terraform keeps them as they were deployed.
 * @param env the env
 * @returns its protection and its data
 */
function protectionOf({ guest }: Env): string {
  const held = [
    ...(guest.protection ? ['protected'] : []),
    ...(guest.keepsData ? ['holding data (data: keep)'] : []),
  ];
  return held.join(' and ') || UNPROTECTED;
}

/**
 * What Terraform keeps of a guest, for the questions before its destruction.
 * @param env the env
 * @returns VMID, owner, and what holds the guest
 */
export function whoseAndHeld(env: Env): string {
  return `${env.vmid} \${${OWNER}} ${protectionOf(env)}`;
}

/**
 * What refuses to destroy a guest that was deployed protected or with data to keep.
 * @param env the env
 * @returns a provisioner of a resource whose input is what the last deploy knew
 */
export function refuseWhatIsHeld(env: Env): Record<string, unknown> {
  return {
    'local-exec': {
      when: 'destroy',
      command: `case "\${self.input}" in *" ${UNPROTECTED}") ;; *) echo "${protectionRefusal(env, DEPLOYED)}" >&2; exit 1 ;; esac`,
    },
  };
}

/**
 * What is said where a guest would be destroyed or replaced all the same.
 * @param env the env
 * @param deployed what the last deploy said of it
 * @returns text for between double quotes of a shell
 */
function protectionRefusal({ stack, present }: Env, deployed: string): string {
  return (
    `${stack} is ${deployed}. Nothing was touched. So it was deployed last, whatever the inventory says now. To ` +
    `${present ? 'destroy or replace' : 'destroy'} its guest, first deploy no other change than ` +
    'guest: {protection: false, prevent_destroy: false} and, if it holds data, data: disposable.'
  );
}

/**
 * The same question to the guest itself, for a run whose -target leaves out what asks it otherwise. Terraform has just
 * read its protection; of its data Proxmox knows nothing.
 * @param env the env
 * @returns code of a shell, for a provisioner of the guest that runs before it is destroyed
 */
export function stillHeld(env: Env): string {
  const { keepsData } = env.guest;
  const refuse = `{ echo "${protectionRefusal(env, keepsData ? protectionOf(env) : 'protected')}" >&2; exit 1; }`;
  return keepsData ? refuse : `[ \${self.protection == true} = false ] || ${refuse}`;
}
