import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { heredoc } from './shell';

/** The programs on a guest and their parts: plain POSIX sh, the same for every guest. */
const FOLDER = path.join(__dirname, '..', 'kit');

/** Expression of the sums of its programs, as sha256sum prints them: what a plan shows of the kit in a stack's folder. */
export const SUMS = 'flatten(regexall("(?m)^#: (.*)$", file("${path.module}/kit.sh")))';

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
 * @returns the script: their sums, a function that prints each, and the library of layers
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
    "# pvestack's programs on a guest. Written by synth, the same for every stack. Their sums, which a plan shows:",
    ...files.map(({ name, text }) => `#: ${createHash('sha256').update(text).digest('hex')}  ${name}`),
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
