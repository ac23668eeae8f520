import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { STATE_FOLDER } from '../inventory/schema/backend';
import { UserError } from '../inventory/user-error';
import { localStatePath } from '../renderers/backend';
import { terminalAsk } from './ask';
import { openContext } from './context';
import type { Output } from './output';
import { keepPrivate } from './private';
import { stackFolder } from './settings';

interface Options {
  yesForget?: string;
}

/**
 * Adds `pvestack forget`: takes a local state out of use that is none to keep, of an emulator that is gone for example.
 * @param program the program
 * @param output where it prints to
 */
export function addForget(program: Command, output: Output): void {
  program
    .command('forget')
    .description("put a stack's local state aside, where its guest is gone for good; nothing is destroyed")
    .argument('<stack>', 'its name in full')
    .option('--yes-forget <stack>', 'answer: its name')
    .addHelpText('after', '\nExample:\n  $ pvestack forget app-pote-dev')
    .action((stack: string, options: Options) => forget(output, stack, options));
}

async function forget(output: Output, stack: string, { yesForget }: Options): Promise<void> {
  // It may have left the inventory.
  const { settings, inventory } = openContext(output, { deploys: false, warns: false });
  const env = inventory.envs.find((one) => one.stack === stack);
  const local = path.resolve(
    settings.root,
    env?.backend.type === 'local' ? localStatePath(env) : `${STATE_FOLDER}/${stack}.tfstate`,
  );
  const shown = path.relative(process.cwd(), local);
  const initialized = path.join(stackFolder(settings, stack), '.terraform');
  if (!/^app-[\w-]+$/.test(stack) || (!existsSync(local) && !existsSync(initialized))) {
    const elsewhere =
      env && env.backend.type !== 'local'
        ? ` Its backend is ${env.backend.type}: remove its state there.`
        : '';
    throw new UserError(
      `${stack} has no state on this machine (${shown}): there is nothing to forget.${elsewhere}`,
    );
  }
  const count = resourcesOf(local);
  const loss = `${stack}: Terraform forgets ${count} ${count === 1 ? 'resource' : 'resources'}. A guest that is still there stays, and the next plan refuses it until you take it up (TF_VAR_owner).`;
  if (yesForget !== stack) {
    const ask = terminalAsk();
    if (!ask) throw new UserError(`${loss}\nThis is no terminal to ask in: give --yes-forget ${stack}`);
    if ((await ask(`${loss}\nForget it? Its name is a yes: `)) !== stack)
      throw new UserError('Nothing was done.');
  }
  // The providers' links and the backend that it was initialized with.
  rmSync(initialized, { recursive: true, force: true });
  const kept = existsSync(local) ? aside(local) : undefined;
  output.print(
    `${stack} is forgotten.${kept === undefined ? '' : ` Its state is kept as ${path.relative(process.cwd(), kept)}: remove it when you are sure.`}`,
  );
}

/** A state with secrets: kept, and to this user. */
function aside(file: string): string {
  let kept = `${file}.forgotten`;
  for (let number = 2; existsSync(kept); number++) kept = `${file}.forgotten-${number}`;
  renameSync(file, kept);
  keepPrivate(kept, 0o600);
  return kept;
}

function resourcesOf(file: string): number {
  try {
    const { resources = [] } = JSON.parse(readFileSync(file, 'utf8')) as { resources?: { mode?: string }[] };
    return resources.filter(({ mode }) => mode === 'managed').length;
  } catch {
    return 0;
  }
}
