import { encodeEnvValue } from '../../renderers/env-file';
import { kitPart, sh, TemporaryFolder } from '../support/shell';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
});
afterEach(() => {
  folder.remove();
});

/** What people see of a text: of a guest with that environment. */
function quoted(input: string, environment: Record<string, string> = {}, lines = 30): string {
  const env = Object.entries(environment).map(([name, value]) => `${name}=${encodeEnvValue(value)}\n`);
  folder.write('env', env.join(''));
  const quote = kitPart('lib/quote.sh').replaceAll('/etc/pvestack', folder.root);
  const { stdout, stderr, status } = sh(`set -eu\nenv_file=$1\n${quote}\nquoted ${lines}`, {
    args: [folder.at('env')],
    input,
  });
  expect([status, stderr]).toEqual([0, '']);
  return stdout;
}

test('values of install_env as well', () => {
  folder.write('install_env', "TOKEN='of-the-registry'\n");
  expect(quoted('of-the-registry, hunter22\n', { PASSWORD: 'hunter22' })).toBe('***, ***\n');
});

test.each([
  ['plain', 'one\n\ttwo ü €\n', 'one\n\ttwo ü €\n'],
  ['colours', 'a \u001B[1;31mred\u001B[0m b\n', 'a red b\n'],
  ['a cursor that is moved and a screen that is emptied', '\u001B[2J\u001B[1;1Hgone\u001B[?25l\n', 'gone\n'],
  ['the title of a window', '\u001B]0;title\u0007x\u001B]8;;http://a\u001B\\y\n', 'x\\y\n'],
  ['a progress bar', '10 %\r20 %\rdone\n', '10 %\n20 %\ndone\n'],
  ['other control characters', 'a\u0000b\bc\u007Fd\u009B31m\n', 'abcd31m\n'],
  ['nothing', '', ''],
])('%s', (_what, input, shown) => {
  expect(quoted(input)).toBe(shown);
});

describe('values of the env file', () => {
  test.each<[string, string, string, string]>([
    ['a secret, wherever it stands', 'hunter22', 'pw=hunter22, "hunter22"', 'pw=***, "***"'],
    [
      'with all that a shell and a pattern know',
      String.raw`it's $a.*\x "q" [z`,
      String.raw`<it's $a.*\x "q" [z>`,
      '<***>',
    ],
    ['of several lines', 'first line\nsecond line\nab', 'a second line\nab', 'a ***\nab'],
    [
      'a password in a URL',
      'postgresql://pote:hunter22@localhost/pote',
      'auth of hunter22 at postgresql://pote:hunter22@localhost/pote',
      'auth of *** at ***',
    ],
    ['a short one says nothing', 'dev', 'developed', 'developed'],
    ['of several in one another the longest', 'hunter22', 'hunter22hunter22', '***'],
  ])('%s', (_what, value, input, shown) => {
    expect(quoted(`${input}\n`, { A: 'other value', B: value, C: 'hunter22hunter22' })).toBe(`${shown}\n`);
  });

  test('with colours in it', () => {
    expect(quoted('hunt\u001B[1mer22\n', { A: 'hunter22' })).toBe('***\n');
  });

  test('lines of the deploy key', () => {
    folder.write('deploy_key', '-----BEGIN KEY-----\nb3BlbnNzaC1r\n-----END KEY-----\n');
    expect(quoted('-----BEGIN KEY-----\nb3BlbnNzaC1r\n')).toBe('-----BEGIN KEY-----\n***\n');
  });

  test('no rest of one, where a text is cut', () => {
    const secret = 'abcdefghij'.repeat(40);
    for (const more of [0, 3, 199, 397]) {
      const shown = quoted(`${secret}${'-'.repeat(65_536 - more)}\n`, { A: secret });
      expect(shown).toMatch(/^…-{400,}…\n$/);
    }
  });
});

test('lines and characters are bounded, and nobody waits for it', () => {
  const started = Date.now();
  expect(quoted('x'.repeat(4_000_000))).toBe(`…${'x'.repeat(497)}…\n`);
  expect(quoted(`${'€'.repeat(1000)}\n`)).toBe(`${'€'.repeat(166)}…\n`);
  expect(quoted('a\nb\nc\n', {}, 2)).toBe('b\nc\n');
  expect(quoted('line\n'.repeat(100_000)).split('\n')).toHaveLength(31);
  expect(Date.now() - started).toBeLessThan(10_000);
});
