import { settingsOf } from '../../inventory/app';
import type { Job } from '../../inventory/features/jobs';
import { python as kind, type Service as PythonService } from '../../inventory/kinds/python';
import type { Env } from '../../inventory/types';
import type { GuestFile } from '../layers/layer';
import { envFilePath } from '../layers/paths';
import { postgresql, reportsFailures } from '../layers/postgresql';
import { renderGuestLines } from '../lines';
import { renderLines, type TemplateSource } from '../template';
import type { AppType, Service } from './app-type';

const SERVICE = 'app-backend.service';
const unitPath = (name: string): string => `/etc/systemd/system/${name}`;

/** A Python application in a virtualenv: jobs, a database, migrations, and a service if it has one. */
export const python: AppType = {
  packages: () => ['logrotate', 'python3', 'python3-venv', 'build-essential', 'python3-dev', 'libpq-dev'],

  services: ({ app }) => {
    const { service: settings } = settingsOf(app, kind);
    return settings === undefined ? [] : [service(settings)];
  },

  layers: (env, source) =>
    env.app.features.postgresql ? [postgresql(env, env.app.features.postgresql, source)] : [],

  folders: () => ['/var/lib/app/logs'],

  files: (env, source) => [
    ...serviceFiles(env, source),
    ...env.app.features.jobs.flatMap((job) => jobFiles(env, job, source)),
    ...reportFiles(env, source),
    file('/etc/logrotate.d/pvestack', '0644', source, 'python/logrotate.ejs', {
      days: env.app.features.failure.logDays,
    }),
  ],

  timers: ({ app }) =>
    app.features.jobs.filter(({ at }) => at !== undefined).map(({ name }) => timerName(name)),

  links: () => [],

  deploySteps: (env, source) =>
    renderLines(source, 'python/steps.sh.ejs', {
      install: settingsOf(env.app, kind).install,
      migrate: env.app.release.migrate,
      health: env.app.release.healthCommand,
      postgresql: env.app.features.postgresql !== undefined,
    }),

  buildEnv: ({ app }) => [
    ['PYTHONDONTWRITEBYTECODE', '1'],
    ['PIP_CACHE_DIR', '/var/cache/app/pip'],
    ...(app.features.postgresql
      ? ([
          ['PGHOST', app.features.postgresql.password ? 'localhost' : '/run/postgresql'],
          ['PGDATABASE', app.features.postgresql.database],
          ['PGUSER', app.features.postgresql.user],
        ] as const)
      : []),
  ],
};

const timerName = (job: string): string => `app-job-${job}.timer`;

function service({ port, healthPath }: PythonService): Service {
  return {
    name: 'backend',
    unit: SERVICE,
    folder: '.',
    port,
    ...(healthPath === undefined ? {} : { healthPath }),
  };
}

function file(
  path: string,
  mode: string,
  source: TemplateSource,
  template: string,
  data: Record<string, unknown>,
): GuestFile {
  return { path, mode, owner: 'root:root', ...renderGuestLines(source, template, data) };
}

/** What the unit of a service and those of jobs have in common. */
function unit(env: Env, description: string): Record<string, unknown> {
  return {
    stack: env.stack,
    description,
    envFile: envFilePath(env),
    postgresql: env.app.features.postgresql,
    memory: env.app.release.memory,
    reports: reportsFailures(env),
    job: undefined,
    port: undefined,
  };
}

function serviceFiles(env: Env, source: TemplateSource): GuestFile[] {
  const { service: settings } = settingsOf(env.app, kind);
  if (settings === undefined) return [];
  return [
    file(unitPath(SERVICE), '0644', source, 'python/service.ejs', {
      ...unit(env, 'service'),
      port: settings.port,
      command: `/usr/bin/env ${settings.start.replaceAll('%', '%%')}`,
    }),
  ];
}

function jobFiles(env: Env, job: Job, source: TemplateSource): GuestFile[] {
  const description = `job ${job.name}`;
  return [
    file(unitPath(`app-job-${job.name}.service`), '0644', source, 'python/service.ejs', {
      ...unit(env, description),
      job,
      command: systemdQuoted(job.run),
    }),
    job.cron === undefined
      ? file(unitPath(timerName(job.name)), '0644', source, 'python/timer.ejs', {
          stack: env.stack,
          description,
          at: job.at,
        })
      : file(
          `/etc/cron.d/pvestack-${job.name}`,
          '0644',
          source,
          'python/cron.ejs',
          job as unknown as Record<string, unknown>,
        ),
  ];
}

function reportFiles(env: Env, source: TemplateSource): GuestFile[] {
  if (!reportsFailures(env)) return [];
  const { mail, hook } = env.app.features.failure;
  return [
    file('/usr/local/lib/pvestack/report-failure', '0755', source, 'python/report-failure.sh.ejs', {
      stack: env.stack,
      mail,
      hook,
    }),
    file(unitPath('app-failure@.service'), '0644', source, 'python/failure.service.ejs', {
      stack: env.stack,
      envFile: envFilePath(env),
    }),
  ];
}

/**
 * A command line of a shell for between double quotes of ExecStart=.
 * Source: systemd.service(5), COMMAND LINES; systemd.unit(5), SPECIFIERS.
 */
function systemdQuoted(command: string): string {
  return command.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%').replaceAll('$', '$$$$');
}
