import type { Path } from './document';
import { groupPart, stackId } from './names';
import type { Registry } from './part';
import { guestKeys } from './schema/guest';
import type { InventoryInput, LevelKeys, Schema } from './schema/inventory';
import { type Found, Scope, type Written } from './scope';
import type { Validation } from './validation';

/** What stands on one level of the inventory: at the top, on a project or on an env. */
export type Level = Written<LevelKeys>;

/** An env before the rules: its values, and where each stands. */
export interface Draft {
  project: string;
  env: string;
  stack: string;
  /** Path of the env. */
  path: Path;
  /** Path of its project. */
  projectPath: Path;
  scope: Scope<LevelKeys>;
  guest: Scope<typeof guestKeys>;
  /** The kinds and features that there are. */
  registry: Registry;
}

/**
 * Every env of the inventory, sorted by stack.
 * @param input the inventory as parsed
 * @param schema what it was parsed by
 * @param validation tells which values were refused
 * @returns the drafts
 */
export function drafts(input: InventoryInput, schema: Schema, validation: Validation): Draft[] {
  const all = Object.entries(input.app_projects).flatMap(([project, projectInput]) =>
    Object.entries(projectInput.envs).map(([env, envInput]): Draft => {
      const projectPath = ['app_projects', project];
      const path = [...projectPath, 'envs', env];
      const levels: Found<Level>[] = [
        { value: envInput, path },
        { value: projectInput, path: projectPath },
        { value: input, path: [] },
      ];
      const scope = new Scope(schema.levelKeys, levels, validation);
      return {
        project,
        env,
        stack: stackId(project, env),
        path,
        projectPath,
        scope,
        guest: scope.within('guest', guestKeys),
        registry: schema.registry,
      };
    }),
  );
  return all.sort((a, b) => (a.stack < b.stack ? -1 : a.stack > b.stack ? 1 : 0));
}

/** `app_<project>_<env>`, to tell collisions of ids that differ only in case or in `-`. */
export function groupOf(draft: Draft): string {
  return `app_${groupPart(draft.project)}_${groupPart(draft.env)}`.toLowerCase();
}

/** Whether Proxmox refuses to destroy the guest. */
export function isProtected({ env, guest }: Draft): boolean {
  return guest.maybe('protection') ?? env.toLowerCase() === 'prod';
}

/** Whether a guest holds data that a plan must not destroy. */
export function keepsData({ scope, registry }: Draft): boolean {
  const hasData = Object.values(registry).some(({ holdsData }) => holdsData?.(scope));
  return (scope.maybe('data') ?? (hasData ? 'keep' : 'disposable')) === 'keep';
}
