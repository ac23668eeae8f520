import { execFileSync } from 'node:child_process';
import { parseText } from '../../inventory/text';
import { fromEnvironment, shellQuote } from '../../renderers/shell';

const CHARACTERS = [...' !"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~\n\r\t\u0001\u007f\u00fc\u{1f980}'];
const WORDS = [
  ...CHARACTERS,
  '',
  "it's",
  "''",
  "'\\''",
  '$(id)',
  '`id`',
  '${HOME}',
  '$HOME',
  '~/x',
  'a b',
  ' a ',
  '*.ts',
  '-n',
  '--',
  '%s',
  'a\\nb',
  'ends\\',
  'line\n',
  '\n\n',
  'x; exit 1',
  'a && b',
  '}',
  '#x',
];

function sh(script: string, env: Record<string, string> = {}): string {
  return execFileSync('/bin/sh', ['-euc', script], { encoding: 'utf8', env });
}

describe('shellQuote', () => {
  it.each([
    ['pve.example.lan:8006', 'pve.example.lan:8006'],
    ['', "''"],
    ["it's", "'it'\\''s'"],
    ['$x', "'$x'"],
    ['a\n', "'a\n'"],
  ])('%j becomes %s', (value, expected) => {
    expect(shellQuote(value)).toBe(expected);
  });

  it.each(WORDS.map((word) => [word]))('sh reads %j back', (word) => {
    expect(sh(`printf %s ${shellQuote(word)}`)).toBe(word);
  });
});

describe('fromEnvironment', () => {
  it.each([
    ['x y', "'x y'", 'true'],
    ['{{ vault_x }}', '"$TF_VAR_vault_x"', '[ -n "${TF_VAR_vault_x:-}" ]'],
    ["{{ vault_x | default('y') }}", '${TF_VAR_vault_x-y}', 'true'],
  ])('%s', (text, value, given) => {
    expect(fromEnvironment(parseText(text))).toEqual({ value, given });
  });

  it.each(WORDS.map((word) => [word]))('sh takes %j from the variable and as its default', (word) => {
    const parts = (fallback?: string) => ['a ', { variable: 'vault_x', default: fallback }, '=b'];
    const print = (fallback?: string): string =>
      `v=${fromEnvironment({ parts: parts(fallback), secret: true }).value}; printf %s "$v"`;
    expect(sh(print(), { TF_VAR_vault_x: word })).toBe(`a ${word}=b`);
    expect(sh(print('other'), { TF_VAR_vault_x: word })).toBe(`a ${word}=b`);
    expect(sh(print(word))).toBe(`a ${word}=b`);
  });

  it('tells whether all variables without a default are there', () => {
    const { given } = fromEnvironment(parseText("{{ vault_x }}{{ vault_y }}{{ vault_z | default('') }}"));
    const answer = (env: Record<string, string>): string =>
      sh(`if ${given}; then printf y; else printf n; fi`, env);
    expect(answer({ TF_VAR_vault_x: '1', TF_VAR_vault_y: '2' })).toBe('y');
    expect(answer({ TF_VAR_vault_x: '1', TF_VAR_vault_y: '' })).toBe('n');
    expect(answer({ TF_VAR_vault_y: '2' })).toBe('n');
  });
});
