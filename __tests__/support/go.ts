import { settingsOf } from '../../inventory/app';
import { go as kind } from './go-kind';
import { envFilePath, STAMP } from '../../renderers/layers/paths';
import { literalLines } from '../../renderers/lines';
import type { AppType } from '../../renderers/app-types/app-type';

/** A program in Go: one binary, built on the guest. */
export const go: AppType = {
  packages: () => ['golang-go'],
  services: ({ app }) => [
    { name: 'backend', unit: 'app-backend.service', folder: '.', port: settingsOf(app, kind).port },
  ],
  files: (env) => [
    {
      path: '/etc/systemd/system/app-backend.service',
      mode: '0644',
      owner: 'root:root',
      ...literalLines([
        '[Service]',
        'User=app',
        'WorkingDirectory=/srv/app/current',
        `Environment=PORT=${settingsOf(env.app, kind).port}`,
        `EnvironmentFile=${envFilePath(env)}`,
        // What the process was started with: a later deploy restarts it only if that changed.
        `ExecStartPre=+${STAMP} --record %n`,
        'ExecStart=/srv/app/current/server',
        'Restart=always',
        '[Install]',
        'WantedBy=multi-user.target',
      ]),
    },
  ],
  layers: () => [],
  folders: () => [],
  timers: () => [],
  links: () => [],
  // 12: the exit code of a failed build. Builds run as the user app, in a sandbox.
  deploySteps: () => [
    'build_release() { step 12 build confined "$release" without-env "go build -o server ."; }',
    'migrate_release() { :; }',
    'prove_release() { :; }',
  ],
  buildEnv: () => [['GOCACHE', '/var/cache/app/go']],
};
