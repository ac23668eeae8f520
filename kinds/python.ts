import { command, key, startCommand } from '../inventory/schema/fields';
import { defineKind } from '../renderers/contribution';
import { rootFile } from '../renderers/layers/layer';
import { CONFIG } from '../renderers/layers/paths';
import { literalLines, renderGuestLines } from '../renderers/lines';
import { commandLine } from '../renderers/systemd';

/** The long-running service of an application. */
interface Service {
  /** A command line of systemd. */
  start: string;
  port: number;
  /** Undefined: `/`, where anything but a server error will do. */
  healthPath?: string;
}

/** A Python application in a virtualenv: migrations, a health command, and a service if it has one. */
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

  resolve(scope): { install?: string; service?: Service } {
    const start = scope.maybe('service_start');
    return {
      install: scope.maybe('python_install'),
      service:
        start === undefined
          ? undefined
          : { start, port: scope.get('backend_port'), healthPath: scope.maybe('backend_health_path') },
    };
  },

  contribution: ({ install, service }, { app }, source) => ({
    packages: ['python3', 'python3-venv', 'build-essential', 'python3-dev', 'libpq-dev'],
    environment: [
      ['PATH', '/srv/app/current/.venv/bin:/usr/local/bin:/usr/bin:/bin'],
      ['PYTHONDONTWRITEBYTECODE', '1'],
      ['PYTHONUNBUFFERED', '1'],
    ],
    builtWith: install === undefined ? [] : literalLines([`python_install: ${install}`]),
    buildEnvironment: [['PYTHONDONTWRITEBYTECODE', '1']],
    services: service && [
      {
        name: 'backend',
        unit: 'app-backend.service',
        folder: '.',
        port: service.port,
        start: commandLine(service.start),
        healthPath: service.healthPath,
      },
    ],
    files: [
      rootFile(
        `${CONFIG}/steps.sh`,
        renderGuestLines(source, 'python/steps.sh.ejs', {
          install,
          migrate: app.release.migrate,
          health: app.release.healthCommand,
        }),
      ),
    ],
  }),
});
