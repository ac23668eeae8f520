import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { KIT_FOLDER, kitPart, sh, TemporaryFolder } from '../support/shell';

const OWNER = sh('printf %s "$(id -un):$(id -gn)"').stdout;
const sumOf = (text: string): string => sh('sha256sum | cut -d " " -f 1', { input: text }).stdout.trim();

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
  mkdirSync(folder.at('work'));
  mkdirSync(folder.at('root/app'), { recursive: true });
  // By default all is well.
  folder.fake('systemctl', 'exit 0');
  folder.fake('dpkg-query', 'shift 3; for name; do echo installed; done');
});
afterEach(() => {
  folder.remove();
});

/** A function of the facts, with a manifest on standard input. */
function fact(call: string, manifest: readonly (readonly string[])[] = []): string {
  const input = manifest.map((entry) => `${entry.join('\t')}\n`).join('');
  const script = `set -u
export LC_ALL=C
root=$1/root work=$1/work
${kitPart('facts/deviations.sh').replaceAll('/usr/local/lib/pvestack', folder.at('kit'))}
${kitPart('lib/services.sh').replaceAll('/etc/pvestack', folder.at('etc'))}
${call}`;
  const { stdout, stderr } = sh(script, { args: [folder.root], input, env: folder.env });
  expect(stderr).toBe('');
  return stdout;
}

/** What the layer app deviates by from a manifest. */
function deviation(...manifest: (readonly string[])[]): string {
  folder.write('root/app/manifest', manifest.map((entry) => `${entry.join('\t')}\n`).join(''));
  return fact('deviation app').replaceAll(folder.root, '').trim();
}

/** A file as a layer wrote it, and its entry of the manifest. */
function file(name: string, text = 'text\n', mode = 0o644): string[] {
  const at = folder.write(name, text, mode);
  return ['file', at, `0${mode.toString(8)} ${OWNER} ${sumOf(text)}`];
}

test('the token of a deviation never comes twice', () => {
  const [one, two] = fact(`seen 'edited x'; sleep 1.01; seen 'edited x'`).trim().split('\n');
  expect([one, two]).toEqual([1, 2].map(() => expect.stringMatching(/^20\S+T\S+Z: edited x$/) as string));
  expect(one).not.toBe(two);
});

describe('edited_files', () => {
  const edited = (...manifest: (readonly string[])[]): string =>
    fact('edited_files', manifest).replaceAll(folder.root, '').trim();

  test('nothing, of files as they were written', () => {
    expect(edited()).toBe('');
    expect(edited(['folder', '/none', '0755 root:root'])).toBe('');
    expect(edited(file('a'), file('b', '', 0o600), file("a name with $x `y` it's", 'c\n', 0o755))).toBe('');
  });

  test('all that are missing, edited or have another mode', () => {
    const all = ['a', 'b', 'c', 'd'].map((name) => file(name));
    rmSync(folder.at('d'));
    expect(edited(...all)).toBe('missing /d');
    chmodSync(folder.at('c'), 0o666);
    expect(edited(...all)).toBe('mode of /c\nmissing /d');
    writeFileSync(folder.at('b'), 'other\n');
    expect(edited(...all)).toBe('edited /b\nmode of /c\nmissing /d');
    expect(edited(['file', folder.at('a'), `0644 nobody:nobody ${sumOf('text\n')}`])).toBe('mode of /a');
  });

  test('a setuid bit is another mode', () => {
    const entry = file('a');
    chmodSync(folder.at('a'), 0o4644);
    expect(edited(entry)).toBe('mode of /a');
  });
});

describe('missing_packages', () => {
  const missing = (states: Record<string, string>, ...names: string[]): string => {
    const cases = Object.entries(states).map(([name, state]) => `${name}) echo '${state}' ;;`);
    folder.fake(
      'dpkg-query',
      `shift 3; status=0; for name; do case $name in ${cases.join(' ')} *) status=1 ;; esac; done; exit $status`,
    );
    return fact('missing_packages', [
      ['file', '/x', ''],
      ...names.map((name) => ['package', name, 'ours']),
    ]).trim();
  };

  test('nothing, where all are installed; all are asked for at once', () => {
    expect(missing({ a: 'installed', b: 'installed' }, 'a', 'b')).toBe('');
    expect(missing({})).toBe('');
  });

  test('all that are not known, removed, or half installed', () => {
    const states = { a: 'installed', c: 'config-files', d: 'half-configured' };
    expect(missing(states, 'a', 'b', 'c')).toBe('missing package b\nmissing package c');
    expect(missing(states, 'a', 'c', 'd')).toBe('missing package c\nmissing package d');
    expect(missing(states, 'a', 'd')).toBe('missing package d');
  });
});

describe('what a layer deviates by', () => {
  test('none', () => {
    expect(deviation(file('a'), ['package', 'git', 'found'])).toBe('');
  });

  test('an unfinished run comes before all else', () => {
    folder.write('root/app/pending', 'file\t/x\t\n');
    expect(deviation(['folder', '/none'])).toBe('an unfinished run');
    folder.write('root/app/pending', '');
    expect(deviation(['folder', folder.at('none')])).toBe('missing /none/');
  });

  test('folders, links, trees and what is watched', () => {
    const at = folder.at('data');
    mkdirSync(at, { mode: 0o755 });
    symlinkSync('target', folder.at('link'));
    const watched = folder.write('watched', 'x\n');
    const well = [
      ['folder', at, `0755 ${OWNER}`],
      ['symlink', folder.at('link'), 'target'],
      ['tree', at],
      ['watch', watched, sumOf('x\n')],
    ];
    expect(deviation(...well)).toBe('');
    expect(deviation(['folder', at, `0750 ${OWNER}`])).toBe('mode of /data/');
    expect(deviation(['symlink', folder.at('link'), 'other'])).toBe('link /link');
    expect(deviation(['tree', folder.at('none')])).toBe('missing /none/');
    expect(deviation(['watch', watched, sumOf('y\n')])).toBe('changed /watched');
  });

  test('the block of keys, whatever stands around it', () => {
    const block = '# BEGIN pvestack\nssh-ed25519 AAAA\n# END pvestack\n';
    const keys = folder.write('keys', `ssh-rsa other\n${block}ssh-rsa another\n`);
    expect(deviation(['keys', 'root', `${keys} ${sumOf(block)}`])).toBe('');
    folder.write('keys', `${block.replace('AAAA', 'BBBB')}`);
    expect(deviation(['keys', 'root', `${keys} ${sumOf(block)}`])).toBe('keys of root');
  });

  test.each([
    ['is-enabled', 'exit 1', 'disabled a.service', 'disabled a.timer'],
    ['is-active', 'exit 3', 'not running a.service', 'not waiting a.timer'],
  ])('units and timers of which systemctl %s says no', (verb, how, unit, timer) => {
    folder.fake(
      'systemctl',
      `case $* in ${verb}*) ${how} ;; *-p\\ ActiveState*) echo Restart=always ;; show*) echo yes ;; esac`,
    );
    expect(deviation(['unit', 'a.service'])).toBe(unit);
    expect(deviation(['timer', 'a.timer'])).toBe(timer);
  });

  test('a unit without a release to run is well, an outdated process is not', () => {
    folder.fake('systemctl', 'case $1 in is-active) exit 3 ;; show) echo no ;; esac');
    expect(deviation(['unit', 'a.service'])).toBe('');
    folder.fake('systemctl', 'exit 0');
    folder.write('kit/stamp', '#!/bin/sh\n[ "$1 $2" = "--same a.service" ]\n', 0o755);
    expect(deviation(['unit', 'a.service'])).toBe('');
    expect(deviation(['unit', 'b.service'])).toBe('outdated process of b.service');
  });

  test('units come last: an edited file is why a process is outdated', () => {
    folder.fake('systemctl', 'exit 0');
    folder.write('kit/stamp', '#!/bin/sh\nexit 1\n', 0o755);
    const edited = ['file', folder.write('a', 'other\n'), `0644 ${OWNER} ${sumOf('text\n')}`];
    expect(deviation(['unit', 'a.service'], edited)).toBe('edited /a');
    expect(deviation(['unit', 'a.service'], ['symlink', folder.at('none'), 'x'])).toBe(
      'link /none; outdated process of a.service',
    );
  });

  test('all of it, as far as a token holds it', () => {
    const missing = Array.from({ length: 30 }, (_, index) => ['tree', folder.at(`folder-${index}`)]);
    const said = deviation(...missing);
    expect(said).toMatch(/^missing \/folder-0\/; missing \/folder-1\/; .*; and \d+ more$/);
    expect(said.split('; ').length - 1 + Number(/and (\d+) more/.exec(said)?.[1])).toBe(30);
    expect(said.length).toBeLessThan(170);
  });
});

describe('what the look says of a layer', () => {
  const look = (): string => fact('look_at_layer app');

  test('not configured, the token, or another one; and what the layer was asked for', () => {
    expect(look()).toMatch(/^app \S+Z: not configured\n$/);
    folder.write('root/app/token', 'new\n');
    folder.write('root/app/manifest', '');
    expect(look()).toBe('app new\nsums app:\n');
    folder.write('root/app/sums', '0a1b,2c3d\n');
    folder.write('root/app/manifest', `folder\t${folder.at('none')}\t\n`);
    expect(look().replace(/20\S+Z/, 'TIME')).toBe(
      `app TIME: missing ${folder.at('none')}/\nsums app:0a1b,2c3d\n`,
    );
  });

  test('the program answers in the frame that it was asked for', () => {
    folder.write('root/app/token', 'new\n');
    folder.write('root/app/manifest', '');
    const program = kitPart('look')
      .replaceAll('/usr/local/lib/pvestack', KIT_FOLDER)
      .replaceAll('/var/lib/pvestack', folder.at('root'));
    const ask = (question: string): string =>
      // This machine may have host keys.
      sh(program, { input: question, env: { ...folder.env, TMPDIR: folder.root } }).stdout.replaceAll(
        /^hostkey \S+ \S+\n/gm,
        '',
      );
    expect(ask('look-1\nkit app\n\n\n\n')).toMatch(
      /^look-1 begin\nowner \nkit \S+Z: not configured\napp new\nsums app:\nlook-1 end\n$/,
    );
    expect(ask('look-1\napp\n')).toBe('look-1 begin\nowner \napp new\nsums app:\nlook-1 end\n');
    expect(sh(`ls -A "$1" | grep tmp`, { args: [folder.root] }).stdout).toBe('');
  });
});
