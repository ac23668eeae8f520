import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Command, Option } from 'commander';
import { networksOf, nextVmid } from '../../inventory/free';
import { readInventory } from '../../inventory/load';
import type { Env, Inventory } from '../../inventory/types';
import { UserError } from '../../inventory/user-error';
import * as registry from '../../registry';
import { terminalAsk } from '../ask';
import { openContext } from '../context';
import { exampleText } from '../daily/command';
import type { Output } from '../output';
import { difference } from './difference';
import { type NewEnv, withEnv } from './insert';
import { WORKFLOWS, writeWorkflows } from '../workflows';

interface Options {
  type?: string;
  repo?: string;
  branch?: string;
  name?: string;
  vmid?: string;
  ip?: string;
  gateway?: string;
  yes?: boolean;
  ci?: string;
}

/**
 * Adds `pvestack new`.
 * @param program the program
 * @param output where it prints to
 */
export function addNew(program: Command, output: Output): void {
  program
    .command('new')
    .description('write a new env into the inventory, and its project where that is new; or workflows')
    .argument('[project]', 'the project')
    .argument('[env]', 'the env, e.g. dev')
    .addOption(
      new Option('--type <type>', 'of a new project: the kind of application').choices([
        'node',
        'python',
        'none',
      ]),
    )
    .option('--repo <url>', 'of a new project: the repository')
    .option('--branch <branch>', 'the branch; the name of the env without it')
    .option('--name <name>', 'the name of the host; <project>-<env> without it')
    .option('--vmid <vmid>', 'the next free one without it')
    .option('--ip <address/prefix>', 'the next free one in the network of the project without it')
    .option('--gateway <address>', 'that of the network without it')
    .option('--yes', 'do not ask')
    .addOption(
      new Option(
        '--ci <kind>',
        'nothing of these, but workflows for pull requests and deploys, of where the repository lies',
      ).choices(Object.keys(WORKFLOWS)),
    )
    .addHelpText(
      'after',
      exampleText([
        ['pvestack new shop qa', 'one more env of a project'],
        ['pvestack new blog dev --type node --repo git@git.example.lan:team/blog.git', 'a project'],
        ['pvestack new --ci github', 'workflows'],
      ]),
    )
    .action((project: string | undefined, env: string | undefined, options: Options) => {
      if (options.ci !== undefined) {
        if (project !== undefined)
          throw new UserError('--ci writes workflows, and no env: give one or the other.');
        writeWorkflows(output, options.ci);
        return;
      }
      if (project === undefined || env === undefined) {
        throw new UserError(
          'Name the project and the env: pvestack new shop qa. (pvestack new --help shows more.)',
        );
      }
      return addEnv(output, project, env, options);
    });
}

async function addEnv(output: Output, project: string, env: string, options: Options): Promise<void> {
  const { settings, inventory } = openContext(output, { deploys: false, warns: false });
  const file = path.resolve(settings.root, settings.inventory);
  const before = readFileSync(file, 'utf8');
  const isNew = !inventory.envs.some((one) => one.project === project);
  const asked = isNew ? await askedFor(options) : options;
  const after = withEnv(before, newEnv(inventory, project, env, isNew, asked));
  output.print([`${inventory.file}:`, ...difference(before, after)].join('\n'));
  // What is wrong with it is said before it is there.
  try {
    readInventory(Buffer.from(after), inventory.file, registry, { allowOtherKeys: settings.allowOtherKeys });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(error.message.replace('nothing was synthesized', 'nothing was written'));
  }
  if (!options.yes && !(await agreed())) throw new UserError('Nothing was written.');
  writeFileSync(`${file}.new`, after, { mode: statSync(file).mode });
  renameSync(`${file}.new`, file);
  const stack = readInventory(Buffer.from(after), inventory.file, registry, {
    allowOtherKeys: settings.allowOtherKeys,
  }).envs.find((one) => one.project === project && one.env === env)?.stack;
  output.print(`Written, and checked. What comes of it: pvestack plan ${stack ?? project}`);
}

/** What a new project needs, asked for on a terminal. */
async function askedFor(options: Options): Promise<Options> {
  const { type, repo } = options;
  if (type === 'none' || (type !== undefined && repo !== undefined)) return options;
  const ask = terminalAsk();
  if (!ask) {
    throw new UserError('A new project needs --type (node, python or none) and, but for none, --repo.');
  }
  const kind = type ?? (await ask('Kind of application, node, python or none: '));
  const from = kind === 'none' ? undefined : (repo ?? (await ask('Repository: ')));
  return { ...options, type: kind, ...(from === undefined ? {} : { repo: from }) };
}

async function agreed(): Promise<boolean> {
  const ask = terminalAsk();
  if (!ask) throw new UserError('This is no terminal to ask in: give --yes to write without asking.');
  return (await ask('Write it? yes: ')) === 'yes';
}

/** The keys of the new env, with the next free vmid and address. */
function newEnv(
  { envs }: Inventory,
  project: string,
  env: string,
  isNew: boolean,
  { type = 'node', repo, branch, name, vmid, ip, gateway }: Options,
): NewEnv {
  const network = placeOf(envs, project);
  if (ip === undefined && network?.next === undefined) {
    throw new UserError('The inventory has no network with a free address: give --ip and --gateway.');
  }
  const door = gateway ?? (ip === undefined ? network?.gateways[0] : undefined);
  const isDeployed = isNew
    ? type !== 'none'
    : envs.some((one) => one.project === project && one.app.type !== 'none');
  return {
    project,
    env,
    projectKeys: { app_type: type, ...(repo === undefined ? {} : { repo }) },
    envKeys: {
      name: name ?? `${project}-${env}`.toLowerCase().replaceAll('_', '-'),
      vmid: vmid === undefined ? nextVmid(envs, project) : Number(vmid),
      ip: ip ?? `${network?.next ?? ''}/${network?.prefix ?? ''}`,
      ...(door === undefined ? {} : { gateway: door }),
      ...(isDeployed ? { branch: branch ?? env } : {}),
    },
  };
}

/** The network of a project, or the one that has the most guests. */
function placeOf(envs: readonly Env[], project: string): ReturnType<typeof networksOf>[number] | undefined {
  const all = networksOf(envs);
  return all.find((network) => network.envs.some((env) => env.project === project)) ?? all[0];
}
