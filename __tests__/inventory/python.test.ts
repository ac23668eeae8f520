import { settingsOf } from '../../inventory/app';
import { failure } from '../../features/failure';
import { jobs } from '../../features/jobs';
import { postgresql } from '../../features/postgresql';
import { python as kind } from '../../kinds/python';
import { added, inventoryOf, onlyEnv, problems, read } from './minimal';

/** The report lines of an inventory with lines added to its project, which is of app_type: python. */
const linesOf = (...lines: string[]): string[] =>
  problems(added('project', 'app_type: python', ...lines)).map((line) =>
    line.replace(/^inventory\.yml:/, ''),
  );
const python = (...lines: string[]): ReturnType<typeof onlyEnv>['app'] =>
  onlyEnv(added('project', 'app_type: python', ...lines)).app;

describe('what the rules of a Python application refuse, and where', () => {
  test.each<[name: string, lines: string[], report: string[]]>([
    [
      'a job without a time',
      ['jobs: {a: {run: x}}'],
      ['4:12  app_projects.pote.jobs.a  says not when it runs  write either at (systemd) or cron'],
    ],
    [
      'a job with two times',
      ['jobs: {a: {run: x, at: daily, cron: 0 6 * * *}}'],
      ['4:12  app_projects.pote.jobs.a  says twice when it runs  write either at (systemd) or cron'],
    ],
    [
      'a job without a command',
      ['jobs: {a: {at: daily}}'],
      ['4:12  app_projects.pote.jobs.a.run  is missing  write it (docs/inventory.md lists all keys)'],
    ],
    [
      'a command of two lines',
      ['jobs: {a: {run: "x\\ny", at: daily}}'],
      ['4:16  app_projects.pote.jobs.a.run  is not one line  write one command line'],
    ],
    [
      'a job with a dot in its name',
      ['jobs: {a.b: {run: x, at: daily}}'],
      [
        '4:12  app_projects.pote.jobs.a.b  is not a name for a job  use lower-case letters, digits and -, e.g. daily-run',
      ],
    ],
    [
      'a job with a capital in its name',
      ['jobs:', '  Daily: {run: x, at: daily}'],
      [
        '5:7  app_projects.pote.jobs.Daily  is not a name for a job  use lower-case letters, digits and -, e.g. daily-run',
      ],
    ],
    [
      'what is no calendar expression',
      ['jobs: {a: {run: x, at: tomorrow}}'],
      [
        '4:24  app_projects.pote.jobs.a.at  is not a calendar expression of systemd  write e.g. "*-*-* 06:00:00", "Mon 07:00" or daily (systemd.time(7))',
      ],
    ],
    [
      'what is no schedule of cron',
      ['jobs: {a: {run: x, cron: 0 25 * * *}}'],
      [
        '4:24  app_projects.pote.jobs.a.cron  is not a schedule of cron, or of a date that never comes  write five fields, e.g. "0 6 * * 1-5" (crontab(5))',
      ],
    ],
    [
      'a timeout of nothing',
      ['jobs: {a: {run: x, at: daily, timeout: 0}}'],
      [
        '4:35  app_projects.pote.jobs.a.timeout  is not a number of seconds from 1 to 604800  write a whole number from 1 to 604800',
      ],
    ],
    [
      'an unknown key of a job',
      ['jobs: {a: {run: x, at: daily, user: root}}'],
      [
        '4:35  app_projects.pote.jobs.a.user  is not a key of this tool here  remove it or mend its name (docs/inventory.md lists all keys)',
      ],
    ],
    [
      'a mail without a server',
      ['failure_mail: ops@example.lan'],
      ['4:5  app_projects.pote.failure_mail  needs a mail server  set SMTP_HOST (and SMTP_PORT) in env_vars'],
    ],
    [
      'what is no mail address',
      ['failure_mail: ops'],
      ['4:5  app_projects.pote.failure_mail  is not a mail address  write e.g. ops@example.lan'],
    ],
    [
      'a role of another name without a password',
      ['postgresql: {user: pote}'],
      [
        '4:18  app_projects.pote.postgresql.user  has no password, and the socket lets the application in as `app` only (peer authentication)  remove it, or give password: "{{ vault_… }}"',
      ],
    ],
    [
      'a role of PostgreSQL itself',
      ['postgresql: {database: postgres}'],
      [
        '4:18  app_projects.pote.postgresql.database  is not a name for a database or role of one’s own  use lower-case letters, digits and _',
      ],
    ],
    [
      'a name with a capital',
      ['postgresql: {database: Pote}'],
      [
        '4:18  app_projects.pote.postgresql.database  is not a name for a database or role of one’s own  use lower-case letters, digits and _',
      ],
    ],
    [
      'a password that stands there',
      ['postgresql: {password: geheim}'],
      [
        '4:18  app_projects.pote.postgresql.password  is a secret written in clear  write "{{ vault_db_password }}" and give it as TF_VAR_vault_db_password',
      ],
    ],
    [
      'an extension with a quote',
      [`postgresql: {extensions: ["a'b"]}`],
      [
        '4:31  app_projects.pote.postgresql.extensions.0  is not the name of an extension  write e.g. pg_trgm',
      ],
    ],
    [
      'a backup at no time',
      ['postgresql: {backup_at: 25:00}'],
      [
        '4:18  app_projects.pote.postgresql.backup_at  is not a calendar expression of systemd  write e.g. "*-*-* 02:30:00" or daily',
      ],
    ],
    [
      'no backup at all',
      ['postgresql: {backup_keep: 0}'],
      [
        '4:18  app_projects.pote.postgresql.backup_keep  is not a number of dumps from 1 to 3650  write a whole number from 1 to 3650',
      ],
    ],
    [
      'neither a map nor false',
      ['postgresql: yes'],
      [
        '4:5  app_projects.pote.postgresql  is neither a map nor false  write its keys (docs/inventory.md), {} for the defaults, or false',
      ],
    ],
    [
      'several slips in the keys of the database',
      ['postgresql: {extensions: pg_trgm, backup_keep: many, pasword: x}'],
      [
        '4:18  app_projects.pote.postgresql.extensions  is a text, not a list  write a list: [item, item], or one "- item" per line',
        '4:39  app_projects.pote.postgresql.backup_keep  is a text, not a number  write a whole number from 1 to 3650',
        '4:58  app_projects.pote.postgresql.pasword  is not a key of this tool here (did you mean "password"?)  remove it or mend its name (docs/inventory.md lists all keys)',
      ],
    ],
    [
      'a service on the port of its database',
      ['postgresql: {}', 'backend_port: 5432'],
      ["5:5  app_projects.pote.backend_port  is PostgreSQL's port  choose another port"],
    ],
    [
      'jobs that are not there',
      ['run_jobs: true'],
      [
        '4:5  app_projects.pote.run_jobs  warning: has nothing to run: there are no jobs  write jobs, or remove it',
      ],
    ],
    ['the port of a frontend, which it has not', ['backend_port: 3000'], []],
    [
      'keys of Node.js',
      ['backend_start: node .', 'backend_install: npm ci', 'frontend_port: 3002'],
      [
        '4:5  app_projects.pote.backend_start  is for app_type: node only  write service_start',
        '5:5  app_projects.pote.backend_install  is for app_type: node only  write python_install',
        '6:5  app_projects.pote.frontend_port  is for app_type: node only  remove it: the service listens on backend_port',
      ],
    ],
    [
      'another word for data',
      ['data: safe'],
      ['4:5  app_projects.pote.data  is none of the allowed values  write one of: keep, disposable'],
    ],
  ])('%s', (_name, lines, report) => {
    expect(linesOf(...lines)).toEqual(report);
  });

  test('a misspelt type does not hide what is wrong below it, nor make it wrong', () => {
    expect(
      problems(added('project', 'app_type: pyhton', 'jobs: {a: {run: x}, b: {run: x, at: daily}}')).map(
        (line) => line.replace(/^inventory\.yml:/, ''),
      ),
    ).toEqual([
      '3:5  app_projects.pote.app_type  is none of the allowed values (did you mean "python"?)  write one of: node, python, none',
      '4:12  app_projects.pote.jobs.a  says not when it runs  write either at (systemd) or cron',
    ]);
  });

  test('keys of a Python application on one of Node.js, each where it stands', () => {
    expect(
      problems(added('env', 'python_install: x', 'service_start: x')).map((line) =>
        line.replace(/^inventory\.yml:/, ''),
      ),
    ).toEqual([
      '6:9  app_projects.pote.envs.dev.python_install  is for app_type: python only  write backend_install',
      '7:9  app_projects.pote.envs.dev.service_start  is for app_type: python only  write backend_start',
    ]);
  });

  test('a guest that holds data does not become absent', () => {
    const data = (...more: string[]): string[] =>
      problems(
        added('project', 'app_type: python', 'postgresql: {}', ...more).replace(
          'branch: dev',
          'branch: dev\n        state: absent',
        ),
      );
    expect(data()).toEqual([
      'inventory.yml:13:9  app_projects.pote.envs.dev.state  would destroy a guest that holds data (data: keep)  first deploy it with data: disposable, then set state: absent',
    ]);
    expect(data('data: disposable')).toEqual([]);
    expect(data('guest: {protection: true}')).toEqual([
      'inventory.yml:14:9  app_projects.pote.envs.dev.state  would destroy a protected guest that holds data (data: keep)  first deploy it with guest: {protection: false, prevent_destroy: false} and data: disposable, then set state: absent',
    ]);
  });
});

describe('what a Python application has when nobody says otherwise', () => {
  test('nothing but a virtualenv', () => {
    expect(settingsOf(python(), kind)).toEqual({ install: undefined });
    expect(settingsOf(python(), jobs)).toEqual([]);
    expect(settingsOf(python(), failure)).toEqual({ logDays: 30 });
    expect(onlyEnv(added('project', 'app_type: python')).guest.preventDestroy).toBe(false);
  });

  test('a database of the name of the project, with peer authentication', () => {
    expect(settingsOf(python('postgresql: {}'), postgresql)).toEqual({
      database: 'pote',
      user: 'app',
      extensions: [],
      backupAt: '*-*-* 02:30:00',
      backupKeep: 14,
    });
    const withPassword = settingsOf(python('postgresql: {password: "{{ vault_p }}"}'), postgresql);
    expect(withPassword).toMatchObject({
      user: 'pote',
      password: { parts: [{ variable: 'vault_p' }], secret: true },
    });
  });

  test.each<[string, string[], boolean]>([
    ['with a database', ['postgresql: {}'], true],
    ['with one that is disposable', ['postgresql: {}', 'data: disposable'], false],
    ['with a log of Redis', ['redis: {persistence: log}'], true],
    ['with Redis as a cache', ['redis: true'], false],
    ['with none', [], false],
    ['with none that the env takes away', ['postgresql: false'], false],
    ['with files to keep', ['data: keep'], true],
  ])('a guest %s: %j, is not destroyed by a plan: %s', (_name, lines, kept) => {
    expect(onlyEnv(added('project', 'app_type: python', ...lines)).guest.preventDestroy).toBe(kept);
  });
});

describe('jobs of a project and of its envs', () => {
  const jobsOf = (env: string): unknown => {
    const text = added(
      'project',
      'app_type: python',
      'jobs: {b: {run: b, at: daily}, a: {run: a, cron: 0 6 * * *, timeout: 60}}',
    ).replace('branch: dev', `branch: dev\n        ${env}`);
    return settingsOf(onlyEnv(text).app, jobs);
  };

  test('nobody runs them but an env that says so', () => {
    expect(jobsOf('data: disposable')).toEqual([]);
    expect(jobsOf('run_jobs: true')).toEqual([
      { name: 'a', run: 'a', cron: '0 6 * * *', timeout: 60 },
      { name: 'b', run: 'b', at: 'daily', timeout: 3600 },
    ]);
  });

  test('an env replaces one of them as a whole, and adds others', () => {
    const own = 'run_jobs: true\n        jobs: {a: {run: other, at: hourly}, c: {run: c, at: daily}}';
    expect(jobsOf(own)).toEqual([
      { name: 'a', run: 'other', at: 'hourly', timeout: 3600 },
      { name: 'b', run: 'b', at: 'daily', timeout: 3600 },
      { name: 'c', run: 'c', at: 'daily', timeout: 3600 },
    ]);
  });

  test('each project has its own', () => {
    const { envs } = read(
      inventoryOf({ project: 'one', more: ['app_type: none'] }, { project: 'two' })
        .replace('        app_type: none\n', '')
        .replace(
          '  one:\n',
          '  one:\n    app_type: python\n    run_jobs: true\n    jobs: {a: {run: a, at: daily}}\n',
        ),
    );
    expect(envs.map(({ app }) => settingsOf(app, jobs).map(({ name }) => name))).toEqual([['a'], []]);
  });
});
