import os from 'node:os';

/**
 * Who does this, for the history on the guest: as the environment says, the actor of a pipeline, or this user.
 * renderers/owner.ts says the same for Terraform.
 * @param environment the environment variables
 * @returns e.g. `ann@desk`
 */
export function actor(environment: NodeJS.ProcessEnv = process.env): string {
  const { PVESTACK_BY: said, GITHUB_ACTOR: github, GITLAB_USER_LOGIN: gitlab } = environment;
  const name = [said, github, gitlab].find(Boolean) ?? `${os.userInfo().username}@${os.hostname()}`;
  return name.replace(/[^A-Za-z0-9.@_+-]/g, '').slice(0, 64);
}
