import type { Words } from './values/rule';

/** What a shell would do with a character or a word outside of quotes. */
const OPERATORS: readonly [pattern: RegExp, what: string][] = [
  [/&&/, '&&'],
  [/\|\|?/, '|'],
  [/;/, ';'],
  [/&(?= |$)/, '&'],
  [/[<>]/, '< or >'],
  [/`|\$\(/, 'a command substitution'],
  [/\$\{[A-Za-z_]\w*[^\w}]/, '${NAME…} with more than a name in it'],
  [/\/\*|\*[./]/, 'a pattern of files'],
];

const BUILTINS = /^(cd|export|source|\.|exec|eval|set|ulimit|umask|trap|wait|if|for|while|until|\[\[|:)$/;

const INSTEAD = "write a script in the repository and its path here, or sh -c '…'";

/**
 * What in a command line needs a shell, where none runs it: systemd splits it at spaces, knows quotes, `$NAME` as a
 * word and `${NAME}` anywhere. In quotes everything may stand, so `sh -c '…'` does.
 * Source: systemd.service(5), COMMAND LINES.
 * @param command the command line
 * @returns what is wrong and what to do, or undefined
 */
export function needsShell(command: string): Words | undefined {
  // A quoted part is one letter: what is in it is no matter of a shell's.
  const bare = command.replace(/\\.|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, 'q');
  if (/["']/.test(bare)) return { what: 'has a quote that is not closed', fix: 'close it' };
  const words = bare.split(' ').filter((word) => word !== '');
  const program = words.find((word) => !/^[A-Za-z_]\w*=/.test(word)) ?? '';
  if (program === 'exec') {
    return {
      what: 'begins with exec, which is a word of the shell, and no shell runs this',
      fix: 'remove it',
    };
  }
  if (program === 'cd') {
    return {
      what: 'begins with cd, which is a word of the shell, and no shell runs this',
      fix: `remove it: the command runs in the folder of its service; or ${INSTEAD}`,
    };
  }
  if (BUILTINS.test(program)) {
    return {
      what: `begins with ${program}, which is a word of the shell, and no shell runs this`,
      fix: INSTEAD,
    };
  }
  const operator = OPERATORS.find(([pattern]) => pattern.test(bare));
  if (operator) {
    return {
      what: `holds ${operator[1]}, and no shell runs this`,
      fix: `${INSTEAD}; a word that is to have it as it is stands in quotes`,
    };
  }
  if (words.some((word) => word === '~' || word.startsWith('~/'))) {
    return { what: 'holds ~, which only a shell replaces', fix: 'write the path from / on' };
  }
  const name = words.map((word) => /^.+\$([A-Za-z_]\w*)|^\$([A-Za-z_]\w*)\W/.exec(word)).find(Boolean);
  if (name) {
    const variable = name[1] ?? name[2] ?? '';
    return {
      what: `holds $${variable} in a longer word, where it is not replaced`,
      fix: `write \${${variable}}`,
    };
  }
  return undefined;
}
