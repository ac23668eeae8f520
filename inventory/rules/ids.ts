import type { InventoryInput } from '../schema/inventory';
import type { Path } from '../document';
import { groupPart, isId, nearestId } from '../names';
import { type Draft, groupOf } from '../draft';
import type { Validation } from '../validation';

/** Ids of projects and envs: their form, and that no two make the same stack, tag or group. */
export function checkIds(input: InventoryInput, drafts: readonly Draft[], validation: Validation): void {
  const projects = Object.entries(input.app_projects);
  const ids = new Map<string, string>();
  const groups = new Map<string, Maker>();
  if (projects.length === 0 && !validation.isRefused(['app_projects'])) {
    validation.error(['app_projects'], 'holds no project', 'write one: examples/inventory.yml is a start');
  }
  for (const [project, { envs }] of projects) {
    const path = ['app_projects', project];
    checkId(project, path, 'project', validation);
    const same = ids.get(project.toLowerCase());
    if (same === undefined) ids.set(project.toLowerCase(), project);
    else {
      validation.error(path, 'differs from another project only in case', 'rename one of the two', [
        'app_projects',
        same,
      ]);
    }
    groups.set(`app_${groupPart(project)}_all`.toLowerCase(), { project, what: 'project', path });
    const envsPath = [...path, 'envs'];
    if (Object.keys(envs).length === 0 && !validation.isRefused(envsPath)) {
      validation.error(envsPath, 'holds no environment', 'write one, e.g. dev');
    }
    for (const env of Object.keys(envs)) checkId(env, [...envsPath, env], 'environment', validation);
  }

  const stacks = new Map<string, Draft>();
  for (const draft of drafts) {
    const { project, path } = draft;
    const sameStack = stacks.get(draft.stack);
    const sameGroup = groups.get(groupOf(draft));
    if (sameStack && sameStack.project !== project && isSame(sameStack.project, project)) {
      // Said of the projects.
    } else if (sameStack) {
      validation.error(
        draft.path,
        `makes the stack ${draft.stack}, which another environment makes`,
        'rename one of the two',
        sameStack.path,
      );
    } else if (sameGroup && !(sameGroup.what === 'project' && isSame(sameGroup.project, project))) {
      validation.error(
        draft.path,
        `makes the group ${groupOf(draft)}, which another ${sameGroup.what} makes`,
        'rename one of the two',
        sameGroup.path,
      );
    }
    stacks.set(draft.stack, sameStack ?? draft);
    groups.set(groupOf(draft), sameGroup ?? { project, what: 'environment', path });
  }
}

/** Whose group it is. */
interface Maker {
  project: string;
  what: 'project' | 'environment';
  path: Path;
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function checkId(id: string, path: readonly string[], kind: string, validation: Validation): void {
  if (!isId(id)) {
    const meant = nearestId(id);
    validation.error(
      path,
      `is not ${kind === 'project' ? 'a' : 'an'} ${kind} id`,
      meant === undefined
        ? 'use letters, digits and "-", beginning with a letter'
        : `write ${meant}: letters, digits and "-"`,
    );
  } else if (id.length > 32) {
    validation.error(path, 'is longer than 32 characters', 'choose a shorter id');
  } else if (id.toLowerCase() === 'all') {
    const what =
      kind === 'project' ? 'means every project to the commands' : 'makes the group of all environments';
    validation.error(path, what, 'choose another id than "all"');
  }
}
