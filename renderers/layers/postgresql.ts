import type { PostgreSql } from '../../inventory/features/postgresql';
import type { Env } from '../../inventory/types';
import { toExpression } from '../expression';
import { literalLines, renderGuestLines } from '../lines';
import type { TemplateSource } from '../template';
import type { GuestFile, Layer } from './layer';

/**
 * The database of an application: PostgreSQL of Debian, a role, a database, and a dump every day.
 * @param env the env
 * @param postgresql its settings
 * @param source finds templates
 * @returns the layer
 */
export function postgresql(env: Env, postgresql: PostgreSql, source: TemplateSource): Layer {
  const { database, user, password, extensions, backupAt, backupKeep } = postgresql;
  const file = (path: string, mode: string, template: string, data: Record<string, unknown>): GuestFile => ({
    path,
    mode,
    owner: 'root:root',
    ...renderGuestLines(source, template, { stack: env.stack, ...data }),
  });
  const variables = (password?.parts ?? []).flatMap((part) =>
    typeof part === 'string' ? [] : [part.variable],
  );
  return {
    name: 'postgresql',
    settings: { 'packages.wanted': literalLines(['postgresql']) },
    libraries: ['begin', 'apt', 'timers'],
    before: renderGuestLines(source, 'postgresql/before.sh.ejs'),
    files: [
      file('/usr/local/lib/pvestack/pg-backup', '0755', 'postgresql/pg-backup.sh.ejs', {
        database,
        keep: backupKeep,
      }),
      file('/usr/local/bin/restore_app_db.sh', '0755', 'postgresql/restore.sh.ejs', { database, user }),
      file('/etc/systemd/system/pvestack-backup.service', '0644', 'postgresql/backup.service.ejs', {
        reports: reportsFailures(env),
      }),
      file('/etc/systemd/system/pvestack-backup.timer', '0644', 'python/timer.ejs', {
        description: 'dump of the database',
        at: backupAt,
      }),
    ],
    secrets: [],
    uploads: password ? { db_password: toExpression(password) } : {},
    secretVariables: [...new Set(variables)].sort(),
    after: renderGuestLines(source, 'postgresql/after.sh.ejs', { database, user, password, extensions }),
  };
}

/**
 * Whether anybody hears of failures.
 * @param env the env
 * @returns true where a mail address or a hook is set
 */
export function reportsFailures({ app }: Env): boolean {
  const { mail, hook } = app.features.failure;
  return mail !== undefined || hook !== undefined;
}
