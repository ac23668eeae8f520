import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describeWith } from '../support/requirements';

jest.setTimeout(300_000);

const ROOT = path.join(__dirname, '..', '..');
/** What the page says to write in package.json. */
const [, alias = '{}'] =
  /^```json\n"dependencies": (\{[^]*?\})\n```$/m.exec(
    readFileSync(path.join(ROOT, 'docs/cdktf.md'), 'utf8'),
  ) ?? [];
const wanted = JSON.parse(alias) as Record<'cdktf' | 'constructs', string>;
const FORK = wanted.cdktf.replace('npm:', '');

const folder = mkdtempSync(path.join(os.tmpdir(), 'cdktn-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** The packages of the page, from the registry. */
const fork = {
  name: `${FORK} and constructs@${wanted.constructs} of the npm registry`,
  met: (): boolean => {
    try {
      const specs = [FORK, `constructs@${wanted.constructs}`];
      execFileSync('npm', ['pack', '--silent', ...specs], { cwd: folder, stdio: 'ignore', timeout: 60_000 });
      return true;
    } catch {
      return false;
    }
  },
};

describeWith([fork], 'on the fork of CDKTF, as docs/cdktf.md says', () => {
  const tree = path.join(folder, 'tree');
  const stacksOf = (root: string): Record<string, string> => {
    const stacks = path.join(root, 'cdktf.out', 'stacks');
    return Object.fromEntries(
      readdirSync(stacks).map((name) => [name, readFileSync(path.join(stacks, name, 'cdk.tf.json'), 'utf8')]),
    );
  };

  test('the stacks are the same, byte for byte, but for the version of CDKTF', () => {
    const parts = `bin cdktf.json cli constructs examples features .gen inventory kinds kit main.ts package.json packages
    planner registry.ts renderers schemas scripts templates tsconfig.json`;
    mkdirSync(tree);
    for (const name of parts.split(/\s+/))
      cpSync(path.join(ROOT, name), path.join(tree, name), { recursive: true });
    // As links, which take no room, where both lie on one disk; what follows replaces two of them.
    const copy = 'cp -al "$1" "$2" 2>/dev/null || { rm -rf "$2"; cp -a "$1" "$2"; }';
    execFileSync('sh', ['-c', copy, 'sh', path.join(ROOT, 'node_modules'), path.join(tree, 'node_modules')]);
    for (const [name, file] of [
      ['cdktf', FORK],
      ['constructs', `constructs@${wanted.constructs}`],
    ] as const) {
      const place = path.join(tree, 'node_modules', name);
      rmSync(place, { recursive: true });
      mkdirSync(place);
      const archive = path.join(folder, `${file.replace('@', '-')}.tgz`);
      execFileSync('tar', ['-xzf', archive, '-C', place, '--strip-components', '1']);
    }
    const manifest = path.join(tree, 'package.json');
    const text = readFileSync(manifest, 'utf8')
      .replace(/"cdktf": "[^"]*"/, `"cdktf": "${wanted.cdktf}"`)
      .replace(/"constructs": "[^"]*"/, `"constructs": "${wanted.constructs}"`);
    writeFileSync(manifest, text);
    const run = (root: string, ...args: string[]): void => {
      const env = { ...process.env, APP_INVENTORY: path.join(root, 'examples/inventory.yml') };
      execFileSync(process.execPath, args, { cwd: root, env, stdio: 'pipe' });
    };
    const own = path.join(folder, 'own');
    mkdirSync(own);
    for (const name of ['cdktf.json', 'examples'])
      cpSync(path.join(ROOT, name), path.join(own, name), { recursive: true });
    run(own, path.join(ROOT, 'bin/pvestack.js'), 'synth');
    run(tree, 'scripts/build.js');
    run(tree, 'bin/pvestack.js', 'synth');
    const version = (stacks: Record<string, string>, to: string): Record<string, string> =>
      Object.fromEntries(
        Object.entries(stacks).map(([name, json]) => [name, json.replace(/^ {6}"version": "[^"]+",$/m, to)]),
      );
    const [before, after] = [stacksOf(own), stacksOf(tree)];
    expect(Object.keys(after)).toHaveLength(5);
    expect(after).not.toEqual(before);
    expect(version(after, 'V')).toEqual(version(before, 'V'));
  });
});
