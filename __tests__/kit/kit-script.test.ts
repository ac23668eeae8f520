import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { kit, kitScript } from '../../renderers/kit';
import { command, describeWith } from '../support/requirements';
import { KIT_FOLDER, sh, TemporaryFolder } from '../support/shell';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
});
afterEach(() => {
  folder.remove();
});

/** The functions of the script, without the last line, which begins a layer. */
const functions = (script: string): string => script.replace(/^library lib\/layer\n$/m, '');

/** The sums as `kit_sums` prints them, by name. */
function sums(script: string, shell: readonly string[] = ['/bin/sh']): Map<string, string> {
  const { status, stdout, stderr } = sh(`${functions(script)}\nkit_sums`, { shell });
  expect([status, stderr]).toEqual([0, '']);
  return new Map(
    [...stdout.matchAll(/^([0-9a-f]{64}) {2}(.*)$/gm)].map(([, sum = '', name = '']) => [name, sum]),
  );
}

/** What `kit_file` prints of each file, by a shell. */
function printed(script: string, shell: readonly string[]): Map<string, Buffer> {
  const names = [...sums(script, shell).keys()];
  const code = `${functions(script)}
at=$1
shift
for name; do mkdir -p "$at/$(dirname "$name")" && kit_file "$name" >"$at/$name" || exit 1; done`;
  expect(sh(code, { shell, args: [folder.at('out'), ...names] })).toEqual({
    status: 0,
    stdout: '',
    stderr: '',
  });
  return new Map(names.map((name) => [name, readFileSync(folder.at(`out/${name}`))]));
}

const sumOf = (text: Buffer | string): string => createHash('sha256').update(text).digest('hex');

describe.each([
  ['sh', '/bin/sh'],
  ['dash', 'dash'],
  ['busybox', 'busybox', 'sh'],
  ['bash', 'bash', '--norc'],
])('kit.sh, read by %s', (name, ...shell) => {
  describeWith([command(name)], 'brings', () => {
    test('every file byte for byte, with its sum', () => {
      const files = readdirSync(KIT_FOLDER, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
        .map((entry) => path.relative(KIT_FOLDER, path.join(entry.parentPath, entry.name)));
      const all = printed(kit(), shell);
      expect([...all.keys()].sort()).toEqual(files.sort());
      for (const [file, text] of all) {
        const there = readFileSync(path.join(KIT_FOLDER, file));
        expect([file, text.toString('latin1')]).toEqual([file, there.toString('latin1')]);
        expect([file, sums(kit()).get(file)]).toEqual([file, sumOf(there)]);
      }
    });

    test('texts that a shell could read as something else', () => {
      const texts = {
        end: 'a\nPVESTACK_END\nb\n',
        ends: 'PVESTACK_END\nPVESTACK_END_\n',
        expansions: 'a $x ${x} $(id) `id` \\ \\\\ \\n "\' %s\n',
        'part/blank': '\n\n\n',
        letters: 'grüß → 你好\n',
        tabs: '\ta\t\n  b  \n',
      };
      for (const [file, text] of Object.entries(texts)) folder.write(`kit/${file}`, text);
      folder.write('kit/.hidden', 'x\n');
      const all = printed(kitScript(folder.at('kit')), shell);
      expect(Object.fromEntries([...all].map(([file, text]) => [file, text.toString()]))).toEqual(texts);
    });
  });
});

test('line ends of Windows do not reach a guest', () => {
  folder.write('kit/program', '#!/bin/sh\r\necho\r\n');
  const script = kitScript(folder.at('kit'));
  expect(script).not.toContain('\r');
  expect(sums(script).get('program')).toBe(sumOf('#!/bin/sh\necho\n'));
});

test('sha256sum reads the sums', () => {
  expect(sh(`${functions(kit())}\nkit_sums | sha256sum -c --quiet`, { cwd: KIT_FOLDER })).toEqual({
    status: 0,
    stdout: '',
    stderr: '',
  });
});

test('the same folder makes the same script', () => {
  expect(kitScript(KIT_FOLDER)).toBe(kit());
});
