import { chmodSync, existsSync, mkdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { kitPart, type Ran, sh, TemporaryFolder } from '../support/shell';

const [USER = '', GROUP = ''] = sh('id -un; id -gn').stdout.split('\n');
const OWNER = `${USER}:${GROUP}`;

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
  for (const name of ['work', 'state', 'guest']) mkdirSync(folder.at(name));
  folder.fake('systemctl', 'exit 0');
});
afterEach(() => {
  folder.remove();
});

/** The words of a layer, for one whose guest is a folder. */
const WORDS = (): string => {
  const [, said = ''] = /^(# say WORD WHAT.*?)^# One run at a time/ms.exec(kitPart('lib/layer.sh')) ?? [];
  return `set -eu
export LC_ALL=C
umask 022
layer=test token=t1 sums= work=$1/work state=$1/state guest=$1/guest
${said}
${['manifest', 'files', 'leave'].map((name) => kitPart(`lib/${name}.sh`)).join('\n')}`.replaceAll(
    '/var/lib/pvestack',
    folder.at('layers'),
  );
};

/** Runs lines of a layer's script. */
function layer(lines: string): Ran & { said: string[] } {
  const ran = sh(`${WORDS()}\n${lines}`, { args: [folder.root], env: folder.env });
  return { ...ran, said: ran.stdout.replaceAll(folder.root, '').trim().split('\n') };
}

const encoded = (text: string): string => Buffer.from(text).toString('base64');
const manifest = (): string[] =>
  readFileSync(folder.at('state/manifest'), 'utf8').replaceAll(folder.root, '').trimEnd().split('\n');
const mode = (name: string): string => (statSync(folder.at(name)).mode & 0o7777).toString(8);

describe('put', () => {
  const TEXT = 'a \'b\' "c" $x `y` \\ %s\n\n\tgrüß\n';
  const put = `put 0640 ${OWNER} "$guest/etc/a" ${encoded(TEXT)}`;

  test('writes a file byte for byte, with its mode, and says so only once', () => {
    expect(layer(`${put}\nfinish`)).toMatchObject({
      status: 0,
      said: ['changed  /guest/etc/a', 'done     test: 1 changed'],
    });
    expect(readFileSync(folder.at('guest/etc/a'), 'utf8')).toBe(TEXT);
    expect(mode('guest/etc/a')).toBe('640');
    expect(layer(`${put}\nfinish`).said).toEqual(['ok       /guest/etc/a', 'done     test: nothing to do']);
    expect(manifest()).toEqual([
      expect.stringMatching(new RegExp(`^file\\t/guest/etc/a\\t0640 ${OWNER} [0-9a-f]{64}$`)),
    ]);
    expect(readFileSync(folder.at('state/token'), 'utf8')).toBe('t1\n');
    expect(existsSync(folder.at('state/pending'))).toBe(false);
  });

  test('mends a mode, an edit, and a link in its place; what the link points to stays', () => {
    layer(put);
    chmodSync(folder.at('guest/etc/a'), 0o666);
    expect(layer(put).said).toEqual(['changed  /guest/etc/a']);
    expect(mode('guest/etc/a')).toBe('640');
    folder.write('guest/etc/a', 'edited\n', 0o640);
    expect(layer(put).said).toEqual(['changed  /guest/etc/a']);
    expect(readFileSync(folder.at('guest/etc/a'), 'utf8')).toBe(TEXT);
    folder.write('guest/other', TEXT);
    sh('ln -sf ../other "$1/guest/etc/a"', { args: [folder.root] });
    expect(layer(put).said).toEqual(['changed  /guest/etc/a']);
    expect([statSync(folder.at('guest/etc/a')).isFile(), mode('guest/other')]).toEqual([true, '644']);
  });

  test('an empty file', () => {
    expect(layer(`put 0644 ${OWNER} "$guest/a" ''`).status).toBe(0);
    expect(readFileSync(folder.at('guest/a'), 'utf8')).toBe('');
  });

  test('a check sees a copy first, and keeps a wrong file away', () => {
    folder.write('guest/a', 'good\n');
    folder.fake('check', '[ "$1" = -q ] && grep -qx good "$2" || { echo "line 1: bad"; exit 1; }');
    const { status, stderr } = layer(`put 0644 ${OWNER} "$guest/a" ${encoded('bad\n')} check -q`);
    expect([status, stderr.replaceAll(folder.root, '')]).toEqual([
      1,
      'test: /guest/a would be wrong: line 1: bad\n',
    ]);
    expect(readFileSync(folder.at('guest/a'), 'utf8')).toBe('good\n');
    expect(layer(`put 0644 ${OWNER} "$guest/a" ${encoded('good\n')} check -q`).said).toEqual([
      'ok       /guest/a',
    ]);
  });
});

describe('secrets', () => {
  const put = `put_secret 0600 ${OWNER} "$guest/key" key`;

  test('arrive in a file of their own', () => {
    folder.write('work/secrets', `env ${encoded('A=1\n')}\nkey ${encoded("it's $x\n")}\n`);
    expect(layer(put)).toMatchObject({ status: 0, said: ['changed  /guest/key'] });
    expect(readFileSync(folder.at('guest/key'), 'utf8')).toBe("it's $x\n");
    expect(mode('guest/key')).toBe('600');
  });

  test('that have not arrived stop the script', () => {
    const { status, stderr } = layer(`${put}\necho never`);
    expect([status, stderr]).toEqual([
      1,
      'test: the secrets of this layer have not arrived; run the deploy again\n',
    ]);
    expect(existsSync(folder.at('guest/key'))).toBe(false);
  });

  test('of which one is missing stop the script, too: no empty file takes its place', () => {
    folder.write('work/secrets', `env ${encoded('A=1\n')}\n`);
    expect(layer(`${put}\necho never`)).toMatchObject({
      status: 1,
      stdout: '',
      stderr: 'test: the secret key of this layer has not arrived; run the deploy again\n',
    });
    expect(existsSync(folder.at('guest/key'))).toBe(false);
  });
});

test('settings are lists for the steps; one that is not there is empty', () => {
  expect(layer(`settings links ${encoded('a b\nc d\n')}\nwanted links\nwanted timers`)).toMatchObject({
    status: 0,
    stdout: 'a b\nc d\n',
  });
});

describe('folder', () => {
  test('is made once, and its mode mended', () => {
    const line = `folder 0750 ${OWNER} "$guest/data"`;
    expect(layer(line).said).toEqual(['changed  /guest/data/']);
    expect(layer(line).said).toEqual(['ok       /guest/data/']);
    chmodSync(folder.at('guest/data'), 0o777);
    expect(layer(line).said).toEqual(['changed  /guest/data/']);
    expect(mode('guest/data')).toBe('750');
  });
});

describe('symlink', () => {
  const line = 'symlink current/backend "$guest/backend"';

  test('is made once, and turned', () => {
    expect(layer(line).said).toEqual(['changed  /guest/backend']);
    expect(layer(line).said).toEqual(['ok       /guest/backend']);
    expect(layer('symlink current/web "$guest/backend"').said).toEqual(['changed  /guest/backend']);
    expect(readlinkSync(folder.at('guest/backend'))).toBe('current/web');
  });

  test('takes the place of an empty folder, never of anything else', () => {
    mkdirSync(folder.at('guest/backend'));
    expect(layer(line).status).toBe(0);
    sh('rm "$1/guest/backend"', { args: [folder.root] });
    folder.write('guest/backend/kept', 'x\n');
    const { status, stderr } = layer(line);
    expect([status, stderr.replaceAll(folder.root, '')]).toEqual([
      1,
      'test: /guest/backend is in the way: it is not a link. Move it away, and deploy again.\n',
    ]);
    expect(existsSync(folder.at('guest/backend/kept'))).toBe(true);
  });
});

describe('what is not wanted any more', () => {
  const put = (name: string): string => `put 0644 ${OWNER} "$guest/${name}" ${encoded('x\n')}`;

  test('leaves at the end: files, links, folders where they are empty', () => {
    const all = ['d/a', 'd/b'].map(put).join('\n');
    layer(`folder 0755 ${OWNER} "$guest/d"\n${all}\nsymlink d "$guest/link"\nfinish`);
    expect(layer(`${put('d/b')}\nfinish`).said).toEqual([
      'ok       /guest/d/b',
      'removed  /guest/d/a',
      'removed  /guest/link',
      'done     test: 2 changed',
    ]);
    expect(existsSync(folder.at('guest/d/b'))).toBe(true);
    expect(layer('finish').said).toEqual(['removed  /guest/d/b', 'done     test: 1 changed']);
    expect(manifest()).toEqual(['']);
  });

  test('of a run that failed is remembered', () => {
    expect(layer(`${put('a')}\ndie broken`).status).toBe(1);
    expect(readFileSync(folder.at('state/pending'), 'utf8')).toContain(folder.at('guest/a'));
    expect(layer('finish').said).toEqual(['removed  /guest/a', 'done     test: 1 changed']);
  });

  test('stays where another layer keeps it now, or will', () => {
    layer(`${put('a')}\n${put('b')}\nfinish`);
    folder.write('layers/app/manifest', `file\t${folder.at('guest/a')}\t0644 root:root x\n`);
    const elsewhere = encoded(`file\t${folder.at('guest/b')}`);
    expect(layer(`elsewhere_too '${elsewhere}'\nfinish`).said).toEqual(['done     test: nothing to do']);
    expect([existsSync(folder.at('guest/a')), existsSync(folder.at('guest/b'))]).toEqual([true, true]);
  });

  test('is not what somebody put in the place of a link', () => {
    layer('symlink d "$guest/link"\nfinish');
    sh('rm "$1/guest/link"', { args: [folder.root] });
    folder.write('guest/link', 'theirs\n');
    expect(layer('finish').said).toEqual(['done     test: nothing to do']);
    expect(existsSync(folder.at('guest/link'))).toBe(true);
  });
});
