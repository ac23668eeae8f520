import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { envValueProblem, isAmbiguous } from '../../inventory/env-value';
import { parseText } from '../../inventory/text';
import { encodeEnvExpression, encodeEnvValue, envFile } from '../../renderers/env-file';
import { VALUES } from '../support/env-values';
import { command, describeWith } from '../support/requirements';

const [ALIKE, DIFFER] = [false, true];

/** How a value is written, and whether dotenv libraries read another one than systemd and shells. */
const ENCODED: readonly (readonly [value: string, encoded: string, ambiguous: boolean])[] = [
  ['', "''", ALIKE],
  ['plain', "'plain'", ALIKE],
  [' a  b ', "' a  b '", ALIKE],
  ['\ta', "'\ta'", ALIKE],
  ['# a #b', "'# a #b'", ALIKE],
  ['a=b', "'a=b'", ALIKE],
  ['50%', "'50%'", ALIKE],
  ['say "hi"', `'say "hi"'`, ALIKE],
  ['`id`', "'`id`'", ALIKE],
  ['$HOME $(id) $', "'$HOME $(id) $'", ALIKE],
  ['${', "'${'", ALIKE],
  ['${HOME}', "'${HOME}'", DIFFER],
  ['${a:-b}', "'${a:-b}'", DIFFER],
  ['C:\\new', "'C:\\new'", ALIKE],
  ['a\\\\b', "'a\\\\b'", DIFFER],
  ['a\\', "'a\\'", DIFFER],
  ["it's", `"it's"`, ALIKE],
  ["it's # 1%", `"it's # 1%"`, ALIKE],
  [`it's "x"`, `"it's \\"x\\""`, DIFFER],
  ["it's $5", `"it's \\$5"`, DIFFER],
  ["it's \\n", `"it's \\\\n"`, DIFFER],
  ["it's `x`", '"it\'s \\`x\\`"', DIFFER],
  ['a\nb\n', "'a\nb\n'", ALIKE],
  ["it's\ntwo", `"it's\ntwo"`, ALIKE],
  ['gr\u00fc\u00df \u{1f980}', "'gr\u00fc\u00df \u{1f980}'", ALIKE],
];

it.each(ENCODED)('writes %j as %j', (value, encoded, ambiguous) => {
  expect([encodeEnvValue(value), isAmbiguous(value)]).toEqual([encoded, ambiguous]);
});

it('accepts every value of the table', () => {
  expect(VALUES.length).toBeGreaterThan(300);
  expect(VALUES.filter((value) => envValueProblem(value))).toEqual([]);
});

it('shows literals as they are and of a secret the name of its variable', () => {
  const file = envFile({
    A: parseText('a ${x}\nb'),
    B: parseText('{{ vault_b }}'),
    C: parseText("postgresql://u:{{ vault_c | default('d') }}@h/%{x}"),
  });
  expect(file).toEqual({
    shown: ["A='a $${x}", "b'", 'B={{ vault_b }}', 'C=postgresql://u:{{ vault_c }}@h/%%{x}'],
    lines: ["A='a $${x}", "b'", 'B=${local.env_secrets["B"]}', 'C=${local.env_secrets["C"]}'],
    secrets: { B: '${var.vault_b}', C: 'postgresql://u:${var.vault_c}@h/%%{x}' },
  });
});

describe('read by other programs', () => {
  jest.setTimeout(120_000);
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'env-file-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('a shell reads every value as it is, and runs nothing', () => {
    const file = path.join(folder, '.env');
    writeFileSync(file, VALUES.map((value, index) => `V${index}=${encodeEnvValue(value)}\n`).join(''));
    // Not from the environment, which is limited, but as words of a builtin.
    const print = `for i in $(seq 0 ${VALUES.length - 1}); do eval "printf '%s\\0' \\"\\$V$i\\""; done`;
    const read = execFileSync('sh', ['-euc', `. "$1"\n${print}`, 'sh', file], { encoding: 'utf8' });
    expect(read.split('\0').slice(0, -1)).toEqual(VALUES);
  });

  describeWith([command('terraform')], 'terraform', () => {
    it('encodes what variables hold as this program encodes literals', () => {
      const config = {
        variable: { values: { type: 'map(string)' } },
        output: {
          all: { value: `\${{for name, value in var.values : name => ${encodeEnvExpression('value')}}}` },
        },
      };
      writeFileSync(path.join(folder, 'main.tf.json'), JSON.stringify(config));
      const values = Object.fromEntries(VALUES.map((value, index) => [`V${index}`, value]));
      writeFileSync(path.join(folder, 'terraform.tfvars.json'), JSON.stringify({ values }));
      const env: NodeJS.ProcessEnv = { ...process.env, CHECKPOINT_DISABLE: '1' };
      delete env['TF_CLI_CONFIG_FILE'];
      const run = (...args: string[]): string =>
        execFileSync('terraform', args, { cwd: folder, env, encoding: 'utf8', stdio: 'pipe' });
      run('apply', '-auto-approve', '-input=false', '-no-color');
      const { all } = JSON.parse(run('output', '-json')) as { all: { value: Record<string, string> } };
      expect(VALUES.map((_, index) => all.value[`V${index}`])).toEqual(VALUES.map(encodeEnvValue));
    });
  });
});
