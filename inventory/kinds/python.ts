import { defineKind } from '../part';
import { command, key, startCommand } from '../schema/fields';

/** The long-running service of an application. */
interface Service {
  /** A command line of systemd. */
  start: string;
  port: number;
  /** Undefined: `/`, where anything but a server error will do. */
  healthPath?: string;
}

/** A Python application in a virtualenv, with a service or without. */
export const python = defineKind({
  keys: {
    python_install: key(command(), {
      description: 'Installs the application into its virtualenv.',
      otherwise: '`pip install` of requirements.txt, of pyproject.toml, or of both',
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
});
