import { z } from 'zod';
import { RULES } from '../values/rules';
import { bool, command, filled, key, message, plain, secret, whole } from './fields';
import { isCron, isOnCalendar } from './schedule';

const role = (): ReturnType<typeof plain> =>
  plain(
    (value) => /^[a-z_][a-z0-9_]{0,62}$/.test(value) && !/^(pg_|postgres$|template[01]$)/.test(value),
    'is not a name for a database or role of one’s own',
    'use lower-case letters, digits and _',
  );

/** One scheduled job. */
export const jobSchema = z.strictObject({
  run: command().meta({
    description: 'The command line, run in the release by a shell, with the virtualenv on its PATH.',
  }),
  at: key(
    plain(
      isOnCalendar,
      'is not a calendar expression of systemd',
      'write e.g. "*-*-* 06:00:00", "Mon 07:00" or daily (systemd.time(7))',
    ),
    { description: 'When it runs, as a calendar expression of systemd (systemd.time(7)).' },
  ),
  cron: key(
    plain(
      isCron,
      'is not a schedule of cron, or of a date that never comes',
      'write five fields, e.g. "0 6 * * 1-5" (crontab(5))',
    ),
    {
      description:
        'When it runs, as five fields of cron; an entry in /etc/cron.d starts it. Instead of `at`.',
    },
  ),
  timeout: filled(whole(1, 604_800, 'number of seconds'), {
    description: 'Seconds after which it is stopped.',
    default: 3600,
  }),
});

/** The database of an application. */
export const postgresqlSchema = z.strictObject({
  database: key(role(), { description: 'Name of the database.', otherwise: 'the project, with _ for -' }),
  user: key(role(), {
    description: 'Its owner. With peer authentication that is the user `app`, whom the socket knows.',
    otherwise: '`app`; with a password the name of the database',
  }),
  password: key(secret(RULES.line, 'vault_db_password'), {
    description: 'Password of the role. Without it the socket tells who is who (peer), and nobody needs one.',
    secret: true,
  }),
  extensions: filled(
    z.array(
      plain(
        (value) => /^[a-z][a-z0-9_-]{0,62}$/.test(value),
        'is not the name of an extension',
        'write e.g. pg_trgm',
      ),
    ),
    { description: 'Extensions that the database has.', default: [] },
  ),
  backup_at: filled(
    plain(isOnCalendar, 'is not a calendar expression of systemd', 'write e.g. "*-*-* 02:30:00" or daily'),
    { description: 'When a dump is made.', default: '*-*-* 02:30:00' },
  ),
  backup_keep: filled(whole(1, 3650, 'number of dumps'), {
    description: 'Dumps that are kept, of each kind: daily ones, and those before a migration.',
    default: 14,
  }),
});

const mail = plain(
  (value) => /^[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+$/.test(value),
  'is not a mail address',
  'write e.g. ops@example.lan',
);

/** What a Python application adds to the keys of every application; for projects and envs. */
export const pythonKeys = {
  python_install: key(command(), {
    description: 'Installs the application into its virtualenv.',
    otherwise: '`pip install` of requirements.txt, of pyproject.toml, or of both',
  }),
  postgresql: key(
    z.union([postgresqlSchema, z.literal(false)], {
      error: message(
        'is neither a map nor false',
        'write its keys (docs/inventory.md), {} for the defaults, or false',
      ),
    }),
    { description: 'A PostgreSQL database on the guest; `{}` for one with every default.' },
  ),
  service_start: key(command(), {
    description: 'Starts a long-running service, which listens on $PORT (`backend_port`).',
  }),
  health_command: key(command(), {
    description: 'Decides, in the new release before it is switched to, whether it stands: exit code 0.',
    otherwise: '`python health_check.py`, or scripts/health_check.py, where there is one',
  }),
  jobs: key(z.record(z.string(), jobSchema), {
    description: 'Scheduled jobs by name (merged: an env may add or replace one).',
    default: {},
  }),
  run_jobs: key(bool(), { description: 'Whether this env runs the jobs.', default: false }),
  failure_mail: key(mail, {
    description: 'Who gets a mail when a job or a backup fails, by SMTP_HOST and SMTP_PORT of `env_vars`.',
    otherwise: 'no mail',
  }),
  failure_hook: key(command(), {
    description: 'A command that runs as `app` when a job or a backup fails; $UNIT is what failed.',
  }),
  log_days: key(whole(1, 3650, 'number of days'), {
    description: 'Days that files in ~/logs (/var/lib/app/logs) are kept.',
    default: 30,
  }),
  data: key(z.enum(['keep', 'disposable']), {
    description: 'keep: a plan that would destroy or replace the guest is refused.',
    otherwise: '`keep` for envs with PostgreSQL',
  }),
};
