import { command, key, startCommand } from '../inventory/schema/fields';
import { defineKind } from '../renderers/contribution';
import { rootFile } from '../renderers/layers/layer';
import { CONFIG } from '../renderers/layers/paths';
import { literalLines, renderGuestLines } from '../renderers/lines';
import { services } from '../renderers/services';
import { commandLine } from '../renderers/systemd';

/** A Python application in a virtualenv: migrations, a health command, and the services that it has. */
export const python = defineKind({
  name: 'python',
  order: 2,

  keys: {
    python_install: key(command(), {
      description: 'Installs the application into its virtualenv.',
      otherwise:
        'what its lock file says, for uv, Poetry and Pipenv; without one `pip install` of requirements.txt, of pyproject.toml, or of both',
    }),
    service_start: key(startCommand(), {
      description:
        'Starts a long-running service, which listens on $PORT (`backend_port`). No shell runs it.',
    }),
  },

  instead: {
    backend_dir: 'remove it: commands run in the root of the repository',
    backend_install: 'write python_install',
    backend_build: 'remove it: python_install may build, too',
    backend_start: 'write service_start',
    frontend_dir: 'remove it',
    frontend_install: 'remove it',
    frontend_build: 'remove it',
    frontend_start: 'remove it',
    frontend_port: 'remove it: the service listens on backend_port',
    frontend_health_path: 'remove it: the service has backend_health_path',
  },

  services: {
    own: (scope) => [
      {
        name: 'backend',
        dir: '.',
        start: scope.maybe('service_start'),
        port: scope.get('backend_port'),
        healthPath: scope.maybe('backend_health_path'),
        keys: { start: 'service_start', port: 'backend_port', health_path: 'backend_health_path' },
      },
    ],
    refused: {
      install: 'write python_install: all services have one virtualenv',
      build: 'remove it: python_install may build, too',
      build_env_vars: 'write install_env: python_install sees it',
    },
  },

  resolve: (scope) => ({ install: scope.maybe('python_install') }),

  contribution: ({ install }, env, source) => ({
    packages: ['python3', 'python3-venv', 'build-essential', 'python3-dev', 'libpq-dev'],
    environment: [
      ['PATH', '/srv/app/current/.venv/bin:/usr/local/bin:/usr/bin:/bin'],
      ['PYTHONDONTWRITEBYTECODE', '1'],
      ['PYTHONUNBUFFERED', '1'],
    ],
    builtWith: install === undefined ? [] : literalLines([`python_install: ${install}`]),
    buildEnvironment: [['PYTHONDONTWRITEBYTECODE', '1']],
    services: services(env, ({ start }) => commandLine(start)),
    files: [
      rootFile(
        `${CONFIG}/steps.sh`,
        renderGuestLines(source, 'python/steps.sh.ejs', {
          install,
          migrate: env.app.release.migrate,
          health: env.app.release.healthCommand,
        }),
      ),
    ],
  }),
});
