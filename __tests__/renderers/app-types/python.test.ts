import type { GuestFile } from '../../../renderers/layers/layer';
import { python } from '../../../renderers/app-types/python';
import { templateSource } from '../../../renderers/template-source';
import { envOf } from '../envs';

const source = templateSource([]);
const filesOf = (project: string): readonly GuestFile[] =>
  python.files(envOf({ project: `app_type: python\n${project}` }), source);
/** A file as it stands on the guest. */
const fileOf = (name: string, project: string): string[] =>
  (filesOf(project).find(({ path }) => path.endsWith(name))?.lines ?? []).map((line) =>
    line.replaceAll('$${', '${').replaceAll('%%{', '%{'),
  );
const job = (run: string): string => `run_jobs: true\njobs: {a: {run: ${JSON.stringify(run)}, at: daily}}`;

test.each<[string, string]>([
  ['scripts/daily.sh', 'scripts/daily.sh'],
  ['python report.py --to team@example.lan', 'python report.py --to team@example.lan'],
  // systemd reads percent signs, dollar signs, quotes and backslashes before the shell does.
  ['date +%F', 'date +%%F'],
  ['echo "$HOME"', String.raw`echo \"$$HOME\"`],
  ["echo 'it is'", "echo 'it is'"],
  [String.raw`printf 'a\n'`, String.raw`printf 'a\\n'`],
])('the job %j arrives at the shell', (run, written) => {
  expect(fileOf('app-job-a.service', job(run))).toContain(
    `ExecStart=/bin/sh -euc "exec >>/var/lib/app/logs/a.log 2>&1; ${written}"`,
  );
});

test.each<[string, string, string[]]>([
  ['jobs: {a: {run: x, at: "Mon 07:00"}}', 'app-job-a.timer', ['OnCalendar=Mon 07:00', 'Persistent=true']],
  [
    'jobs: {a: {run: x, cron: "0 6 * * 1-5"}}',
    '/etc/cron.d/pvestack-a',
    ['0 6 * * 1-5 root systemctl start app-job-a.service'],
  ],
  ['jobs: {a: {run: x, at: daily, timeout: 90}}', 'app-job-a.service', ['TimeoutStartSec=90']],
  [
    'postgresql: {}\njobs: {a: {run: x, at: daily}}',
    'app-job-a.service',
    ['Environment=PGHOST=/run/postgresql', 'Environment=PGDATABASE=pote', 'Environment=PGUSER=app'],
  ],
  [
    'postgresql: {password: "{{ vault_p }}"}\njobs: {a: {run: x, at: daily}}',
    'app-job-a.service',
    ['Environment=PGHOST=localhost', 'Environment=PGUSER=pote'],
  ],
  [
    'failure_hook: x\njobs: {a: {run: x, at: daily}}',
    'app-job-a.service',
    ['OnFailure=app-failure@%N.service'],
  ],
  [
    'service_start: python -m pote.api --format %H\nbackend_port: 8000',
    'app-backend.service',
    ['ExecStart=/usr/bin/env python -m pote.api --format %%H', 'Environment=PORT=8000', 'Restart=always'],
  ],
  ['log_days: 7', '/etc/logrotate.d/pvestack', ['    rotate 7', '    maxage 7']],
])('%j in %s: %j', (project, name, lines) => {
  const file = fileOf(name, `run_jobs: true\n${project}`);
  for (const line of lines) expect(file).toContain(line);
});

test('an env that does not run jobs has none of their files', () => {
  const paths = (project: string): string[] => filesOf(project).map(({ path }) => path);
  const jobs = 'jobs: {a: {run: x, at: daily}, b: {run: x, cron: 0 6 * * *}}';
  expect(paths(`run_jobs: true\n${jobs}`)).toEqual([
    '/etc/systemd/system/app-job-a.service',
    '/etc/systemd/system/app-job-a.timer',
    '/etc/systemd/system/app-job-b.service',
    '/etc/cron.d/pvestack-b',
    '/etc/logrotate.d/pvestack',
  ]);
  expect(paths(jobs)).toEqual(['/etc/logrotate.d/pvestack']);
});

test.each<[string, string]>([
  ['python_install: make install', `  step 11 install confined "$release" without-env 'make install'`],
  ['migrate: python -m pote.migrate', `  migrate='python -m pote.migrate'`],
  ['', `  migrate='alembic upgrade head'`],
  ['health_command: "true"', `  step 15 health confined "$release" with-env true`],
  ['postgresql: {}', `  step 13 'dump before' /usr/local/lib/pvestack/pg-backup before-migration`],
])('%j in the deploy script: %s', (project, line) => {
  expect(python.deploySteps(envOf({ project: `app_type: python\n${project}` }), source)).toContain(line);
});
