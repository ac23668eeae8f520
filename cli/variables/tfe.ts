import type { Env } from '../../inventory/types';
import { UserError } from '../../inventory/user-error';
import type { Wanted } from './collect';
import { toBeGiven } from './formats';

/** What a workspace or a set of variables is to have. */
export interface WorkspaceVariable {
  /** `TF_VAR_<name>` in the category `env`, else the name. */
  key: string;
  /** The Terraform variable. */
  name: string;
  description: string;
  category: 'env' | 'terraform';
  sensitive: boolean;
}

/** What an organization of HCP Terraform or Terraform Enterprise is to have. */
export interface Organization {
  hostname: string;
  organization: string;
  /** Those of more than one stack. */
  set: { name: string; variables: WorkspaceVariable[] };
  workspaces: {
    name: string;
    project?: string;
    /** `agent` with a pool of agents, else `local`: runs in the cloud reach neither Proxmox nor the guests. */
    mode: 'agent' | 'local';
    agentPool?: string;
    /** The version of Terraform that runs there. */
    terraform?: string;
    variables: WorkspaceVariable[];
  }[];
}

/** How workspaces are made. */
export interface WorkspaceOptions {
  /** The id of a pool of agents, e.g. `apool-…`. */
  agentPool?: string;
  /** The version of Terraform. */
  terraform?: string;
}

/**
 * What the organizations of stacks are to have: what several stacks use in a set of variables, all else in the workspace.
 * @param envs the stacks
 * @param wanted their variables
 * @param options how workspaces are made
 * @returns one for each organization
 * @throws UserError where a stack's state is elsewhere
 */
export function organizations(
  envs: readonly Env[],
  wanted: readonly Wanted[],
  { agentPool, terraform }: WorkspaceOptions,
): Organization[] {
  const others = envs.filter(({ backend }) => backend.type !== 'cloud');
  if (others.length > 0) {
    const list = others.map(({ stack, backend }) => `${stack} (${backend.type})`).join(', ');
    throw new UserError(
      `--tfe is for stacks with backend: {type: cloud}, and these have another: ${list}. Name the others, or change the backend.`,
    );
  }
  const found = new Map<string, Organization>();
  for (const { stack, backend } of envs) {
    if (backend.type !== 'cloud') continue;
    const { organization, hostname = 'app.terraform.io', project } = backend;
    const key = `${hostname}/${organization}`;
    const one = found.get(key) ?? {
      hostname,
      organization,
      set: { name: 'pvestack', variables: [] },
      workspaces: [],
    };
    one.workspaces.push({
      name: stack,
      ...(project === undefined ? {} : { project }),
      mode: agentPool === undefined ? 'local' : 'agent',
      ...(agentPool === undefined ? {} : { agentPool }),
      ...(terraform === undefined ? {} : { terraform }),
      variables: [],
    });
    found.set(key, one);
  }
  for (const one of found.values()) {
    for (const variable of toBeGiven(wanted)) {
      const users = one.workspaces.filter(({ name }) => variable.stacks.includes(name));
      const target = users.length > 1 && users.length === one.workspaces.length ? [one.set] : users;
      for (const { variables } of target) variables.push(workspaceVariable(variable));
    }
  }
  return [...found.values()];
}

function workspaceVariable({ name, description, places, category, secret }: Wanted): WorkspaceVariable {
  return {
    key: category === 'env' ? `TF_VAR_${name}` : name,
    name,
    description: places[0]?.key ?? description,
    category,
    sensitive: secret,
  };
}
