import type { Contributor } from '../../renderers/contribution';

/** Debian's Redis, which listens on this guest only, for an application that is told where it is. */
export const redis: Contributor = ({ app }) =>
  'REDIS_URL' in app.envVars ? { packages: ['redis-server'], after: ['redis-server.service'] } : {};
