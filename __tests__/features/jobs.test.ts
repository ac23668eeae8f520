import { envOf } from '../renderers/envs';
import { fileOf, filesOf } from '../renderers/guest-files';

const PYTHON = 'app_type: python\n';
const file = (name: string, project: string): string[] => fileOf(name, PYTHON + project);

test.each<[string, string]>([
  ['scripts/daily.sh', 'scripts/daily.sh'],
  ['python report.py --to team@example.lan', 'python report.py --to team@example.lan'],
  // systemd reads percent signs, dollar signs, quotes and backslashes before the shell does.
  ['date +%F', 'date +%%F'],
  ['echo "$HOME"', String.raw`echo \"$$HOME\"`],
  ["echo 'it is'", "echo 'it is'"],
  [String.raw`printf 'a\n'`, String.raw`printf 'a\\n'`],
])('the job %j arrives at the shell', (run, written) => {
  const jobs = `run_jobs: true\njobs: {a: {run: ${JSON.stringify(run)}, at: daily}}`;
  expect(file('app-job-a.service', jobs)).toContain(
    `ExecStart=/bin/sh -euc "exec >>/var/lib/app/logs/a.log 2>&1; ${written}"`,
  );
});

const JOB = 'jobs: {a: {run: x, at: daily}}';
test.each<[string, string, string[]]>([
  ['jobs: {a: {run: x, at: "Mon 07:00"}}', 'app-job-a.timer', ['OnCalendar=Mon 07:00']],
  [JOB, 'app-job-.timer.d/job.conf', ['Persistent=true']],
  [
    'jobs: {a: {run: x, cron: "0 6 * * 1-5"}}',
    '/etc/cron.d/pvestack-a',
    ['0 6 * * 1-5 root systemctl start app-job-a.service'],
  ],
  ['jobs: {a: {run: x, at: daily, timeout: 90}}', 'app-job-a.service', ['TimeoutStartSec=90']],
  [JOB, 'app-job-.service.d/job.conf', ['Type=oneshot', 'ConditionPathIsDirectory=/srv/app/current']],
  [`failure_hook: x\n${JOB}`, 'app-job-.service.d/job.conf', ['OnFailure=pvestack-failure@%N.service']],
  [`log_days: 7\n${JOB}`, '/etc/logrotate.d/pvestack', ['    rotate 7', '    maxage 7']],
])('%j in %s: %j', (project, name, lines) => {
  const found = file(name, `run_jobs: true\n${project}`);
  for (const line of lines) expect(found).toContain(line);
});

test('without a report nobody is told', () => {
  expect(file('app-job-.service.d/job.conf', `run_jobs: true\n${JOB}`).join()).not.toContain('OnFailure');
});

test('an env that does not run jobs has none of their files', () => {
  const paths = (project: string): string[] =>
    filesOf(envOf({ project: PYTHON + project }))
      .map(({ path }) => path)
      .filter((path) => /job|cron|logrotate|pvestack-[ab]$/.test(path));
  const jobs = 'jobs: {a: {run: x, at: daily}, b: {run: x, cron: 0 6 * * *}}';
  expect(paths(`run_jobs: true\n${jobs}`)).toEqual([
    '/etc/logrotate.d/pvestack',
    '/etc/systemd/system/app-job-.service.d/job.conf',
    '/etc/systemd/system/app-job-.timer.d/job.conf',
    '/etc/systemd/system/app-job-a.service',
    '/etc/systemd/system/app-job-a.timer',
    '/etc/systemd/system/app-job-b.service',
    '/etc/cron.d/pvestack-b',
  ]);
  expect(paths(jobs)).toEqual([]);
});
