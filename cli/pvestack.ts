import { Command, CommanderError } from 'commander';
import { version } from '../package.json';
import { addCheck } from './check';
import { addCompletion } from './completion/completion';
import { addConfigure } from './configure';
import { addBackup } from './daily/backup';
import { addDb } from './daily/db';
import { addLogs } from './daily/logs';
import { addMaintenance } from './daily/maintenance';
import { addReleases } from './daily/releases';
import { addRestart } from './daily/restart';
import { addRestore } from './daily/restore';
import { addRollback } from './daily/rollback';
import { addRun } from './daily/run';
import { addSsh } from './daily/ssh';
import { addUnhold } from './daily/unhold';
import { addDeploy } from './deploy';
import { addDemo } from './demo';
import { addDestroy } from './destroy';
import { addDiff } from './diff/command';
import { addDoctor } from './doctor/command';
import { addEmulator } from './emulator';
import { addForget } from './forget';
import { addGet } from './get';
import { addGraph } from './graph/graph';
import { addInventory } from './inventory';
import { addList } from './list';
import { addLock } from './lock';
import { addMigrate } from './migrate';
import { addNew } from './new/new';
import { type Output, terminal } from './output';
import { addPlan } from './plan';
import { addProvision } from './provision';
import { addPromote } from './promote';
import { addRelease } from './release';
import { run } from './run';
import { addSchema } from './schema';
import { addStatus } from './status/status';
import { addSynth } from './synth';
import { addVariables } from './variables/command';

/** What adds the commands, in the order of the help. */
const COMMANDS = [
  addSynth,
  addList,
  addVariables,
  addDoctor,
  addCheck,
  addDiff,
  addPlan,
  addDeploy,
  addDestroy,
  addProvision,
  addConfigure,
  addRelease,
  addPromote,
  addForget,
  addStatus,
  addLogs,
  addSsh,
  addRun,
  addRestart,
  addDb,
  addBackup,
  addRestore,
  addReleases,
  addRollback,
  addUnhold,
  addMaintenance,
  addNew,
  addGraph,
  addInventory,
  addLock,
  addMigrate,
  addSchema,
  addGet,
  addEmulator,
  addDemo,
  addCompletion,
];

const EPILOGUE = `
Environment:
  APP_INVENTORY                    the inventory, instead of the one that cdktf.json names
  APP_INVENTORY_ALLOW_OTHER_KEYS   1: ignore top-level keys of other tools (an Ansible group_vars file)

Typical use:
  $ pvestack check                     is the inventory right?
  $ pvestack synth                     write all stacks to cdktf.out/
  $ pvestack diff                      what a change of the inventory does, before anything runs
  $ pvestack status                    how all guests are
  $ pvestack plan pote:dev             what would happen, in words
  $ pvestack deploy pote:dev           do it`;

/**
 * The program `pvestack`.
 * @param args what stands behind its name on the command line
 * @param output where it prints to
 * @returns the exit code
 */
export async function pvestack(args: readonly string[], output: Output = terminal): Promise<number> {
  const program = new Command('pvestack')
    .description(
      'Application stacks on Proxmox VE: one inventory in, one reviewable Terraform stack per environment out.',
    )
    .version(version)
    .showHelpAfterError('(pvestack --help shows all commands)')
    .addHelpText('after', EPILOGUE)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        output.print(text.trimEnd());
      },
      writeErr: (text) => {
        output.warn(text.trimEnd());
      },
    });
  for (const add of COMMANDS) add(program, output);
  let code = 0;
  const failed = await run(output, async () => {
    try {
      // `help nope` would print the help of the program, as if all were well; `nope` says what is near.
      const asked = args[0] === 'help' ? args[1] : undefined;
      const known = program.commands.some((one) => one.name() === asked);
      const line = asked === undefined || asked.startsWith('-') || asked === 'help' || known ? args : [asked];
      await program.parseAsync(line, { from: 'user' });
    } catch (error) {
      // Help, a version or a wrong option: commander has said it.
      if (!(error instanceof CommanderError)) throw error;
      code = error.exitCode;
    }
  });
  return failed || code;
}
