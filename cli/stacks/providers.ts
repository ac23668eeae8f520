import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readdirSync, readSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { RequiredProvider } from '../../constructs/providers';
import { LOCK_FILE, readLock } from '../provider-lock';
import { registryHost } from '../terraform';

/**
 * Runs programs in its own folder, that is a stack's: each stack needs one of its own. All others serve every stack, as
 * all of an inventory speak to one Proxmox VE with one token.
 */
const OF_ITS_STACK = 'hashicorp/external';

/** Ends the provider with this process, however that ends: its end of the pipe closes. */
const SERVE = `"$1" -debug & provider=$!
exec 3<&0
{ cat <&3; kill "$provider"; } >/dev/null 2>&1 &
wait "$provider"`;

/** Milliseconds that a provider may take to start. */
const PATIENCE = 10_000;

/** Where a provider is reached, in the form of TF_REATTACH_PROVIDERS. */
type Address = Record<string, unknown>;

/** A provider that runs. */
interface Server {
  /** Undefined where it did not come up. */
  address: Promise<Address | undefined>;
  stop(): void;
}

/**
 * Providers that run for the length of a command. Terraform starts each of them three times for a plan and again for
 * what follows, which is two thirds of what a plan costs (measured); these it finds running. They are what Terraform
 * would have started: the version that the stacks require, with the sum that the stack's lock file has. Wherever anything is
 * not as expected there is none, and Terraform starts its own or says what is wrong.
 * Source: Terraform, "Debugging Providers" (TF_REATTACH_PROVIDERS); go-plugin (PLUGIN_UNIX_SOCKET_DIR).
 */
export class ProviderServers {
  readonly #sockets: string;
  readonly #required: readonly RequiredProvider[];
  /** By source, or by the folder of the only stack that it serves. */
  readonly #servers = new Map<string, Server>();
  readonly #sums = new Map<string, string>();

  /**
   * @param sockets a folder that only this user can enter: whoever reaches a provider has its credentials
   * @param required what the stacks require
   */
  constructor(sockets: string, required: readonly RequiredProvider[]) {
    this.#sockets = sockets;
    this.#required = required;
  }

  /**
   * Starts those that all stacks share, as far as a stack has them; does not wait until they answer.
   * @param folder the stack's folder
   */
  begin(folder: string): void {
    const shared = this.#required.filter(({ source }) => source !== OF_ITS_STACK);
    for (const provider of shared) this.#begin(provider, folder, {});
  }

  /**
   * Starts what a stack needs, or finds it.
   * @param folder the stack's folder
   * @param env variables besides those of this process
   * @returns variables for terraform in that folder; none where it starts its own
   */
  async environment(folder: string, env: NodeJS.ProcessEnv = {}): Promise<NodeJS.ProcessEnv> {
    const found = await Promise.all(
      this.#required.map(async (provider): Promise<[string, Address][]> => {
        const address = await this.#begin(provider, folder, env)?.address;
        return address ? [[nameOf(provider), address]] : [];
      }),
    );
    const reattach = Object.fromEntries(found.flat());
    return Object.keys(reattach).length > 0 ? { TF_REATTACH_PROVIDERS: JSON.stringify(reattach) } : {};
  }

  /** Ends them all. */
  stop(): void {
    for (const { stop } of this.#servers.values()) stop();
  }

  #begin(provider: RequiredProvider, folder: string, env: NodeJS.ProcessEnv): Server | undefined {
    // The providers' part of a log would be missing; and whoever sets the last one has providers of their own.
    if (['TF_LOG', 'TF_LOG_PROVIDER', 'TF_REATTACH_PROVIDERS'].some((name) => process.env[name])) return;
    const entry = readLock(path.join(folder, LOCK_FILE))?.entries.get(nameOf(provider));
    const file = installed(folder, provider);
    if (file === undefined || entry?.version !== provider.version) return;
    const sum = once(this.#sums, file, () => sumOf(path.dirname(file)));
    if (!entry.sums.includes(sum)) return;
    const isOfItsStack = provider.source === OF_ITS_STACK;
    return once(this.#servers, isOfItsStack ? folder : provider.source, () =>
      serve(file, isOfItsStack ? folder : this.#sockets, { ...env, PLUGIN_UNIX_SOCKET_DIR: this.#sockets }),
    );
  }
}

/** Starts a provider. */
function serve(file: string, cwd: string, env: NodeJS.ProcessEnv): Server {
  const child = spawn('/bin/sh', ['-c', SERVE, 'sh', file], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'ignore'],
    // Ctrl-C in the terminal is for terraform to pass on.
    detached: true,
  });
  child.stdin.on('error', () => undefined);
  const address = new Promise<Address | undefined>((resolve) => {
    const none = (): void => {
      resolve(undefined);
    };
    setTimeout(none, PATIENCE).unref();
    child.on('error', none).on('close', none);
    createInterface(child.stdout).on('line', (line) => {
      const [, found] = /TF_REATTACH_PROVIDERS='(\{.*\})'/.exec(line) ?? [];
      if (found !== undefined) resolve(Object.values(JSON.parse(found) as Record<string, Address>)[0]);
    });
  });
  return {
    address,
    stop: () => {
      child.stdin.destroy();
    },
  };
}

/** As Terraform names it, e.g. `registry.terraform.io/bpg/proxmox`. */
function nameOf({ source }: RequiredProvider): string {
  return `${registryHost()}/${source}`;
}

/** What is kept by its key, made at the first question. */
function once<T>(kept: Map<string, T>, key: string, make: () => T): T {
  const known = kept.get(key) ?? make();
  kept.set(key, known);
  return known;
}

/** The program of a provider, where `terraform init` put it below a stack's folder. */
function installed(folder: string, provider: RequiredProvider): string | undefined {
  const data = path.resolve(folder, process.env['TF_DATA_DIR'] ?? '.terraform');
  const target = path.join(data, 'providers', nameOf(provider), provider.version, PLATFORM);
  if (!existsSync(target)) return undefined;
  const [file] = readdirSync(target).filter((each) => each.startsWith('terraform-provider-'));
  // The same file for all stacks, where they share a mirror.
  return file === undefined ? undefined : realpathSync(path.join(target, file));
}

/** As Go names it. */
const PLATFORM = `${process.platform}_${process.arch === 'x64' ? 'amd64' : process.arch}`;

/**
 * The sum of a package, as lock files have it.
 * Source: golang.org/x/mod/sumdb/dirhash, Hash1.
 */
function sumOf(folder: string): string {
  const lines = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.relative(folder, path.join(parentPath, name)))
    .sort((a, b) => (a < b ? -1 : 1))
    .map((file) => `${sha256(path.join(folder, file))}  ${file}\n`);
  return `h1:${createHash('sha256').update(lines.join('')).digest('base64')}`;
}

/** In pieces: a file at once takes twice as long. */
function sha256(file: string): string {
  const hash = createHash('sha256');
  const piece = Buffer.allocUnsafe(1 << 18);
  const descriptor = openSync(file, 'r');
  try {
    for (let length; (length = readSync(descriptor, piece, 0, piece.length, null)) > 0;)
      hash.update(piece.subarray(0, length));
  } finally {
    closeSync(descriptor);
  }
  return hash.digest('hex');
}
