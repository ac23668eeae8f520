import { settingsOf } from '../inventory/app';
import { command, key, plain, whole } from '../inventory/schema/fields';
import type { Env } from '../inventory/types';
import { defineFeature } from '../renderers/contribution';
import { rootFile } from '../renderers/layers/layer';
import { CONFIG, envFilePath, unitPath } from '../renderers/layers/paths';
import { renderGuestLines } from '../renderers/lines';

/** Who hears of failures, and how long logs tell of them. */
interface Failure {
  mail?: string;
  /** A command line. */
  hook?: string;
  logDays: number;
}

/** Mail or a command when a job or a dump of the database fails, and how long logs are kept. */
export const failure = defineFeature({
  name: 'failure',
  order: 3,

  keys: {
    failure_mail: key(
      plain(
        (value) => /^[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+$/.test(value),
        'is not a mail address',
        'write e.g. ops@example.lan',
      ),
      {
        description:
          'Who gets a mail when a job or a backup fails, by SMTP_HOST and SMTP_PORT of `env_vars`.',
        otherwise: 'no mail',
      },
    ),
    failure_hook: key(command(), {
      description: 'A command that runs as `app` when a job or a backup fails; $UNIT is what failed.',
    }),
    log_days: key(whole(1, 3650, 'number of days'), {
      description: 'Days that files in ~/logs (/var/lib/app/logs) are kept.',
      default: 30,
    }),
  },

  resolve: (scope): Failure => ({
    mail: scope.maybe('failure_mail'),
    hook: scope.maybe('failure_hook'),
    logDays: scope.get('log_days'),
  }),

  check({ scope, validation }) {
    const mail = scope.find('failure_mail');
    const hasHost = scope.all('env_vars').some(({ value }) => 'SMTP_HOST' in value);
    if (mail && !hasHost && !validation.isRefused(mail.path)) {
      validation.error(mail.path, 'needs a mail server', 'set SMTP_HOST (and SMTP_PORT) in env_vars');
    }
  },

  contribution(settings, env, source) {
    if (!isReported(settings)) return {};
    const { mail, hook } = settings;
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
  },
});

const isReported = ({ mail, hook }: Failure): boolean => mail !== undefined || hook !== undefined;

/**
 * Whether anybody hears of failures.
 * @param env the env
 * @returns true where a mail address or a hook is set
 */
export function reportsFailures({ app }: Env): boolean {
  return isReported(settingsOf(app, failure));
}
