import { defineKind } from '../../inventory/part';

/** A program in Go: one service, which listens on `backend_port`. */
export const go = defineKind({
  keys: {},
  resolve: (scope) => ({ port: scope.get('backend_port') }),
});
