import type { Contributor } from '../contribution';
import { unitPath } from '../layers/paths';
import { type GuestFile, rootFile } from '../layers/layer';
import { renderGuestLines } from '../lines';
import { quotedCommand } from '../systemd';
import { reportsFailures } from './failure-reports';

/** Scheduled jobs: a unit each, started by a timer or by cron, with logs that are rotated. */
export const jobs: Contributor = (env, source) => {
  const { jobs: all, failure } = env.app.features;
  if (all.length === 0) return {};
  const file = (path: string, template: string, data: Record<string, unknown>): GuestFile =>
    rootFile(path, renderGuestLines(source, `jobs/${template}.ejs`, { stack: env.stack, ...data }));
  return {
    packages: ['logrotate'],
    folders: ['/var/lib/app/logs'],
    jobs: all.map(({ name }) => `app-job-${name}.service`),
    timers: all.filter(({ at }) => at !== undefined).map(({ name }) => `app-job-${name}.timer`),
    files: [
      file('/etc/logrotate.d/pvestack', 'logrotate', { days: failure.logDays }),
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
};
