import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * The unified diff of two texts, as git makes it.
 * @param name what they are of, e.g. `app-shop-dev/cdk.tf.json`
 * @param before the old text; empty: there was none
 * @param after the new one
 * @param folder where files may be written to
 * @returns its lines; none where the texts are the same
 */
export function unifiedDiff(name: string, before: string, after: string, folder: string): string[] {
  const write = (side: string, text: string): string => {
    const file = path.join(folder, side, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    return path.join(side, name);
  };
  const args = ['diff', '--no-index', '--no-color', '--no-ext-diff', '--no-prefix', '--no-renames'];
  const { stdout } = spawnSync('git', [...args, write('before', before), write('after', after)], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  return stdout
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '' && !/^(diff --git|index) /.test(line));
}
