import { folder, healthPath } from '../inventory/schema/app';
import { command, key, port, startCommand } from '../inventory/schema/fields';
import { compiledIn } from '../renderers/compiled-in';
import { defineKind } from '../renderers/contribution';
import { rootFile } from '../renderers/layers/layer';
import { CONFIG, KIT } from '../renderers/layers/paths';
import { literalLines, renderGuestLines } from '../renderers/lines';
import { commandLine } from '../renderers/systemd';

/** A backend or a frontend: a folder of the repository that is built and run. */
interface AppPart {
  name: 'backend' | 'frontend';
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

/** Of what runs and of what builds. */
const ENVIRONMENT = [
  ['NODE_ENV', 'production'],
  ['npm_config_update_notifier', 'false'],
] as const;

/**
 * A Node.js application: a backend with migrations, and a frontend that is built, each in a folder of the repository.
 * Either may be missing.
 */
export const node = defineKind({
  name: 'node',
  order: 1,

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
      otherwise: 'what its lock file says, for npm, pnpm and Yarn; without one `npm install`',
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

  // NODE_ENV is there to be overridden.
  variables: {
    npm_config_cache: "remove it: npm's cache is where the application, or a build, may write",
    npm_config_update_notifier: 'remove it: npm is told not to look for its own updates',
  },

  resolve(scope) {
    const part = (name: AppPart['name']): AppPart => ({
      name,
      folder: scope.get(`${name}_dir`),
      port: scope.get(`${name}_port`),
      install: scope.maybe(`${name}_install`),
      build: scope.maybe(`${name}_build`),
      start: scope.get(`${name}_start`),
      healthPath: scope.maybe(`${name}_health_path`),
    });
    return [part('backend'), part('frontend')];
  },

  check({ scope, validation }) {
    if (scope.get('backend_port') !== scope.get('frontend_port')) return;
    const path = (scope.find('frontend_port') ?? scope.find('backend_port'))?.path;
    if (path && !validation.isRefused(path)) {
      validation.error(path, 'is the port of both backend and frontend', 'give each a port of its own');
    }
  },

  contribution: (parts, env, source) => ({
    packages: env.baseOs.node ? ['xz-utils'] : ['nodejs', 'npm'],
    environment: [...ENVIRONMENT, ['npm_config_cache', '/var/cache/app/npm']],
    buildEnvironment: ENVIRONMENT,
    builtWith: [
      ...compiledIn(env),
      ...literalLines(
        parts.flatMap(({ name, install, build }) => [
          ...(install === undefined ? [] : [`${name}_install: ${install}`]),
          ...(build === undefined ? [] : [`${name}_build: ${build}`]),
        ]),
      ),
    ],
    services: parts.map(({ name, folder, port, start, healthPath }) => ({
      name,
      unit: `app-${name}.service`,
      folder,
      port,
      // `npm start` goes without npm where it can.
      start: start === 'npm start' ? `${KIT}/npm-script start` : commandLine(start),
      healthPath,
    })),
    files: [
      rootFile(
        `${CONFIG}/steps.sh`,
        renderGuestLines(source, 'node/steps.sh.ejs', {
          parts,
          migrate: env.app.release.migrate,
          health: env.app.release.healthCommand,
        }),
      ),
    ],
  }),
});
