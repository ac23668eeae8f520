import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { UserError } from '../inventory/user-error';
import type { Output } from './output';
import { readInventoryOf } from './read-inventory';
import { type Settings, stackFolder } from './settings';
import { terraform } from './terraform';
import { paint } from './paint';

const STACK = 'app-pote-dev';
const EXAMPLE = path.join(__dirname, '..', 'examples', 'inventory.yml');

const CERTIFICATE = 'ca.pem';

/** Prints a step of the demonstration as a title. */
type Step = (text: string) => void;

/** What runs while the demonstration does. */
interface Emulator {
  url: string;
}

/**
 * Adds `pvestack demo`: everything is started, shown and cleaned up.
 * @param program the program
 * @param output where it prints to
 */
export function addDemo(program: Command, output: Output): void {
  program
    .command('demo')
    .description(
      'show it all: emulator, synth, plan, deploy, an empty plan, a changed value (needs terraform)',
    )
    .action(() => demo(output));
}

async function demo(output: Output): Promise<void> {
  const began = performance.now();
  const step: Step = (text) => {
    output.print(`\n${output.color ? paint(['bold', 'cyan'], `▸ ${text}`) : `> ${text}`}`);
  };
  // Said before anything is begun, where there is none.
  await terraform(os.tmpdir(), ['version']);
  const { startEmulator } = await import('proxmox-emulator');
  const root = mkdtempSync(path.join(os.tmpdir(), 'pvestack-demo-'));
  const emulator = await startEmulator({ certFile: path.join(root, CERTIFICATE), taskMs: 300 });
  const cleanUp = async (): Promise<void> => {
    await emulator.stop();
    rmSync(root, { recursive: true, force: true });
  };
  process.once('SIGINT', () => void cleanUp().then(() => process.exit(130)));
  try {
    step(`An emulated Proxmox VE listens at ${emulator.url}`);
    await show(output, step, emulator, root);
    step(
      `Done in ${((performance.now() - began) / 1000).toFixed(1)} s; everything was cleaned up. Now with your own: docs/quick-start.md.`,
    );
  } finally {
    await cleanUp();
  }
}

/** Plans, deploys, plans again and changes one value, on an emulated Proxmox VE. */
async function show(output: Output, step: Step, emulator: Emulator, root: string): Promise<void> {
  // Loaded here: the other commands start without CDKTF and the certificate library.
  const [{ synthesize }, { DEFAULT_TOKEN }] = await Promise.all([
    import('../main'),
    import('proxmox-emulator'),
  ]);
  const settings: Settings = { root, inventory: 'inventory.yml', output: 'cdktf.out', allowOtherKeys: false };
  const [id = '', secret = ''] = DEFAULT_TOKEN.split('=');
  // The emulated guests are data: nothing can log in to them.
  const example = `configure: false\n${readFileSync(EXAMPLE, 'utf8').replace('terraform@pve!pvestack', id)}`;
  const folder = stackFolder(settings, STACK);
  const env: NodeJS.ProcessEnv = {
    SSL_CERT_FILE: path.join(root, CERTIFICATE),
    TF_VAR_vault_proxmox_host: emulator.url,
    TF_VAR_vault_proxmox_token_secret: secret,
  };
  const synth = (inventory: string): void => {
    writeFileSync(path.join(root, 'inventory.yml'), inventory);
    synthesize(settings, readInventoryOf(settings));
  };
  const must = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await terraform(folder, args, { env });
    if (code === 0) return stdout;
    throw new UserError(`terraform ${args[0] ?? ''} failed:\n${`${stdout}${stderr}`.trim()}`);
  };

  step('The example inventory becomes one Terraform stack per environment');
  synth(example);
  output.print(
    `  cdktf.out/stacks/${STACK}/cdk.tf.json and ${readdirSync(path.dirname(folder)).length - 1} others`,
  );

  step('terraform init');
  const init = await terraform(folder, ['init', '-no-color'], { env });
  if (init.code !== 0) {
    throw new UserError(
      `Terraform cannot install the providers (bpg/proxmox, hashicorp/null, hashicorp/external): it needs its registry, or a mirror in ~/.terraform.d/plugins.\n${`${init.stdout}${init.stderr}`.trim()}`,
    );
  }
  output.print('  the providers are there');

  const color = output.color ? [] : ['-no-color'];
  step(`terraform plan: what would happen to ${STACK}`);
  output.print(changesOf(await must('plan', ...color)));

  step('terraform apply: the guards look again, then the guest is created');
  const applied = await must('apply', '-auto-approve', '-no-color');
  for (const line of applied.split('\n').filter((text) => /: Creation complete|^Apply complete/.test(text)))
    output.print(`  ${line}`);

  step('terraform plan again: nothing to do');
  output.print(changesOf(await must('plan', '-detailed-exitcode', ...color)));

  step('One value changes in the inventory: 4096 MiB of memory instead of 2048');
  synth(example.replace('vmid: 201\n', 'vmid: 201\n        guest: {memory: 4096}\n'));
  output.print(changesOf(await must('plan', ...color)));
}

/** The part of a plan that people read: the changes, without progress and hints. */
function changesOf(plan: string): string {
  const lines = plan.split('\n');
  const begin = lines.findIndex((line) => /Terraform will perform|No changes\./.test(line));
  const end = lines.findIndex((line, i) => i > begin && /^(Plan:|Changes to Outputs|.*Warning:)/.test(line));
  const last = end < 0 ? lines.length : lines[end]?.startsWith('Plan:') ? end + 1 : end;
  return lines.slice(Math.max(begin, 0), last).join('\n').trimEnd();
}
