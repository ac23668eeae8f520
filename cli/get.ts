import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Command } from 'commander';
import { UserError } from '../inventory/user-error';
import type { Output } from './output';

const SCRIPTS = path.join(__dirname, '..', 'scripts');

/**
 * Adds `pvestack get`: generates .gen, as `cdktf get` does, from the schema that is pinned in schemas/.
 * @param program the program
 * @param output where it prints to
 */
export function addGet(program: Command, output: Output): void {
  program
    .command('get')
    .description(
      'generate the provider bindings in .gen from the pinned schema, without network or terraform',
    )
    .option('--refresh', 'first refresh the pinned schema from the provider itself (needs terraform)')
    .action(async ({ refresh }: { refresh?: boolean }) => {
      if (!existsSync(SCRIPTS))
        throw new UserError('.gen is part of the sources of the tool: run this in a clone of it.');
      const load = createRequire(path.join(SCRIPTS, 'get.js'));
      if (refresh) refreshSchema(output, load('./refresh-schema.js') as RefreshModule);
      await (load('./get.js') as GetModule).get({ force: true });
      output.print('.gen: generated from the pinned schema');
    });
}

interface GetModule {
  get: (options: { force: boolean }) => Promise<boolean>;
}

interface RefreshModule {
  refresh: () => string;
}

function refreshSchema(output: Output, { refresh }: RefreshModule): void {
  let said: string;
  try {
    said = refresh();
  } catch (error) {
    throw new UserError(error instanceof Error ? error.message : String(error));
  }
  output.print(said);
}
