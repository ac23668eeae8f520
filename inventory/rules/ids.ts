import type { InventoryInput } from '../schema/inventory';
import { isId } from '../names';
import { type Draft, groupOf } from '../resolve';
import type { Validation } from '../validation';

/** Ids of projects and envs: their form, and that no two make the same stack, tag or group. */
export function checkIds(input: InventoryInput, drafts: readonly Draft[], validation: Validation): void {
  const projects = Object.entries(input.app_projects);
  if (projects.length === 0 && !validation.isRefused(['app_projects'])) {
    validation.error(['app_projects'], 'holds no project', 'write one: examples/inventory.yml is a start');
  }
  for (const [project, { envs }] of projects) {
    checkId(project, ['app_projects', project], 'project', validation);
    const envsPath = ['app_projects', project, 'envs'];
    if (Object.keys(envs).length === 0 && !validation.isRefused(envsPath)) {
      validation.error(envsPath, 'holds no environment', 'write one, e.g. dev');
    }
    for (const env of Object.keys(envs)) checkId(env, [...envsPath, env], 'environment', validation);
  }

  const stacks = new Map<string, Draft>();
  const groups = new Map<string, Draft>();
  for (const draft of drafts) {
    const sameStack = stacks.get(draft.stack);
    const sameGroup = groups.get(groupOf(draft));
    if (sameStack) {
      validation.error(
        draft.path,
        `makes the stack ${draft.stack}, which another environment makes`,
        'rename one of the two',
        sameStack.path,
      );
    } else if (sameGroup) {
      validation.error(
        draft.path,
        `makes the group ${groupOf(draft)}, which another environment makes`,
        'rename one of the two',
        sameGroup.path,
      );
    }
    stacks.set(draft.stack, sameStack ?? draft);
    groups.set(groupOf(draft), sameGroup ?? draft);
  }
}

function checkId(id: string, path: readonly string[], kind: string, validation: Validation): void {
  if (!isId(id)) {
    validation.error(path, `is not a ${kind} id`, 'use letters, digits and "-", beginning with a letter');
  } else if (id.length > 32) {
    validation.error(path, `is longer than 32 characters`, 'choose a shorter id');
  } else if (kind === 'environment' && id.toLowerCase() === 'all') {
    validation.error(path, 'makes the group of all environments', 'choose another id than "all"');
  }
}
