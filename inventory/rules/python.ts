import type { Draft } from '../draft';
import type { appKeys } from '../schema/app';
import { pythonKeys } from '../schema/python';
import type { Validation } from '../validation';

/** A name of a job is a part of the name of a unit and of a file in /etc/cron.d, which may have no dots. */
const JOB_NAME = /^[a-z][a-z0-9-]{0,39}$/;

/** What a Python application may say, and nobody else. */
export function checkPython(draft: Draft, validation: Validation): void {
  const { scope } = draft;
  // A type that was refused may have been meant to be this one.
  if (!scope.wasRefused('app_type') && scope.get('app_type') !== 'python') {
    refuse('python', PYTHON_KEYS, draft, validation);
    return;
  }
  if (!scope.wasRefused('app_type')) refuse('node', NODE_KEYS, draft, validation);
  checkJobs(draft, validation);
  checkPostgresql(draft, validation);
  const mail = scope.find('failure_mail');
  const hasHost = scope.all('env_vars').some(({ value }) => 'SMTP_HOST' in value);
  if (mail && !hasHost && !validation.isRefused(mail.path)) {
    validation.error(mail.path, 'needs a mail server', 'set SMTP_HOST (and SMTP_PORT) in env_vars');
  }
}

/** Keys, each with what to do about one that stands where its type of application is another. */
type Keys = readonly (readonly [keyof typeof appKeys | keyof typeof pythonKeys | 'frontend_port', string])[];

const PYTHON_KEYS: Keys = (Object.keys(pythonKeys) as (keyof typeof pythonKeys)[]).map((key) => [
  key,
  'remove it, or set app_type: python',
]);

/** Keys of a Node.js application that Python has no use for, with what it has instead. */
const NODE_KEYS: Keys = [
  ['backend_dir', 'remove it: commands run in the root of the repository'],
  ['backend_install', 'write python_install'],
  ['backend_build', 'remove it: python_install may build, too'],
  ['backend_start', 'write service_start'],
  ['frontend_dir', 'remove it'],
  ['frontend_install', 'remove it'],
  ['frontend_build', 'remove it'],
  ['frontend_start', 'remove it'],
  ['frontend_port', 'remove it: the service listens on backend_port'],
  ['frontend_health_path', 'remove it: the service has backend_health_path'],
];

/** Keys of another type of application. */
function refuse(type: string, keys: Keys, { scope }: Draft, validation: Validation): void {
  for (const [key, fix] of keys) {
    const found = scope.find(key);
    // At the top it may be meant for other projects.
    if (found && found.path.length > 1 && !validation.isRefused(found.path)) {
      validation.error(found.path, `is for app_type: ${type} only`, fix);
    }
  }
}

function checkJobs({ scope }: Draft, validation: Validation): void {
  const runs = scope.find('run_jobs');
  if (runs?.value === true && scope.all('jobs').length === 0 && !scope.wasRefused('jobs')) {
    validation.warn(runs.path, 'has nothing to run: there are no jobs', 'write jobs, or remove it');
  }
  for (const { value, path } of scope.all('jobs')) {
    for (const [name, job] of Object.entries(value)) {
      const at = [...path, name];
      if (validation.isRefused(at)) continue;
      if (!JOB_NAME.test(name)) {
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
      }
    }
  }
}

const POSTGRESQL_PORT = 5432;

function checkPostgresql({ scope }: Draft, validation: Validation): void {
  const found = scope.find('postgresql');
  if (!found || found.value === false) return;
  const port = scope.find('backend_port');
  if (port?.value === POSTGRESQL_PORT && !validation.isRefused(port.path)) {
    validation.error(port.path, "is PostgreSQL's port", 'choose another port');
  }
  const { user, password } = found.value;
  if (user !== undefined && user !== 'app' && password === undefined && !validation.isRefused(found.path)) {
    validation.error(
      [...found.path, 'user'],
      'has no password, and the socket lets the application in as `app` only (peer authentication)',
      'remove it, or give password: "{{ vault_… }}"',
    );
  }
}
