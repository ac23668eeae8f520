import { settingsOf } from '../../inventory/app';
import { type AppPart, node as kind } from '../../inventory/kinds/node';
import type { Env } from '../../inventory/types';
import type { Contributor } from '../contribution';
import { CONFIG, KIT } from '../layers/paths';
import { rootFile } from '../layers/layer';
import { renderGuestLines } from '../lines';
import { commandLine } from '../systemd';

/** Of what runs and of what builds. */
const ENVIRONMENT = [
  ['NODE_ENV', 'production'],
  ['npm_config_update_notifier', 'false'],
  ['npm_config_cache', '/var/cache/app/npm'],
] as const;

/** A Node.js application: a backend with migrations, and a frontend that is built. Either may be missing. */
export const node: Contributor = (env, source) => ({
  packages: env.baseOs.node ? ['xz-utils'] : ['nodejs', 'npm'],
  environment: ENVIRONMENT,
  buildEnvironment: ENVIRONMENT,
  services: partsOf(env).map(({ name, part }) => ({
    name,
    unit: `app-${name}.service`,
    folder: part.folder,
    port: part.port,
    // `npm start` goes without npm where it can.
    start: part.start === 'npm start' ? `${KIT}/npm-script start` : commandLine(part.start),
    ...(part.healthPath === undefined ? {} : { healthPath: part.healthPath }),
  })),
  files: [
    rootFile(
      `${CONFIG}/steps.sh`,
      renderGuestLines(source, 'node/steps.sh.ejs', {
        parts: partsOf(env).map(({ name, part }) => ({ name, ...part })),
        migrate: env.app.release.migrate,
        health: env.app.release.healthCommand,
      }),
    ),
  ],
});

function partsOf({ app }: Env): { name: 'backend' | 'frontend'; part: AppPart }[] {
  const { backend, frontend } = settingsOf(app, kind);
  return [
    { name: 'backend', part: backend },
    { name: 'frontend', part: frontend },
  ];
}
