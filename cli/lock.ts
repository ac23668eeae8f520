import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { UserError } from '../inventory/user-error';
import type { Output } from './output';
import { temporaryFolder } from './private';
import { LOCK_FILE, readLock } from './provider-lock';
import { findRoot } from './root';
import { terraform } from './terraform';

/** Where Terraform may run by docs/operations.md; Windows means WSL. */
const PLATFORMS = ['linux_amd64', 'linux_arm64', 'darwin_amd64', 'darwin_arm64'];

interface Options {
  platform?: string[];
  mirror?: string;
}

/**
 * Adds `pvestack lock`.
 * @param program the program
 * @param output where it prints to
 */
export function addLock(program: Command, output: Output): void {
  program
    .command('lock')
    .description(
      `pin the providers by the sums of their packages: ${LOCK_FILE} beside cdktf.json, to be committed (needs terraform)`,
    )
    .option(
      '--platform <name>',
      `a platform that Terraform runs on, such as linux_amd64; repeat it for more (default: ${PLATFORMS.join(', ')})`,
      (name: string, names: string[] = []) => {
        if (/^[a-z0-9]+_[a-z0-9]+$/.test(name)) return [...names, name];
        throw new InvalidArgumentError('It must be <system>_<architecture>, e.g. linux_amd64.');
      },
    )
    .option('--mirror <place>', 'take the packages from this folder or https URL instead of the registry')
    .action((options: Options) => lock(output, options));
}

async function lock(output: Output, { platform: platforms = PLATFORMS, mirror }: Options): Promise<void> {
  // Loaded here: `pvestack --help` needs no CDKTF.
  const { requiredProviders } = await import('../constructs/providers');
  const required = requiredProviders();
  const file = path.join(findRoot(), LOCK_FILE);
  const before = readLock(file);
  const folder = temporaryFolder('lock');
  try {
    const entries = required.map((provider) => [provider.source.replace('/', '-'), provider]);
    const program = { terraform: { required_providers: Object.fromEntries(entries) as object } };
    writeFileSync(path.join(folder, 'providers.tf.json'), JSON.stringify(program));
    const { code, stderr } = await terraform(folder, [
      'providers',
      'lock',
      '-no-color',
      ...(mirror === undefined ? [] : [mirrorArgument(mirror)]),
      ...platforms.map((name) => `-platform=${name}`),
    ]);
    if (code !== 0) throw new UserError(`${stderr.trim()}\n\n${adviceOf(stderr, mirror)}`);

    const made = path.join(folder, LOCK_FILE);
    const after = readLock(made);
    // One version is one set of packages: other sums mean other packages.
    for (const [address, { version, sums }] of after?.entries ?? []) {
      const known = before?.entries.get(address);
      if (known?.version === version && !known.sums.some((sum) => sums.includes(sum))) {
        throw new UserError(
          `${address} ${version} has other sums here than in ${LOCK_FILE}, which was left as it is: find out why before you trust either. If they are of different platforms, or the old ones were wrong: remove the file, then lock again.`,
        );
      }
    }
    const text = readFileSync(made);
    const isNew = !before || !readFileSync(file).equals(text);
    if (isNew) writeFileSync(file, text);
    const what = required.map(({ source, version }) => `${source} ${version}`).join(', ');
    const name = path.relative(process.cwd(), file);
    output.print(
      `${name}: ${what}, for ${platforms.join(', ')}. ${isNew ? 'Commit it.' : 'Nothing changed.'}`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Terraform runs in a folder of its own: a relative path is made absolute. */
function mirrorArgument(mirror: string): string {
  return mirror.startsWith('https://') ? `-net-mirror=${mirror}` : `-fs-mirror=${path.resolve(mirror)}`;
}

/** What to do about Terraform's own words. */
function adviceOf(stderr: string, mirror: string | undefined): string {
  if (/is\s+not\s+available\s+for/.test(stderr)) {
    return 'Name the platforms that are there, each by --platform <name>. Terraform then refuses to run on others.';
  }
  return mirror === undefined
    ? 'This asks the registry, whatever mirrors the configuration of Terraform names. Without a way to it, name a mirror: --mirror <folder or https URL>.'
    : 'The mirror must hold these providers in these versions, as `terraform providers mirror` lays them out.';
}
