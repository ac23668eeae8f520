import * as z from 'zod';
import { settingsOf } from '../inventory/app';
import { bool, command, filled, key, plain, whole } from '../inventory/schema/fields';
import { isCron, isOnCalendar, isOver } from '../inventory/schema/schedule';
import { defineFeature } from '../renderers/contribution';
import { type GuestFile, rootFile } from '../renderers/layers/layer';
import { unitPath } from '../renderers/layers/paths';
import { renderGuestLines } from '../renderers/lines';
import { quotedCommand } from '../renderers/systemd';
import { failure, reportsFailures } from './failure';

/** A name of a job is a part of the name of a unit and of a file in /etc/cron.d, which may have no dots. */
const NAME = /^[a-z][a-z0-9-]{0,39}$/;

const schema = z.strictObject({
  run: command().meta({
    description:
      'The command line, run in the release by a shell, with its own programs (a virtualenv) on the PATH.',
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

/** A scheduled job. */
interface Job {
  name: string;
  /** A command line of a shell, run in the release. */
  run: string;
  /** A calendar expression of systemd; undefined: `cron` has the schedule. */
  at?: string;
  /** Five fields of cron. */
  cron?: string;
  /** Seconds. */
  timeout: number;
}

/** Scheduled jobs: a unit each, started by a timer or by cron, with logs that are rotated. */
export const jobs = defineFeature({
  name: 'jobs',
  order: 2,

  keys: {
    jobs: key(z.record(z.string(), schema), {
      description: 'Scheduled jobs by name (merged: an env may add or replace one).',
      default: {},
    }),
    run_jobs: key(bool(), { description: 'Whether this env runs the jobs.', default: false }),
  },

  /** Sorted by name; none in an env that does not run them. */
  resolve(scope): readonly Job[] {
    if (!scope.get('run_jobs')) return [];
    const merged = new Map(scope.all('jobs').flatMap(({ value }) => Object.entries(value)));
    return [...merged].map(([name, job]) => ({ name, ...job })).sort((a, b) => (a.name < b.name ? -1 : 1));
  },

  check({ scope, validation }) {
    const runs = scope.find('run_jobs');
    if (runs?.value === true && scope.all('jobs').length === 0 && !scope.wasRefused('jobs')) {
      validation.warn(runs.path, 'has nothing to run: there are no jobs', 'write jobs, or remove it');
    }
    for (const { value, path } of scope.all('jobs')) {
      for (const [name, job] of Object.entries(value)) {
        const at = [...path, name];
        if (validation.isRefused(at)) continue;
        if (!NAME.test(name)) {
          validation.error(
            at,
            'is not a name for a job',
            'use lower-case letters, digits and -, e.g. daily-run',
          );
        } else if ((job.at === undefined) === (job.cron === undefined)) {
          validation.error(
            at,
            job.at === undefined ? 'says not when it runs' : 'says twice when it runs',
            'write either at (systemd) or cron',
          );
        } else if (job.at !== undefined && isOver(job.at)) {
          // No error: what was right when it was written must not stop a deploy of later.
          validation.warn(
            [...at, 'at'],
            'never comes, or not again',
            'write a date that comes, or remove the job',
          );
        }
      }
    }
  },

  contribution(all, env, source) {
    if (all.length === 0) return {};
    const { logDays: days } = settingsOf(env.app, failure);
    const file = (path: string, template: string, data: Record<string, unknown>): GuestFile =>
      rootFile(path, renderGuestLines(source, `jobs/${template}.ejs`, { stack: env.stack, ...data }));
    return {
      packages: ['logrotate'],
      folders: ['/var/lib/app/logs'],
      jobs: all.map(({ name }) => `app-job-${name}.service`),
      timers: all.filter(({ at }) => at !== undefined).map(({ name }) => `app-job-${name}.timer`),
      files: [
        file('/etc/logrotate.d/pvestack', 'logrotate', { days }),
        file(unitPath('app-job-.service.d/job.conf'), 'common.conf', { reports: reportsFailures(env) }),
        ...(all.some(({ at }) => at !== undefined)
          ? [file(unitPath('app-job-.timer.d/job.conf'), 'common-timer.conf', {})]
          : []),
        ...all.flatMap(({ name, run, at, cron, timeout }) => [
          file(unitPath(`app-job-${name}.service`), 'job.service', {
            name,
            command: quotedCommand(run),
            timeout,
          }),
          cron === undefined
            ? file(unitPath(`app-job-${name}.timer`), 'job.timer', { name, at })
            : file(`/etc/cron.d/pvestack-${name}`, 'cron', { name, cron }),
        ]),
      ],
    };
  },
});
