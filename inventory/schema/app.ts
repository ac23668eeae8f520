import { bool, command, key, plain, whole } from './fields';

const folder = (): ReturnType<typeof plain> =>
  plain(
    (value) => /^[A-Za-z0-9_][A-Za-z0-9._-]*(\/[A-Za-z0-9_][A-Za-z0-9._-]*)*$/.test(value),
    'is not a folder of the repository',
    'write e.g. backend or services/api',
  );

const healthPath = (): ReturnType<typeof plain> =>
  plain((value) => /^\/[A-Za-z0-9._~/?=&%-]*$/.test(value), 'is not a path of a URL', 'write e.g. /health');

/** How a release is built, started and checked; for projects and envs. */
export const appKeys = {
  backend_dir: key(folder(), { description: "The backend's folder in the repository.", default: 'backend' }),
  frontend_dir: key(folder(), {
    description: "The frontend's folder in the repository.",
    default: 'frontend',
  }),
  backend_install: key(command(), {
    description: 'Installs the dependencies of the backend.',
    otherwise: '`npm ci`, without a lock file `npm install`',
  }),
  frontend_install: key(command(), {
    description: 'Installs the dependencies of the frontend.',
    otherwise: 'as the backend',
  }),
  backend_build: key(command(), {
    description: 'Builds the backend.',
    otherwise: 'the script `build` of its package.json, where there is one',
  }),
  frontend_build: key(command(), { description: 'Builds the frontend.', otherwise: 'as the backend' }),
  migrate: key(command(), {
    description: 'Migrates the data, in the new release, before it is switched to.',
    otherwise: 'the script `migrate` of the backend, where there is one',
  }),
  backend_start: key(command(), {
    description: 'Starts the backend, which listens on $PORT (a command line of systemd).',
    default: 'npm start',
  }),
  frontend_start: key(command(), {
    description: 'Starts the frontend, which listens on $PORT.',
    default: 'npm start',
  }),
  backend_health_path: key(healthPath(), {
    description: 'A path of the backend that answers 2xx or 3xx when all is well.',
    otherwise: '/, where anything but a server error will do',
  }),
  frontend_health_path: key(healthPath(), {
    description: 'The same of the frontend.',
    otherwise: 'as the backend',
  }),
  health_timeout: key(whole(1, 600, 'number of seconds'), {
    description: 'Seconds that a new release has for its first healthy answer.',
    default: 30,
  }),
  trial_start: key(bool(), {
    description:
      'Start a new release beside the old one, on another $PORT, before it is switched to. false for an application that must not run twice.',
    default: true,
  }),
  keep_releases: key(whole(2, 100, 'number of releases'), {
    description: 'Releases that are kept for a rollback.',
    default: 5,
  }),
  service_memory: key(whole(16, 134_217_728, 'size in MiB'), {
    description: 'MiB that each service may use.',
    otherwise: 'no limit but that of the guest',
  }),
};
