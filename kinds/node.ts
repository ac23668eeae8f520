import type { Env } from '../inventory/types';
import { folder, healthPath } from '../inventory/schema/services';
import type { ServiceSettings } from '../inventory/services';
import { command, key, port, startCommand } from '../inventory/schema/fields';
import { compiledIn } from '../renderers/compiled-in';
import { defineKind } from '../renderers/contribution';
import { rootFile } from '../renderers/layers/layer';
import { CONFIG, KIT } from '../renderers/layers/paths';
import { literalLines, renderGuestLines } from '../renderers/lines';
import { services } from '../renderers/services';
import { commandLine } from '../renderers/systemd';

/** The services of a repository where the inventory lists none; it may have just one of them. */
const PARTS = ['backend', 'frontend'] as const;
/** The keys of a service that are those of a part, too, with its name before them. */
const SERVICE_KEYS = ['dir', 'start', 'port', 'health_path', 'install', 'build'];
const NPM_START = 'npm start';

/** Of what runs and of what builds. */
const ENVIRONMENT = [
  ['NODE_ENV', 'production'],
  ['npm_config_update_notifier', 'false'],
] as const;

/**
 * A Node.js application: a backend with migrations, and a frontend that is built, each in a folder of the repository.
 * Either may be missing; or the services that the inventory lists.
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
      default: NPM_START,
    }),
    frontend_start: key(startCommand(), {
      description: 'Starts the frontend, which listens on $PORT.',
      default: NPM_START,
    }),
    frontend_health_path: key(healthPath(), {
      description: 'The same of the frontend.',
      otherwise: 'as the backend',
    }),
  },

  services: {
    own: (scope) =>
      PARTS.map((name) => ({
        name,
        dir: scope.get(`${name}_dir`),
        start: scope.get(`${name}_start`),
        port: scope.get(`${name}_port`),
        healthPath: scope.maybe(`${name}_health_path`),
        install: scope.maybe(`${name}_install`),
        build: scope.maybe(`${name}_build`),
        keys: Object.fromEntries(SERVICE_KEYS.map((key) => [key, `${name}_${key}`])),
      })),
    start: NPM_START,
  },

  instead: {
    python_install: 'write backend_install',
    service_start: 'write backend_start',
  },

  // NODE_ENV is there to be overridden.
  variables: {
    npm_config_cache: "remove it: npm's cache is where the application, or a build, may write",
    npm_config_update_notifier: 'remove it: npm is told not to look for its own updates',
  },

  resolve: () => undefined,

  contribution: (_settings, env, source) => ({
    packages: env.baseOs.node ? ['xz-utils'] : ['nodejs', 'npm'],
    environment: [...ENVIRONMENT, ['npm_config_cache', '/var/cache/app/npm']],
    buildEnvironment: ENVIRONMENT,
    builtWith: [...compiledIn(env), ...literalLines(env.app.services.flatMap(builtWith))],
    // `npm start` goes without npm where it can.
    services: services(env, ({ start }) =>
      start === NPM_START ? `${KIT}/npm-script start` : commandLine(start),
    ),
    files: [
      rootFile(
        `${CONFIG}/steps.sh`,
        renderGuestLines(source, 'node/steps.sh.ejs', {
          parts: parts(env),
          migrates: (parts(env).find(({ name }) => name === 'backend') ?? parts(env)[0])?.dir,
          migrate: env.app.release.migrate,
          health: env.app.release.healthCommand,
        }),
      ),
    ],
  }),
});

/** What a service is built with, besides what the repository says. */
function builtWith({ name, dir, static: files, install, build }: ServiceSettings): string[] {
  return [
    // What was not built yet is built once it is a service.
    ...((PARTS as readonly string[]).includes(name) && dir === name ? [] : [`${name}: ${dir}`]),
    // What changes between a process and files is built anew, for the one or the other.
    ...(files === undefined ? [] : [`${name}_static: ${files}`]),
    ...(install === undefined ? [] : [`${name}_install: ${install}`]),
    ...(build === undefined ? [] : [`${name}_build: ${build}`]),
  ];
}

/** What is built: the services, or for an application that is all jobs the root of the repository. */
function parts({ app: { services } }: Env): Pick<ServiceSettings, 'name' | 'dir' | 'install' | 'build'>[] {
  return services.length === 0 ? [{ name: 'root', dir: '.' }] : [...services];
}
