import { Command, InvalidArgumentError, Option } from 'commander';
import { version } from '../package.json';
import { run } from './run';

const program = new Command('pvestack')
  .description(
    'Application stacks on Proxmox VE: one inventory in, one reviewable Terraform stack per environment out.',
  )
  .version(version)
  .showHelpAfterError('(pvestack --help shows all commands)')
  .addHelpText(
    'after',
    `
Environment:
  APP_INVENTORY                    the inventory, instead of the one that cdktf.json names
  APP_INVENTORY_ALLOW_OTHER_KEYS   1: ignore top-level keys of other tools (an Ansible group_vars file)

Typical use:
  $ pvestack check                     is the inventory right?
  $ pvestack synth                     write all stacks to cdktf.out/
  $ git diff --no-index old cdktf.out  what will change, before anything runs
  $ npx cdktf plan app-pote-dev        what Terraform would do
  $ npx cdktf deploy app-pote-dev      do it`,
  );

// Each command is loaded when it runs: \`pvestack --help\` needs no CDKTF.
program
  .command('synth')
  .description('write the stacks of all environments to cdktf.out/, and say which files changed')
  .argument('[names...]', 'stacks or projects, * for anything, to show (everything is written in any case)')
  .action((names: string[]) => run(async () => (await import('./synth')).synth(names)));

program
  .command('list')
  .description('list the stacks of the inventory')
  .argument('[names...]', 'stacks or projects, * for anything')
  .action((names: string[]) => run(async () => (await import('./list')).list(names)));

program
  .command('check')
  .description('check the inventory; every error at once, nothing is written')
  .action(() => run(async () => (await import('./check')).check()));

/** What provision and configure have in common. */
function stage(command: Command, name: 'PROVISION' | 'CONFIGURE'): void {
  command
    .argument('<names...>', 'stacks or projects, * for anything, or `all`')
    .option('--auto-approve', 'do not ask')
    .addOption(
      new Option('--parallel <stacks>', 'stacks at a time').default(4).argParser((value) => {
        if (/^[1-9]\d{0,3}$/.test(value)) return Number(value);
        throw new InvalidArgumentError('It must be a whole number, 1 or more.');
      }),
    )
    .action((names: string[], options: { autoApprove?: boolean; parallel: number }) =>
      run(async () => {
        const stages = await import('./stages');
        await stages.runStage(stages[name], names, options);
      }),
    );
}

stage(
  program
    .command('provision')
    .description('create or change only the guests, nothing inside of them: plans, shows, asks, applies'),
  'PROVISION',
);

stage(
  program
    .command('configure')
    .description('run the configuration again on guests that are there: plans, shows, asks, applies'),
  'CONFIGURE',
);

program
  .command('inventory')
  .description('print the guests as an Ansible inventory')
  .argument('[names...]', 'stacks or projects, * for anything')
  .addOption(new Option('-f, --format <format>', 'its format').choices(['json', 'yaml']).default('json'))
  .option('--list', 'as a dynamic inventory script answers, in JSON')
  .action((names: string[], options: { format: 'json' | 'yaml'; list?: boolean }) =>
    run(async () => (await import('./inventory')).inventory(names, options)),
  );

program
  .command('schema')
  .description('print the JSON Schema of the inventory, for editors')
  .action(() => run(async () => (await import('./schema')).schema()));

program
  .command('get')
  .description('generate the provider bindings in .gen from the pinned schema, without network or terraform')
  .option('--refresh', 'first refresh the pinned schema from the provider itself (needs terraform)')
  .action((options: { refresh?: boolean }) =>
    run(async () => (await import('./get')).get(options.refresh ?? false)),
  );

// bin/pvestack.js starts it; here it is for --help.
program
  .command('emulator')
  .description('start an emulated Proxmox VE on this machine, to try everything without a server')
  .allowUnknownOption();

program
  .command('demo')
  .description(
    'show it all: emulator, synth, plan, deploy, an empty plan, a changed value (needs terraform)',
  );

program.parse();
