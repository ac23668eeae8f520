/*
 * The kinds of application and the features that there are: one line each. main.ts and cli/ hand them in; inventory/
 * and renderers/ know none by name. Where one stands among its like, its own `order` says.
 */
export { node } from './kinds/node';
export { python } from './kinds/python';
export { postgresql } from './features/postgresql';
export { redis } from './features/redis';
export { jobs } from './features/jobs';
export { failure } from './features/failure';
export { web } from './features/web';
