import { settingsOf } from '../../inventory/app';
import { type AppPart, node as kind } from '../../inventory/kinds/node';
import type { Env } from '../../inventory/types';
import { envFilePath, NPM_SCRIPT } from '../layers/paths';
import { renderGuestLines } from '../lines';
import { renderLines } from '../template';
import type { AppType } from './app-type';

const parts = ({ app }: Env): { name: 'backend' | 'frontend'; part: AppPart }[] => {
  const { backend, frontend } = settingsOf(app, kind);
  return [
    { name: 'backend', part: backend },
    { name: 'frontend', part: frontend },
  ];
};

const unit = (name: string): string => `app-${name}.service`;

/** A Node.js application: a backend with migrations, and a frontend that is built. Either may be missing. */
export const node: AppType = {
  packages: ({ baseOs }) => (baseOs.node ? ['xz-utils'] : ['nodejs', 'npm']),

  services: (env) =>
    parts(env).map(({ name, part }) => ({
      name,
      unit: unit(name),
      folder: part.folder,
      port: part.port,
      ...(part.healthPath === undefined ? {} : { healthPath: part.healthPath }),
    })),

  files: (env, source) => [
    {
      path: NPM_SCRIPT,
      mode: '0755',
      owner: 'root:root',
      ...renderGuestLines(source, 'node/npm-script.sh.ejs'),
    },
    ...parts(env).map(({ name, part }) => ({
      path: `/etc/systemd/system/${unit(name)}`,
      mode: '0644',
      owner: 'root:root',
      ...renderGuestLines(source, 'node/service.ejs', {
        stack: env.stack,
        part: name,
        folder: part.folder,
        port: part.port,
        envFile: envFilePath(env),
        start: execStart(part.start),
        memory: env.app.release.memory,
      }),
    })),
  ],

  layers: () => [],
  folders: () => [],
  timers: () => [],

  links: (env) =>
    parts(env).map(({ name, part }) => ({ path: `/srv/app/${name}`, target: `current/${part.folder}` })),

  deploySteps: (env, source) =>
    renderLines(source, 'node/steps.sh.ejs', {
      parts: parts(env).map(({ name, part }) => ({ name, ...part })),
      migrate: env.app.release.migrate,
      npmScript: NPM_SCRIPT,
    }),

  buildEnv: () => [
    ['npm_config_cache', '/var/cache/app/npm'],
    ['npm_config_update_notifier', 'false'],
    ['NODE_ENV', 'production'],
  ],
};

/**
 * A command line of the inventory for ExecStart=: `npm start` goes without npm where it can, other programs are looked
 * up in PATH, and a percent sign stays one.
 * Source: systemd.service(5), COMMAND LINES; systemd.unit(5), SPECIFIERS.
 */
function execStart(command: string): string {
  if (command === 'npm start') return `${NPM_SCRIPT} start`;
  return `/usr/bin/env ${command.replaceAll('%', '%%')}`;
}
