import path from 'node:path';
import type { Command } from 'commander';
import type { Env } from '../../inventory/types';
import { UserError } from '../../inventory/user-error';
import { exportedToCloud } from '../cloud';
import { type Context, openContext } from '../context';
import type { Output } from '../output';
import { selectEnvs } from '../select';
import { stackFolder } from '../settings';
import { missingOf, wantedVariables } from '../variables/collect';
import { checkKey, checkReachable, checkRepositories } from './access';
import { reach, type Reached } from './api';
import { checkIdentity, checkNodes, listGuests } from './cluster';
import { type Finding, inOneLine, Report } from './finding';
import { checkMachine } from './machine';
import { checkPrivileges } from './privileges';

/**
 * Adds `pvestack doctor`.
 * @param program the program
 * @param output where it prints to
 */
export function addDoctor(program: Command, output: Output): void {
  program
    .command('doctor')
    .description(
      'look for what would stop a deploy: this machine, the API, privileges, storages, addresses, keys; changes nothing',
    )
    .argument('[names...]', 'stacks or projects, * for anything')
    .option('--json', 'for a program')
    .addHelpText(
      'after',
      '\nThe exit code is 0 without a fault.\n\nExample:\n  $ pvestack doctor app-pote-dev',
    )
    .action(async (names: string[], { json }: { json?: boolean }) => {
      const context = openContext(output, { deploys: false, warns: !json });
      const envs = selectEnvs(context.inventory.envs, names);
      const report = new Report();
      await examine(context, envs, process.env, report);
      print(output, report, json ?? false);
    });
}

async function examine(
  { settings, inventory }: Context,
  envs: readonly Env[],
  environment: NodeJS.ProcessEnv,
  report: Report,
): Promise<void> {
  await checkMachine(settings, envs, report);
  const missing = missingOf(wantedVariables(inventory, envs, environment), envs).filter((name) =>
    name.startsWith('vault_'),
  );
  if (missing.length === 0) report.ok('all variables that must be set are set');
  else
    report.fault(
      `not set here: ${missing.join(', ')}`,
      'Export each as TF_VAR_<name>; pvestack variables says what each is for.',
    );
  const exported = exportedToCloud(envs, environment);
  if (exported !== undefined) report.note('exported variables of stacks in HCP Terraform', exported);
  const configured = envs.filter(({ configure, present }) => configure && present);
  await checkKey(configured, environment, report);

  const guests = envs.filter(({ guest, present }) => guest.type !== 'external' && present);
  const folder = path.resolve(stackFolder(settings, 'stack'));
  const api = guests.length > 0 ? await reach(inventory.api, folder, environment, report) : undefined;
  try {
    const listed = api ? await checkCluster(api, guests, environment, report) : [];
    await checkReachable(configured, listed, report);
  } finally {
    api?.close();
  }
  await checkRepositories(configured, environment, report);
}

/**
 * Everything that the API of a cluster tells.
 * @param api the API, and whose credentials it takes
 * @param envs the stacks whose guests Terraform makes
 * @param environment variables of terraform
 * @param report takes the findings
 * @returns the guests that the credentials see
 */
export async function checkCluster(
  api: Omit<Reached, 'close'>,
  envs: readonly Env[],
  environment: NodeJS.ProcessEnv,
  report: Report,
): ReturnType<typeof listGuests> {
  await checkPrivileges(api, envs, environment, report);
  const listed = await listGuests(api, report);
  await checkNodes(api, envs, environment, listed, report);
  await checkIdentity(api, envs, listed, report);
  return listed;
}

function print(output: Output, report: Report, json: boolean): void {
  const { findings } = report;
  const [faults, notes] = [report.count('fault'), report.count('note')];
  if (json) output.print(JSON.stringify({ findings, faults, notes }, null, 2));
  else for (const finding of inOrder(findings)) output.print(inOneLine(finding));
  if (faults > 0)
    throw new UserError(`${faults === 1 ? '1 fault' : `${faults} faults`} in ${findings.length} findings.`);
  if (!json) output.print(`No fault${notes === 0 ? '' : `, ${notes === 1 ? '1 note' : `${notes} notes`}`}.`);
}

/** What is wrong comes last, where it is seen. */
function inOrder(findings: readonly Finding[]): Finding[] {
  const order = ['ok', 'note', 'fault'];
  return [...findings].sort((a, b) => order.indexOf(a.level) - order.indexOf(b.level));
}
