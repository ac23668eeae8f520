import type { Draft } from '../resolve';
import { pythonKeys } from '../schema/python';
import type { Validation } from '../validation';

/** A name of a job is a part of the name of a unit and of a file in /etc/cron.d, which may have no dots. */
const JOB_NAME = /^[a-z][a-z0-9-]{0,39}$/;

/** What a Python application may say, and nobody else. */
export function checkPython(draft: Draft, validation: Validation): void {
  const { scope } = draft;
  // A type that was refused may have been meant to be this one.
  if (!scope.wasRefused('app_type') && scope.get('app_type', 'node') !== 'python') {
    for (const name of Object.keys(pythonKeys) as (keyof typeof pythonKeys)[]) {
      const found = scope.find(name);
      // At the top it may be meant for other projects.
      if (found && found.path.length > 1 && !validation.isRefused(found.path)) {
        validation.error(found.path, 'is for app_type: python only', 'remove it, or set app_type: python');
      }
    }
    return;
  }
  checkJobs(draft, validation);
  checkPostgresql(draft, validation);
  const mail = scope.find('failure_mail');
  const hasHost = scope.all('env_vars').some(({ value }) => 'SMTP_HOST' in value);
  if (mail && !hasHost && !validation.isRefused(mail.path)) {
    validation.error(mail.path, 'needs a mail server', 'set SMTP_HOST (and SMTP_PORT) in env_vars');
  }
}

function checkJobs({ scope }: Draft, validation: Validation): void {
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

function checkPostgresql({ scope }: Draft, validation: Validation): void {
  const found = scope.find('postgresql');
  if (!found || found.value === false) return;
  const { user, password } = found.value;
  if (user !== undefined && user !== 'app' && password === undefined && !validation.isRefused(found.path)) {
    validation.error(
      [...found.path, 'user'],
      'has no password, and the socket lets the application in as `app` only (peer authentication)',
      'remove it, or give password: "{{ vault_… }}"',
    );
  }
}
