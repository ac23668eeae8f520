import type { Draft } from '../draft';
import type { Validation } from '../validation';

const SSH_PORT = 22;

/** The ports of an env: apart from each other and from SSH. */
export function checkPorts(draft: Draft, validation: Validation): void {
  const backend = draft.scope.find('backend_port');
  const frontend = draft.scope.find('frontend_port');
  for (const port of [backend, frontend]) {
    if (port?.value === SSH_PORT && !validation.isRefused(port.path)) {
      validation.error(port.path, "is SSH's port", 'choose another port');
    }
  }
  if (draft.scope.get('app_type') !== 'node') return;
  if (draft.scope.get('backend_port') !== draft.scope.get('frontend_port')) return;
  const path = frontend?.path ?? backend?.path;
  if (path && !validation.isRefused(path)) {
    validation.error(path, 'is the port of both backend and frontend', 'give each a port of its own');
  }
}
