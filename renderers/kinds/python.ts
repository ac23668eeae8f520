import { settingsOf } from '../../inventory/app';
import { python as kind } from '../../inventory/kinds/python';
import type { Contributor } from '../contribution';
import { CONFIG } from '../layers/paths';
import { rootFile } from '../layers/layer';
import { renderGuestLines } from '../lines';
import { commandLine } from '../systemd';

/** A Python application in a virtualenv: migrations, a health command, and a service if it has one. */
export const python: Contributor = (env, source) => {
  const { install, service } = settingsOf(env.app, kind);
  const { migrate, healthCommand: health } = env.app.release;
  return {
    packages: ['python3', 'python3-venv', 'build-essential', 'python3-dev', 'libpq-dev'],
    environment: [
      ['PATH', '/srv/app/current/.venv/bin:/usr/local/bin:/usr/bin:/bin'],
      ['PYTHONDONTWRITEBYTECODE', '1'],
      ['PYTHONUNBUFFERED', '1'],
    ],
    buildEnvironment: [
      ['PYTHONDONTWRITEBYTECODE', '1'],
      ['PIP_CACHE_DIR', '/var/cache/app/pip'],
    ],
    services:
      service === undefined
        ? []
        : [
            {
              name: 'backend',
              unit: 'app-backend.service',
              folder: '.',
              port: service.port,
              start: commandLine(service.start),
              ...(service.healthPath === undefined ? {} : { healthPath: service.healthPath }),
            },
          ],
    files: [
      rootFile(
        `${CONFIG}/steps.sh`,
        renderGuestLines(source, 'python/steps.sh.ejs', { install, migrate, health }),
      ),
    ],
  };
};
