import { readFileSync } from 'node:fs';
import { kitPart, type Ran, sh, TemporaryFolder } from '../support/shell';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
});
afterEach(() => {
  folder.remove();
});

const FUTURE = '20380101T000000Z';
const inFolder = (text: string): string =>
  text
    .replaceAll('/etc/pvestack', folder.at('etc'))
    .replaceAll('/var/lib/pvestack', folder.at('state'))
    .replaceAll('/var/backups/pvestack', folder.at('dumps'))
    .replaceAll('/usr/local/lib/pvestack', folder.at('kit'));
const listed = (where: string): string[] =>
  sh('ls "$1"', { args: [folder.at(where)] })
    .stdout.trimEnd()
    .split('\n')
    .filter((name) => name !== '');

describe('a number of a name', () => {
  const next = (): string =>
    sh(`set -eu\n${kitPart('lib/numbers.sh')}\nnext_number "$1/counter" "$1/made"`, { args: [folder.root] })
      .stdout;

  test('is given once, also when the counter is lost or what had it has left', () => {
    folder.write('made/n000007-20260101T000000Z-abcdef0/file', '');
    expect([next(), next()]).toEqual(['000008\n', '000009\n']);
    sh('rm "$1/counter"', { args: [folder.root] });
    folder.write('made/shop-daily-n000011-20260101T000000Z.dump', '');
    expect([next(), next()]).toEqual(['000012\n', '000013\n']);
    sh('rm -r "$1/made"', { args: [folder.root] });
    expect(next()).toBe('000014\n');
  });

  test('orders beyond its width, and after names of times only', () => {
    const names = ['n999999-2026', 'n1000000-2020', `${FUTURE}-a`, 'n000001-1999'];
    const { stdout } = sh(
      `${kitPart('lib/numbers.sh')}\nprintf '/srv/app/releases/%s\\n' "$@" | newest_first`,
      { args: names },
    );
    expect(stdout.replaceAll('/srv/app/releases/', '').trimEnd().split('\n')).toEqual([
      'n1000000-2020',
      'n999999-2026',
      'n000001-1999',
      `${FUTURE}-a`,
    ]);
  });
});

describe('the dumps of a clock that was ahead', () => {
  const backup = (...args: string[]): Ran => {
    folder.write('kit/lib/numbers.sh', kitPart('lib/numbers.sh'));
    folder.write('etc/postgresql.conf', 'database=shop user=shop backup_keep=2\n');
    folder.fake('runuser', 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"');
    folder.fake('pg_dump', 'echo "$@"');
    return sh(inFolder(kitPart('pg-backup')), { args, env: folder.env });
  };
  const made = (ran: Ran): string => {
    expect([ran.status, ran.stderr]).toEqual([0, '']);
    return ran.stdout.trim().replace(`${folder.at('dumps')}/`, '');
  };

  test.each(['', 'n000004-'])('do not cost a new one its place: %j', (number) => {
    folder.write(`dumps/shop-daily-${number}${FUTURE}.dump`, '');
    folder.write(`dumps/shop-daily-${number.replace('4', '3')}20370101T000000Z.dump`, '');
    const first = made(backup());
    expect(listed('dumps')).toContain(first);
    expect(listed('dumps')).toHaveLength(2);
    const second = made(backup('daily'));
    expect(listed('dumps')).toEqual([first, second]);
  });

  test('the dump that is restored stays, as the others of its kind leave', () => {
    const old = 'shop-before-restore-n000001-20260101T000000Z.dump';
    for (const name of [old, old.replace('1-', '2-'), old.replace('1-', '3-')])
      folder.write(`dumps/${name}`, '');
    const dump = made(backup('before-restore', folder.at(`dumps/${old}`)));
    expect(listed('dumps')).toEqual([old, old.replace('1-', '3-'), dump]);
  });
});

describe('the releases of a clock that was ahead', () => {
  const run = (lines: string): string => {
    const { stdout, stderr } = sh(
      `set -eu
base=$1 record=$1/state keep=2 release= repo=r branch=main
${kitPart('lib/numbers.sh')}
${kitPart('deploy/releases.sh')}
${kitPart('deploy/rollback.sh')}
by=ops@example.lan
subject_of() { echo subject; }
say() { :; }
fail() { shift; echo "$*"; exit 1; }
activate() { echo "to \${1##*/}"; }
${lines}`,
      { args: [folder.root] },
    );
    expect(stderr).toBe('');
    return stdout;
  };
  const release = (name: string): void => {
    folder.write(`releases/${name}/file`, '');
    folder.write(`state/releases/${name}.commit`, 'abcdef0\n');
  };

  test('leave before new ones; what was just made stays, also where it is not live', () => {
    for (const name of [`${FUTURE}-aaaaaaa`, '20370101T000000Z-bbbbbbb', 'n000001-20260101T000000Z-ccccccc'])
      release(name);
    run('prune');
    expect(listed('releases')).toEqual([`${FUTURE}-aaaaaaa`, 'n000001-20260101T000000Z-ccccccc']);
    run(`keep=0 release="$base/releases/n000001-20260101T000000Z-ccccccc"; prune`);
    expect(listed('releases')).toEqual(['n000001-20260101T000000Z-ccccccc']);
    expect(listed('state/releases')).toEqual(['n000001-20260101T000000Z-ccccccc.commit']);
  });

  test('a rollback goes to the one that was made before', () => {
    for (const name of [`n000001-${FUTURE}-aaaaaaa`, 'n000002-20260101T000000Z-bbbbbbb']) release(name);
    sh('ln -s "$1/releases/n000002-20260101T000000Z-bbbbbbb" "$1/current"', { args: [folder.root] });
    expect(run('rollback')).toBe(`to n000001-${FUTURE}-aaaaaaa\n`);
    expect(readFileSync(folder.at('state/history'), 'utf8')).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\tabcdef0\trolled-back\tops@example\.lan\tsubject\n$/,
    );
  });

  test('a rollback to one that is named goes there, or says that it cannot', () => {
    for (const [i, name] of ['aaaaaaa', 'bbbbbbb', 'ccccccc'].entries()) {
      const at = `n00000${i + 1}-20260101T000000Z-${name}`;
      release(at);
      folder.write(`state/releases/${at}.commit`, `${name}\n`);
    }
    sh('ln -s "$1/releases/n000003-20260101T000000Z-ccccccc" "$1/current"', { args: [folder.root] });
    for (const name of ['aaaa', 'n000001', 'n000001-20260101T000000Z-aaaaaaa'])
      expect(run(`rollback ${name}`)).toBe('to n000001-20260101T000000Z-aaaaaaa\n');
    expect(run('rollback ddd')).toBe('there is no release ddd on this guest; see: deploy_app.sh --list\n');
    expect(run('rollback ccc')).toBe('n000003-20260101T000000Z-ccccccc is live already\n');
  });
});
