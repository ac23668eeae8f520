import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { type Command, Option } from 'commander';
import { UserError } from '../../inventory/user-error';
import { type Context, openContext } from '../context';
import type { Output } from '../output';
import { selectEnvs } from '../select';
import { missingOf, type Wanted, wantedVariables } from './collect';
import { asExports, asTable, asTfvars, toBeGiven } from './formats';
import { organizations, type WorkspaceOptions } from './tfe';
import { dryCaller, makeWorkspaces, realCaller } from './tfe-calls';
import { readVault } from './vault';

interface Options extends WorkspaceOptions {
  tfvars?: boolean;
  export?: boolean;
  json?: boolean;
  tfe?: boolean;
  run?: boolean;
  fromVault?: string;
  out?: string;
}

/** What is worked on. */
interface Work {
  context: Context;
  envs: ReturnType<typeof selectEnvs>;
  wanted: Wanted[];
}

const FORMATS = ['tfvars', 'export', 'json', 'tfe', 'fromVault'] as const;

/**
 * Adds `pvestack variables`.
 * @param program the program
 * @param output where it prints to
 */
export function addVariables(program: Command, output: Output): void {
  const others = (own: string): string[] => FORMATS.filter((name) => name !== own);
  const format = (name: (typeof FORMATS)[number], flags: string, description: string): Option =>
    new Option(flags, description).conflicts(others(name));
  program
    .command('variables')
    .description(
      'every variable to set: which stacks use it, what for, whether it is a secret, and what is missing',
    )
    .argument('[names...]', 'stacks or projects, * for anything')
    .addOption(format('tfvars', '--tfvars', 'as a *.auto.tfvars file to be filled in'))
    .addOption(format('export', '--export', 'as export lines to be filled in'))
    .addOption(format('json', '--json', 'for a program'))
    .addOption(
      format('tfe', '--tfe', 'the calls that make workspaces and variables in HCP Terraform; only shown'),
    )
    .option(
      '--run',
      'with --tfe: make these calls, with the values of TF_VAR_… and the token of TF_TOKEN_<host>',
    )
    .option(
      '--agent-pool <id>',
      'with --tfe: the agents that run (apool-…); without: runs stay on your machines',
    )
    .option('--terraform <version>', 'with --tfe: the version that runs, e.g. 1.11.4')
    .addOption(
      format(
        'fromVault',
        '--from-vault <file>',
        'write the values of an ansible vault into a file that only you can read: "ansible-vault view vault.yml | pvestack variables --from-vault -"',
      ),
    )
    .option('--out <file>', 'with --from-vault: the file to write', 'secrets.auto.tfvars')
    .addHelpText('after', '\nExample:\n  $ pvestack variables pote --export > secrets.sh')
    .action(async (names: string[], options: Options) => {
      const context = openContext(output, { deploys: false });
      const envs = selectEnvs(context.inventory.envs, names);
      await show({ context, envs, wanted: wantedVariables(context.inventory, envs, process.env) }, options);
    });
}

async function show(work: Work, options: Options): Promise<void> {
  const { context, envs, wanted } = work;
  const { output, inventory } = context;
  if (options.fromVault !== undefined) return fromVault(work, options.fromVault, options.out ?? '');
  if (options.tfe) return tfe(work, options);
  const missing = missingOf(wanted, envs);
  if (options.json) {
    output.print(JSON.stringify({ variables: wanted, missing }, null, 2));
    return;
  }
  if (options.tfvars || options.export) {
    const what = options.tfvars ? 'tfvars' : 'export';
    const lines = (options.tfvars ? asTfvars : asExports)(wanted, inventory.file, envs.length);
    output.print([HEAD[what], ...lines].join('\n'));
    return;
  }
  output.print(asTable(wanted, inventory.file, envs.length, output.color).join('\n'));
  output.print('');
  output.print(
    missing.length === 0
      ? 'All that must be set is set here.'
      : `Not set here: ${missing.join(', ')}. Export each as TF_VAR_<name>, or see --tfvars, --export, --tfe.`,
  );
}

const HEAD = {
  tfvars:
    '# Fill in, remove the # before it, save as secrets.auto.tfvars; never commit it. What the planner reads from its\n# environment (the API, the SSH key) is better exported: pvestack variables --export.',
  export: '# Fill in and remove the # before each. Never commit it.',
};

async function fromVault({ context, envs, wanted }: Work, from: string, out: string): Promise<void> {
  const { output, settings, inventory } = context;
  const { values: all, unusable } = readVault(
    from === '-' ? await text(process.stdin) : readFileSync(from, 'utf8'),
  );
  const given = toBeGiven(wanted);
  const values = new Map(
    given.flatMap(({ name }) => (all.has(name) ? [[name, all.get(name) ?? ''] as const] : [])),
  );
  const wrong = given.flatMap(({ name }) =>
    unusable.has(name) ? [`${name} ${unusable.get(name) ?? ''}: write the value itself.`] : [],
  );
  if (wrong.length > 0) throw new UserError(wrong.join('\n'));
  const file = path.resolve(settings.root, out);
  const lines = asTfvars(given, inventory.file, envs.length, values);
  writePrivately(file, `# From ansible-vault. Never commit it.\n${lines.join('\n')}\n`);
  const name = path.relative(process.cwd(), file);
  output.print(`${name}: ${values.size} of ${given.length} variables, readable by you only.`);
  const unused = [...all.keys()].filter((key) => !given.some((variable) => variable.name === key));
  if (unused.length > 0) output.print(`Of no use to these stacks: ${unused.join(', ')}.`);
  if (isCommittable(file)) {
    output.warn(`git does not ignore ${name}: write *.tfvars into .gitignore before the next commit.`);
  }
  const missing = missingOf(wanted, envs, new Set(values.keys()));
  if (missing.length > 0) {
    throw new UserError(
      `Missing, in the vault and in this environment: ${missing.join(', ')}. Fill them in, in ${name}.`,
    );
  }
}

/** A new file: an old one could be open to others, or hold what nobody has elsewhere. */
function writePrivately(file: string, content: string): void {
  if (existsSync(file)) {
    throw new UserError(
      `${path.relative(process.cwd(), file)} is there already: remove it, or name another one by --out.`,
    );
  }
  const handle = openSync(file, 'wx', 0o600);
  try {
    writeSync(handle, content);
  } finally {
    closeSync(handle);
  }
}

/** Whether git would take the file: exit code 1 says "not ignored", any other that there is no repository or no git. */
function isCommittable(file: string): boolean {
  try {
    execFileSync('git', ['check-ignore', '-q', file], { cwd: path.dirname(file), stdio: 'ignore' });
    return false;
  } catch (error) {
    return (error as { status?: number }).status === 1;
  }
}

async function tfe({ context, envs, wanted }: Work, { run, agentPool, terraform }: Options): Promise<void> {
  const { output } = context;
  for (const wantedThere of organizations(envs, wanted, { agentPool, terraform })) {
    const { hostname, organization } = wantedThere;
    const print = (line: string): void => {
      output.print(line);
    };
    if (!run) {
      await makeWorkspaces(wantedThere, dryCaller(hostname, print));
      print(
        `Nothing was sent. --run makes these calls in ${organization}; what is there already is changed, not made.`,
      );
      continue;
    }
    // Terraform's own name of the variable ("CLI Configuration", environment variable credentials).
    const name = `TF_TOKEN_${hostname.replaceAll('-', '__').replace(/[.:]/g, '_')}`;
    const token = process.env[name];
    if (!token)
      throw new UserError(
        `No token for ${hostname}: export ${name}, of a user or a team that may manage workspaces.`,
      );
    await makeWorkspaces(wantedThere, realCaller(hostname, token, process.env, print));
  }
}
