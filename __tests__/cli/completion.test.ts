import { execFileSync, spawnSync } from 'node:child_process';
import path from 'node:path';
import { command, describeWith } from '../support/requirements';
import { enterFolder, leaveFolder, pvestack } from '../support/user-folder';

const ROOT = path.join(__dirname, '..', '..');

let folder: string;
beforeEach(() => {
  folder = enterFolder();
});
afterEach(() => {
  leaveFolder(folder);
});

test.each<[typed: string[], words: string[]]>([
  [['stat'], ['status']],
  [['res'], ['restart', 'restore']],
  [['status', 'app-pote-p'], ['app-pote-prod']],
  [['status', 'app-pote-dev', 'pro'], ['projectA']],
  [['logs', '--si'], ['--since']],
  [['logs', 'app-pote-dev', ''], []],
  [
    ['maintenance', ''],
    ['off', 'on', 'status'],
  ],
  [['maintenance', 'on', 'po'], ['pote']],
  [['run', 'app-pote-dev', '--', 'app'], []],
  [['nonesuch', ''], []],
  [
    ['completion', ''],
    ['bash', 'fish', 'zsh'],
  ],
])('%j may go on with %j', async (typed, words) => {
  const { code, out, err } = await pvestack(['completion', 'words', '--', ...typed]);
  expect([code, out.split('\n').filter(Boolean), err]).toEqual([0, words, '']);
});

test('an inventory that is wrong or none completes to nothing, without a word', async () => {
  expect(await pvestack(['completion', 'words', '--', 'status', ''], { APP_INVENTORY: 'none.yml' })).toEqual({
    code: 0,
    out: '',
    err: '',
  });
});

test('the help names the shells, and not what their scripts ask with', async () => {
  const { out } = await pvestack(['completion', '--help']);
  expect(out).toContain('Usage: pvestack completion <shell>');
  expect(out).toContain('(choices: "bash", "zsh", "fish")');
  expect(out).not.toMatch(/words/);
});

/** What a shell is to run, with the program on its PATH. */
const setUp = `pvestack() { "${process.execPath}" "${path.join(ROOT, 'bin', 'pvestack.js')}" "$@"; }`;

describeWith([command('bash')], 'in bash', () => {
  test('the names of stacks', () => {
    const script = `${setUp}
eval "$(pvestack completion bash)"
COMP_WORDS=(pvestack status app-pote-) COMP_CWORD=2
_pvestack
printf '%s\\n' "\${COMPREPLY[@]}"`;
    const out = execFileSync('bash', ['--norc', '-c', script], { cwd: folder, encoding: 'utf8' });
    expect(out).toBe('app-pote-dev\napp-pote-prod\napp-pote-qa\n');
  });
});

describe.each(['zsh', 'fish'])('in %s', (shell) => {
  describeWith([command(shell)], 'the script', () => {
    test('can be read', async () => {
      const { out } = await pvestack(['completion', shell]);
      const { status, stderr } = spawnSync(shell, ['-n', '-c', out], { encoding: 'utf8' });
      expect([status, stderr]).toEqual([0, '']);
    });
  });
});
