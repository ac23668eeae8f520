/**
 * The id of a stack: also its workspace, its state file and the tag that marks a guest as ours.
 * @param project project id
 * @param env environment id
 * @returns `app-<project>-<env>` in lower case
 */
export function stackId(project: string, env: string): string {
  return `app-${project}-${env}`.toLowerCase();
}

/**
 * Whether an id may name a project or an environment.
 * @param id the id
 * @returns true for letters, digits and `-`, beginning with a letter, not ending with `-`
 */
export function isId(id: string): boolean {
  return /^[A-Za-z]([A-Za-z0-9-]*[A-Za-z0-9])?$/.test(id);
}

/**
 * An id in an Ansible group name, which takes no `-`.
 * @param id the id
 * @returns the id with `_` for each `-`
 */
export function groupPart(id: string): string {
  return id.replaceAll('-', '_');
}

/**
 * The Ansible groups of a guest, as the seed's playbooks name them.
 * @param project project id
 * @param env environment id
 * @returns `app_all`, `app_<project>_all`, `app_<project>_<env>`
 */
export function groups(project: string, env: string): string[] {
  const p = groupPart(project);
  return ['app_all', `app_${p}_all`, `app_${p}_${groupPart(env)}`];
}

/**
 * What an id is probably meant to be.
 * @param text what was written
 * @returns the nearest id; undefined where there is none
 */
export function nearestId(text: string): string | undefined {
  const id = inLetters(text);
  return isId(id) ? id : undefined;
}

/**
 * What a part of a host name, or another name of lower-case letters, digits and `-`, is probably meant to be.
 * @param text what was written
 * @returns the nearest name; undefined where there is none
 */
export function nearestLabel(text: string): string | undefined {
  return inLetters(text).toLowerCase() || undefined;
}

/** Letters, digits and `-` alone, without accents, `-` in the place of anything else. */
function inLetters(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}
