import { settingsOf } from '../../inventory/app';
import type { Contributor } from '../../renderers/contribution';
import { rootFile } from '../../renderers/layers/layer';
import { CONFIG, inRelease } from '../../renderers/layers/paths';
import { literalLines } from '../../renderers/lines';
import { go as kind } from './go-kind';

/** A program in Go: one binary, built on the guest. */
export const go: Contributor = ({ app }) => ({
  packages: ['golang-go'],
  buildEnvironment: [['GOCACHE', '/var/cache/app/go']],
  services: [
    {
      name: 'backend',
      unit: 'app-backend.service',
      folder: '.',
      port: settingsOf(app, kind).port,
      start: inRelease('server'),
    },
  ],
  files: [
    rootFile(
      `${CONFIG}/steps.sh`,
      literalLines([
        // 12: the exit code of a failed build.
        `build_release() { step 12 build confined "$release" without-env 'go build -o server .'; }`,
        'migrate_release() { :; }',
        'prove_release() { :; }',
      ]),
    ),
  ],
});
