import type { InventoryInput } from '../schema/inventory';
import { NOT_A_URL, repoProblem } from '../schema/git';
import type { Draft } from '../resolve';
import type { Validation } from '../validation';

const SSH_PORT = 22;

/** The repository of each project. */
export function checkRepos(input: InventoryInput, validation: Validation): void {
  for (const [project, { repo }] of Object.entries(input.app_projects)) {
    if (repo === undefined) continue;
    const path = ['app_projects', project, 'repo'];
    if (validation.isRefused(path)) continue;
    const problem = repoProblem(repo.replace(/\{\{.*?\}\}/gs, 'x'));
    // What a reference holds is not known: it may be what makes it a URL.
    if (!problem || (problem === NOT_A_URL && repo.includes('{{'))) continue;
    validation.error(path, problem.what, problem.fix);
  }
}

/** The ports of an env: apart from each other and from SSH. */
export function checkPorts(draft: Draft, validation: Validation): void {
  const backend = draft.scope.find('backend_port');
  const frontend = draft.scope.find('frontend_port');
  for (const port of [backend, frontend]) {
    if (port?.value === SSH_PORT && !validation.isRefused(port.path)) {
      validation.error(port.path, "is SSH's port", 'choose another port');
    }
  }
  if (draft.scope.get('app_type', 'node') !== 'node') return;
  if ((backend?.value ?? 3001) !== (frontend?.value ?? 3000)) return;
  const path = frontend?.path ?? backend?.path;
  if (path && !validation.isRefused(path)) {
    validation.error(path, 'is the port of both backend and frontend', 'give each a port of its own');
  }
}
