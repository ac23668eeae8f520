import { existsSync } from 'node:fs';
import { kitPart, type Ran, sh, TemporaryFolder } from '../support/shell';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
  folder.write('state/file', '');
  folder.write('bin/lib/lock.sh', kitPart('lib/lock.sh').replaceAll('/run/pvestack.lock', folder.at('lock')));
  folder.write('dump', 'a dump');
  folder.write('etc/postgresql.conf', 'database=shop user=shop backup_keep=2\n');
  folder.fake('id', 'echo 0');
  folder.fake('runuser', 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"');
  folder.fake('pg_restore', '[ "$1" != --list ] || echo ";"');
  folder.fake('systemctl', ':');
  folder.fake('pg-backup', 'echo "$@"');
  // Says each query, with the values of its variables.
  folder.fake(
    'psql',
    `values=
while [ $# -gt 0 ]; do case $1 in *=*) values="$values;s/:.\${1%%=*}./\${1#*=}/g" ;; esac; shift; done
sed "\${values#;}" | tee -a "${folder.at('log')}" | grep -q "$PSQL_FAILS" || exit 0
exit 3`,
  );
});
afterEach(() => {
  folder.remove();
});

function restore(fails = '^never'): Ran & { queries: string[] } {
  const script = kitPart('restore_app_db.sh')
    .replaceAll('/etc/pvestack', folder.at('etc'))
    .replaceAll('/var/lib/pvestack', folder.at('state'))
    .replaceAll('/usr/local/lib/pvestack', folder.at('bin'));
  const env = { ...folder.env, PSQL_FAILS: fails };
  const ran = sh(`rm -f "$2/log"; set -- "$1"\n${script}`, { args: [folder.at('dump'), folder.root], env });
  const { stdout } = sh('cat "$1"', { args: [folder.at('log')] });
  return { ...ran, queries: stdout.split('\n').filter((line) => /^(DROP|CREATE|ALTER)/.test(line)) };
}

describe('a restore', () => {
  test('makes and drops only databases of names that nobody else gives', () => {
    const { status, stdout, queries } = restore();
    expect([status, stdout]).toEqual([
      0,
      `before: before-restore ${folder.at('dump')}\nrestored ${folder.at('dump')}\n`,
    ]);
    const [, run = ''] = /"?pvestack_new_([0-9a-f]{16})/.exec(queries[0] ?? '') ?? [];
    expect(queries).toEqual([
      `CREATE DATABASE pvestack_new_${run} OWNER shop ENCODING 'UTF8' TEMPLATE template0;`,
      'ALTER DATABASE shop ALLOW_CONNECTIONS false;',
      `ALTER DATABASE shop RENAME TO pvestack_old_${run};`,
      `ALTER DATABASE pvestack_new_${run} RENAME TO shop;`,
      'ALTER DATABASE shop ALLOW_CONNECTIONS true',
      `DROP DATABASE IF EXISTS pvestack_new_${run} WITH (FORCE);`,
      `DROP DATABASE IF EXISTS pvestack_old_${run} WITH (FORCE);`,
    ]);
    expect(existsSync(folder.at('state/restore'))).toBe(false);
    expect(restore().queries[0]).not.toContain(run);
  });

  test('drops what one before it left, that was killed, and lets people connect again', () => {
    folder.write('state/restore', 'pvestack_new_1\npvestack_old_1\n');
    expect(restore().queries.slice(0, 3)).toEqual([
      'ALTER DATABASE shop ALLOW_CONNECTIONS true',
      'DROP DATABASE IF EXISTS pvestack_new_1 WITH (FORCE);',
      'DROP DATABASE IF EXISTS pvestack_old_1 WITH (FORCE);',
    ]);
  });

  test('that cannot drop what it made keeps its names for the next one', () => {
    const { status, stderr } = restore('^DROP');
    expect([status, stderr]).toEqual([
      0,
      `restore_app_db.sh: what it made beside the database is dropped by the next restore (${folder.at('state/restore')})\n`,
    ]);
    expect(restore().queries.filter((line) => line.startsWith('DROP'))).toHaveLength(4);
  });

  test('without a dump of what is there does nothing', () => {
    folder.fake('pg-backup', 'echo full >&2; exit 1');
    const { status, stderr, queries } = restore();
    expect([status, queries]).toEqual([1, []]);
    expect(stderr).toContain('was not restored; the database is as it was');
  });
});
