import type { Env } from '../inventory/types';

/**
 * What somebody should know who exports variables and lets HCP Terraform run: Terraform sends those of its environment
 * along, and they stand in the run, readable in clear.
 * @param envs the stacks
 * @param environment of this process
 * @returns a sentence; undefined where nothing of the kind is set
 */
export function exportedToCloud(envs: readonly Env[], environment: NodeJS.ProcessEnv): string | undefined {
  const stacks = envs.filter(({ backend }) => backend.type === 'cloud').map(({ stack }) => stack);
  const names = Object.keys(environment).filter((name) => name.startsWith('TF_VAR_') && environment[name]);
  if (stacks.length === 0 || names.length === 0) return undefined;
  const list =
    names.sort().slice(0, 3).join(', ') + (names.length > 3 ? ` and ${names.length - 3} more` : '');
  return `With remote execution Terraform sends ${list} along with a run of ${stacks[0] ?? ''}${stacks.length > 1 ? ' and the others' : ''}, where they stand in clear: unset them and make them variables of the workspace (pvestack variables --tfe). With local execution they stay here.`;
}
