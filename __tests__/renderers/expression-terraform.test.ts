import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseText } from '../../inventory/text';
import { escapeLiteral, quote, template, toExpression, toTemplate } from '../../renderers/expression';
import { endpoint } from '../../renderers/endpoint';
import { command, describeWith } from '../support/requirements';

const LITERALS = [
  '',
  ' ',
  'plain',
  '$',
  '%',
  '{',
  '}',
  '${',
  '%{',
  '${x}',
  '%{if true}x%{endif}',
  '${var.missing}',
  '$${x}',
  '%%{x}',
  '$$${x}',
  '%%%{x}',
  '$$$${x}',
  '$$',
  '%%',
  '$%{x}',
  '%${x}',
  '${${',
  '${%{',
  '$$ {x}',
  '{${x}}',
  '${~x~}',
  'a$',
  '"',
  '""',
  'say "hi"',
  '\\',
  '\\\\',
  '\\"',
  '\\n',
  '\\${x}',
  '\\u0041',
  'a\nb',
  'a\r\nb',
  'a\rb',
  '\n',
  '\t',
  'ends in a line end\n',
  '<<EOT\nx\nEOT',
  '# comment',
  '// comment',
  '/* comment */',
  'a/b:c@d',
  "it's",
  '`$(id)`',
  '$&$1$`',
  '<>&',
  'gr\u00fc\u00df \u4f60\u597d \u{1f980}',
  '\u2028\u2029',
  '\u0001\u001b[0m\u007f',
];

/** Literals beside a reference whose variable holds `V`. */
const MIXED: readonly [text: string, value: string][] = [
  ['{{ vault_x }}', 'V'],
  ["{{ vault_x | default('other') }}", 'V'],
  ['a-{{ vault_x }}-b', 'a-V-b'],
  ['{{ vault_x }}{{ vault_x }}', 'VV'],
  ['100%{{ vault_x }}', '100%V'],
  ['price ${{ vault_x }}', 'price $V'],
  ['$$${{ vault_x }}$$', '$$$V$$'],
  ['$"\\$$${{ vault_x }}${{ vault_x }}', '$"\\$$$V$V'],
  ['{ {{ vault_x }}}', '{ V}'],
  ['${a}{{ vault_x }}%{b}', '${a}V%{b}'],
  ['"\\\n{{ vault_x }}"', '"\\\nV"'],
];

const HOSTS: readonly [host: string, url: string][] = [
  ['pve.example.lan', 'https://pve.example.lan:8006'],
  ['pve.example.lan:443', 'https://pve.example.lan:443'],
  ['https://pve.example.lan', 'https://pve.example.lan:8006'],
  ['https://pve.example.lan/', 'https://pve.example.lan:8006'],
  ['https://pve.example.lan:443/', 'https://pve.example.lan:443'],
  ['10.0.10.2', 'https://10.0.10.2:8006'],
];

/**
 * What terraform makes of expressions.
 * @param outputs each as a JSON attribute holds it
 * @param variables by name, their values
 * @returns the values of the outputs, in the same order
 */
function evaluate(outputs: readonly string[], variables: Record<string, string> = {}): unknown[] {
  const cwd = mkdtempSync(path.join(os.tmpdir(), 'expression-'));
  try {
    const declared = Object.keys(variables).map((name) => [name, { type: 'string' }] as const);
    const config = {
      ...(declared.length === 0 ? {} : { variable: Object.fromEntries(declared) }),
      output: Object.fromEntries(outputs.map((value, index) => [`o${index}`, { value }])),
    };
    writeFileSync(path.join(cwd, 'main.tf.json'), JSON.stringify(config));
    const env: NodeJS.ProcessEnv = { ...process.env, CHECKPOINT_DISABLE: '1', TF_IN_AUTOMATION: '1' };
    delete env['TF_CLI_CONFIG_FILE'];
    for (const [name, value] of Object.entries(variables)) env[`TF_VAR_${name}`] = value;
    const run = (...args: string[]): string =>
      execFileSync('terraform', args, { cwd, env, encoding: 'utf8', stdio: 'pipe', timeout: 60_000 });
    run('apply', '-auto-approve', '-input=false', '-no-color');
    const found = JSON.parse(run('output', '-json')) as Record<string, { value: unknown }>;
    return outputs.map((_, index) => found[`o${index}`]?.value);
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

describeWith([command('terraform')], 'expressions, evaluated by terraform', () => {
  jest.setTimeout(120_000);

  it('reads every escaped literal as that literal', () => {
    expect(evaluate(LITERALS.map(escapeLiteral))).toEqual(LITERALS);
  });

  it('reads every quoted literal as that literal', () => {
    expect(evaluate(LITERALS.map((value) => template(quote(value))))).toEqual(LITERALS);
  });

  it('puts references into templates', () => {
    const outputs = MIXED.map(([text]) => toTemplate(parseText(text)));
    expect(evaluate(outputs, { vault_x: 'V' })).toEqual(MIXED.map(([, value]) => value));
  });

  it('puts references into expressions', () => {
    const outputs = MIXED.map(([text]) => template(toExpression(parseText(text))));
    expect(evaluate(outputs, { vault_x: 'V' })).toEqual(MIXED.map(([, value]) => value));
  });

  it('does not evaluate what a variable holds', () => {
    const value = '${var.vault_y} %{if true} "\\';
    const outputs = ['{{ vault_x }}', 'a{{ vault_x }}'].map((text) => toTemplate(parseText(text)));
    expect(evaluate(outputs, { vault_x: value })).toEqual([value, `a${value}`]);
  });

  it('makes the same URL of a host in a variable as of a literal one', () => {
    const urls = HOSTS.map(([, url]) => url);
    expect(HOSTS.map(([host]) => endpoint(parseText(host), 8006))).toEqual(urls);
    const outputs = HOSTS.map((_, index) => endpoint(parseText(`{{ vault_h${index} }}`), 8006));
    const variables = Object.fromEntries(HOSTS.map(([host], index) => [`vault_h${index}`, host]));
    expect(evaluate(outputs, variables)).toEqual(urls);
  });
});
