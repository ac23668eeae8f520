import * as z from 'zod';
import { groupPart } from '../inventory/names';
import { filled, key, message, plain, secret, whole } from '../inventory/schema/fields';
import { isOnCalendar } from '../inventory/schema/schedule';
import { RULES } from '../inventory/values/rules';
import type { Value } from '../inventory/values/value';
import { defineFeature } from '../renderers/contribution';
import { toExpression, variablesOf } from '../renderers/expression';
import { type GuestFile, rootFile } from '../renderers/layers/layer';
import { CONFIG, unitPath } from '../renderers/layers/paths';
import { literalLines, renderGuestLines } from '../renderers/lines';
import { reportsFailures } from './failure';

const PORT = 5432;

const role = (): z.ZodString =>
  plain(
    (value) => /^[a-z_][a-z0-9_]{0,62}$/.test(value) && !/^(pg_|postgres$|template[01]$)/.test(value),
    'is not a name for a database or role of one’s own',
    'use lower-case letters, digits and _',
  );

const schema = z.strictObject({
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
    { description: 'Extensions that the database has, with those that they need.', default: [] },
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

/** The database of an application. */
interface PostgreSql {
  database: string;
  user: string;
  /** Undefined: peer authentication over the socket. */
  password?: Value;
  extensions: readonly string[];
  /** A calendar expression of systemd. */
  backupAt: string;
  /** Dumps of each kind. */
  backupKeep: number;
}

/** The database of an application: PostgreSQL of Debian, a role, a database, and a dump every day. */
export const postgresql = defineFeature({
  name: 'postgresql',
  order: 1,

  keys: {
    postgresql: key(
      z.union([schema, z.literal(false)], {
        error: message(
          'is neither a map nor false',
          'write its keys (docs/inventory.md), {} for the defaults, or false',
        ),
      }),
      { description: 'A PostgreSQL database on the guest; `{}` for one with every default.' },
    ),
  },

  resolve(scope, project): PostgreSql | undefined {
    const value = scope.maybe('postgresql');
    if (!value) return undefined;
    const database = value.database ?? groupPart(project).toLowerCase();
    return {
      database,
      user: value.user ?? (value.password === undefined ? 'app' : database),
      password: value.password,
      extensions: value.extensions,
      backupAt: value.backup_at,
      backupKeep: value.backup_keep,
    };
  },

  holdsData: (scope) => Boolean(scope.maybe('postgresql')),

  check({ scope, ports, validation }) {
    const found = scope.find('postgresql');
    if (!found?.value) return;
    for (const { value, path } of ports) {
      if (value === PORT && !validation.isRefused(path)) {
        validation.error(path, "is PostgreSQL's port", 'choose another port');
      }
    }
    const { user, password } = found.value;
    if (user !== undefined && user !== 'app' && password === undefined && !validation.isRefused(found.path)) {
      validation.error(
        [...found.path, 'user'],
        'has no password, and the socket lets the application in as `app` only (peer authentication)',
        'remove it, or give password: "{{ vault_… }}"',
      );
    }
  },

  contribution(settings, env, source) {
    if (!settings) return {};
    const { database, user, password, extensions, backupAt: at, backupKeep: keep } = settings;
    // What libpq reads, so that the application need not know where its database is.
    const client = [
      ['PGHOST', password ? 'localhost' : '/run/postgresql'],
      ['PGDATABASE', database],
      ['PGUSER', user],
    ] as const;
    const data = { stack: env.stack, database, user, password, keep, at, reports: reportsFailures(env) };
    const file = (path: string, template: string): GuestFile =>
      rootFile(path, renderGuestLines(source, `postgresql/${template}.ejs`, data));
    return {
      environment: client,
      buildEnvironment: client,
      after: ['postgresql.service'],
      layers: [
        {
          name: 'postgresql',
          lists: { packages: ['postgresql'], extensions: literalLines(extensions) },
          files: [
            file(`${CONFIG}/postgresql.conf`, 'postgresql.conf'),
            file(unitPath('pvestack-backup.service'), 'backup.service'),
            file(unitPath('pvestack-backup.timer'), 'backup.timer'),
          ],
          ...(password ? { uploads: { db_password: toExpression(password) } } : {}),
          secretVariables: variablesOf(password ? [password] : []),
        },
      ],
    };
  },
});
