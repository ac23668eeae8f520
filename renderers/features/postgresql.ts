import type { Contributor } from '../contribution';
import { toExpression, variablesOf } from '../expression';
import { CONFIG, unitPath } from '../layers/paths';
import { rootFile } from '../layers/layer';
import { literalLines, renderGuestLines } from '../lines';
import { reportsFailures } from './failure-reports';

/** The database of an application: PostgreSQL of Debian, a role, a database, and a dump every day. */
export const postgresql: Contributor = (env, source) => {
  const { postgresql: settings } = env.app.features;
  if (!settings) return {};
  const { database, user, password, extensions, backupAt: at, backupKeep: keep } = settings;
  // What libpq reads, so that the application need not know where its database is.
  const client = [
    ['PGHOST', password ? 'localhost' : '/run/postgresql'],
    ['PGDATABASE', database],
    ['PGUSER', user],
  ] as const;
  const data = { stack: env.stack, database, user, password, keep, at, reports: reportsFailures(env) };
  return {
    environment: client,
    buildEnvironment: client,
    after: ['postgresql.service'],
    layers: [
      {
        name: 'postgresql',
        lists: { packages: ['postgresql'], extensions: literalLines(extensions) },
        files: [
          rootFile(
            `${CONFIG}/postgresql.conf`,
            renderGuestLines(source, 'postgresql/postgresql.conf.ejs', data),
          ),
          rootFile(
            unitPath('pvestack-backup.service'),
            renderGuestLines(source, 'postgresql/backup.service.ejs', data),
          ),
          rootFile(
            unitPath('pvestack-backup.timer'),
            renderGuestLines(source, 'postgresql/backup.timer.ejs', data),
          ),
        ],
        ...(password ? { uploads: { db_password: toExpression(password) } } : {}),
        secretVariables: variablesOf(password ? [password] : []),
      },
    ],
  };
};
