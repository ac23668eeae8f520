import type { Env } from '../../inventory/types';
import type { Contributor } from '../contribution';
import { CONFIG, envFilePath, unitPath } from '../layers/paths';
import { rootFile } from '../layers/layer';
import { renderGuestLines } from '../lines';

/** Mail or a command when a job or a dump of the database fails. */
export const failureReports: Contributor = (env, source) => {
  if (!reportsFailures(env)) return {};
  const { mail, hook } = env.app.features.failure;
  const data = { stack: env.stack, envFile: envFilePath(env), mail, hook };
  return {
    files: [
      rootFile(`${CONFIG}/failure.conf`, renderGuestLines(source, 'failure/failure.conf.ejs', data)),
      rootFile(
        unitPath('pvestack-failure@.service'),
        renderGuestLines(source, 'failure/failure.service.ejs', data),
      ),
    ],
  };
};

/**
 * Whether anybody hears of failures.
 * @param env the env
 * @returns true where a mail address or a hook is set
 */
export function reportsFailures({ app }: Env): boolean {
  const { mail, hook } = app.features.failure;
  return mail !== undefined || hook !== undefined;
}
