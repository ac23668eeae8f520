import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { UserError } from './run';

const SCRIPTS = path.join(__dirname, '..', 'scripts');

/**
 * `pvestack get`: generates .gen, as `cdktf get` does, from the schema that is pinned in schemas/.
 * @param refresh whether to refresh the pinned schema first
 * @throws UserError where the tool is installed without its sources
 */
export async function get(refresh: boolean): Promise<void> {
  if (!existsSync(SCRIPTS))
    throw new UserError('.gen is part of the sources of the tool: run this in a clone of it.');
  const load = createRequire(path.join(SCRIPTS, 'get.js'));
  if (refresh) {
    (load('./refresh-schema.js') as { refresh: () => void }).refresh();
    if (process.exitCode) return;
  }
  await (load('./get.js') as { get: (options: { force: boolean }) => Promise<boolean> }).get({ force: true });
  console.log('.gen: generated from the pinned schema');
}
