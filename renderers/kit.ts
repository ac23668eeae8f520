import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { heredoc } from './shell';

/** The programs on a guest and their parts: plain POSIX sh, the same for every guest. */
const FOLDER = path.join(__dirname, '..', 'kit');

/** How it is called in a stack's folder. */
export const KIT_FILE = 'kit.sh';

let read: string | undefined;

/**
 * The kit, read once.
 * @returns its script
 */
export function kit(): string {
  read ??= kitScript(FOLDER);
  return read;
}

/**
 * One script that brings all programs: what lies as kit.sh in each stack's folder.
 * @param folder where they are
 * @returns the script: functions that print their sums and each of them, and the library of layers
 */
export function kitScript(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .map((file) => ({
      name: path.relative(folder, file).split(path.sep).join('/'),
      text: readFileSync(file, 'utf8').replaceAll('\r\n', '\n'),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return [
    "# pvestack's programs on a guest. Written by synth, the same for every stack; a plan shows the sum of this file.",
    '# kit_sums: prints the sum of each, for sha256sum -c.',
    'kit_sums() {',
    heredoc(
      '  cat',
      files.map(({ name, text }) => `${createHash('sha256').update(text).digest('hex')}  ${name}`).join('\n'),
    ),
    '}',
    '# kit_file NAME: prints one of them.',
    'kit_file() {',
    '  case $1 in',
    ...files.flatMap(({ name, text }) => [`    ${name})`, heredoc('cat', text), '      ;;']),
    '  esac',
    '}',
    'library() { eval "$(kit_file "$1.sh")"; }',
    'library lib/layer',
    '',
  ].join('\n');
}
