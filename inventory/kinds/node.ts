import { defineKind } from '../part';
import { folder, healthPath } from '../schema/app';
import { command, key, port, startCommand } from '../schema/fields';

/** A backend or a frontend: a folder of the repository that is built and run. */
export interface AppPart {
  folder: string;
  port: number;
  /** Undefined: what package.json says. */
  install?: string;
  /** Undefined: `npm run build` where there is one. */
  build?: string;
  start: string;
  /** Undefined: `/`, where anything but a server error will do. */
  healthPath?: string;
}

/** A Node.js application: a backend and a frontend, each in a folder of the repository. */
export const node = defineKind({
  keys: {
    frontend_port: key(port(), { description: 'The port of the frontend.', default: 3000 }),
    backend_dir: key(folder(), {
      description: "The backend's folder in the repository.",
      default: 'backend',
    }),
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
    backend_start: key(startCommand(), {
      description: 'Starts the backend, which listens on $PORT. No shell runs it.',
      default: 'npm start',
    }),
    frontend_start: key(startCommand(), {
      description: 'Starts the frontend, which listens on $PORT.',
      default: 'npm start',
    }),
    frontend_health_path: key(healthPath(), {
      description: 'The same of the frontend.',
      otherwise: 'as the backend',
    }),
  },

  ports: (scope) => [scope.find('frontend_port')],

  instead: {
    python_install: 'write backend_install',
    service_start: 'write backend_start',
  },

  resolve(scope) {
    const part = (name: 'backend' | 'frontend'): AppPart => ({
      folder: scope.get(`${name}_dir`),
      port: scope.get(`${name}_port`),
      install: scope.maybe(`${name}_install`),
      build: scope.maybe(`${name}_build`),
      start: scope.get(`${name}_start`),
      healthPath: scope.maybe(`${name}_health_path`),
    });
    return { backend: part('backend'), frontend: part('frontend') };
  },

  check({ scope, validation }) {
    if (scope.get('backend_port') !== scope.get('frontend_port')) return;
    const path = (scope.find('frontend_port') ?? scope.find('backend_port'))?.path;
    if (path && !validation.isRefused(path)) {
      validation.error(path, 'is the port of both backend and frontend', 'give each a port of its own');
    }
  },
});
