import { settingsOf } from '../../inventory/app';
import { schemaOf } from '../../inventory/schema/inventory';
import { node } from '../../kinds/node';
import { python } from '../../kinds/python';
import * as registry from '../../registry';
import { added, onlyEnv, problems } from './minimal';

const linesOf = (text: string): string[] =>
  problems(text).map((line) => line.replace(/^inventory\.yml:/, ''));

/** One key of each feature, and what else needs no kind in particular. */
const FEATURES = [
  'postgresql: {extensions: [pg_trgm]}',
  'jobs: {a: {run: x, at: daily}}',
  'run_jobs: true',
  'failure_hook: x',
  'log_days: 7',
  'redis: {maxmemory: 64}',
  'health_command: npm run health',
];

describe.each(['node', 'python'])('an application of the kind %s', (kind) => {
  const { app, guest } = onlyEnv(added('project', `app_type: ${kind}`, ...FEATURES));

  test('has every feature', () => {
    expect(app).toMatchObject({
      type: kind,
      settings: {
        postgresql: { database: 'pote', user: 'app', extensions: ['pg_trgm'] },
        jobs: [{ name: 'a', run: 'x', at: 'daily', timeout: 3600 }],
        failure: { mail: undefined, hook: 'x', logDays: 7 },
        redis: { maxmemory: 64, maxmemory_policy: 'noeviction', persistence: 'snapshots' },
      },
      release: { healthCommand: 'npm run health' },
    });
  });

  test('has data to keep where it has a database', () => {
    expect(guest.preventDestroy).toBe(true);
  });
});

test('an application has the settings of its own kind', () => {
  const { app } = onlyEnv(added('project', 'app_type: python', 'service_start: x', 'backend_port: 8080'));
  expect(app.services).toMatchObject([{ name: 'backend', start: 'x', port: 8080 }]);
  expect(settingsOf(app, python)).toEqual({ install: undefined });
  expect(() => settingsOf(app, node)).toThrow('an application of the type python has no part node');
});

describe('without an application', () => {
  test.each(FEATURES.slice(0, 6))('%s is refused', (line) => {
    const key = line.split(':')[0] ?? '';
    expect(linesOf(added('project', 'app_type: none', line))).toEqual([
      `4:5  app_projects.pote.${key}  is for an application, and app_type: none has none  remove it, or set app_type: node or python`,
    ]);
  });

  test.each([
    'env_vars: {A: b}',
    'backend_port: 8080',
    'migrate: x',
    'health_command: x',
    'keep_releases: 3',
    'trial_start: false',
    'service_memory: 256',
  ])('%s is refused', (line) => {
    const key = line.split(':')[0] ?? '';
    expect(linesOf(added('project', 'app_type: none', line))).toEqual([
      `4:5  app_projects.pote.${key}  is for an application, and app_type: none has none  remove it, or set app_type: node or python`,
    ]);
  });

  test('nothing but a guest is there, whose data may be kept', () => {
    const { app, guest } = onlyEnv(added('project', 'app_type: none', 'data: keep'));
    expect(app).toMatchObject({ type: 'none', settings: {} });
    expect(guest.preventDestroy).toBe(true);
  });
});

test.each(['backend_port', 'frontend_port'])("%s is not PostgreSQL's", (key) => {
  expect(linesOf(added('project', 'postgresql: {}', `${key}: 5432`))).toEqual([
    `4:5  app_projects.pote.${key}  is PostgreSQL's port  choose another port`,
  ]);
});

test('no two kinds or features have the same name, or a key of the same name or of a name that all have', () => {
  const parts = Object.values(registry);
  const { levelKeys: common } = schemaOf({});
  const keys = [...Object.keys(common), ...parts.flatMap((part) => Object.keys(part.keys))];
  for (const names of [keys, [...parts.map(({ name }) => name), 'none']]) {
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  }
});

test('a job that never comes is a doubt', () => {
  expect(linesOf(added('project', 'jobs: {a: {run: x, at: "2020-01-01"}}'))).toEqual([
    '3:24  app_projects.pote.jobs.a.at  warning: never comes, or not again  write a date that comes, or remove the job',
  ]);
});
