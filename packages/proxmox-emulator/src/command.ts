import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArguments } from './arguments';
import { DEFAULT_PASSWORD, DEFAULT_TOKEN } from './defaults';
import { startLxcEmulator, type Lab } from './lxc-driver';
import { startEmulator, type Emulator } from './server';
import { usage } from './usage';

/** How the command speaks to its caller. */
interface CommandOptions {
  /** Gets what a person is to read, line by line. */
  readonly print: (line: string) => void;
  /** What the command is called in its help (`proxmox-emulator`). */
  readonly name?: string;
}

function printGreeting(emulator: Emulator, certFile: string, print: CommandOptions['print']): void {
  const nodes = emulator.state.nodes.map((one) => one.name).join(', ');
  print(`Emulated Proxmox VE at ${emulator.url} (nodes: ${nodes})`);
  print(`  export PROXMOX_VE_ENDPOINT=${emulator.url}`);
  print(`  export PROXMOX_VE_API_TOKEN='${DEFAULT_TOKEN}'`);
  print(`  export SSL_CERT_FILE=${certFile}`);
  print(`  root@pam logs in with the password ${DEFAULT_PASSWORD}`);
}

function printLab({ namespaces }: Lab, print: CommandOptions['print']): void {
  print('  guests are reached from their own network only; a shell there (the exports work there as well):');
  print(`    ${namespaces.inNetwork(['bash']).join(' ')}`);
  namespaces.onUnexpectedEnd(() => {
    print('The namespaces of the guests have ended: no guest can run any more. Start the emulator again.');
  });
}

/** A running emulator, and what says how to reach it. */
interface Started {
  readonly emulator: Emulator;
  readonly greet: () => void;
}

async function start(
  argv: readonly string[],
  { print, name = 'proxmox-emulator' }: CommandOptions,
): Promise<Started | undefined> {
  const asked = parseArguments(argv);
  if (!asked) {
    print(usage(name));
    return undefined;
  }
  const ownFile = join(tmpdir(), `proxmox-emulator-${String(process.pid)}.pem`);
  const { certFile = ownFile } = asked.emulator;
  const options = { ...asked.emulator, certFile, log: asked.quiet ? undefined : print };
  const { emulator, lab } = asked.lab
    ? await startLxcEmulator(options, { ...asked.lab, log: print })
    : { emulator: await startEmulator(options), lab: undefined };
  const greet = (): void => {
    printGreeting(emulator, certFile, print);
    if (lab) printLab(lab, print);
  };
  if (certFile !== ownFile) return { emulator, greet };
  const stop = async (): Promise<void> => {
    await emulator.stop();
    rmSync(certFile, { force: true });
  };
  return { emulator: { ...emulator, stop }, greet };
}

/**
 * Starts the emulator that the arguments of a command ask for, and says how to reach it.
 * @param argv the arguments after the command's name
 * @returns the running emulator, or undefined after `--help`
 * @throws Error with a clear text for bad arguments
 */
export async function startFromArguments(
  argv: readonly string[],
  options: CommandOptions,
): Promise<Emulator | undefined> {
  const started = await start(argv, options);
  started?.greet();
  return started?.emulator;
}

/** What a person is told who cannot have what they asked for. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (code === 'EADDRINUSE') {
    return `${String(address)}:${String(port)} is in use: stop what listens there, or choose another with --port (0: any).`;
  }
  return error.message;
}

/**
 * Runs the emulator as a command of this process, until SIGINT or SIGTERM end both.
 * @param argv the arguments after the command's name
 * @returns once it listens, or after `--help`
 * @throws Error with a text for people when it cannot start
 */
export async function runCommand(argv: readonly string[], options: CommandOptions): Promise<void> {
  const started = await start(argv, options).catch((error: unknown) => {
    throw new Error(explain(error), { cause: error });
  });
  if (!started) return;
  // Before it says that it is there: who reads that may end it at once.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void started.emulator.stop().then(() => process.exit(0));
    });
  }
  started.greet();
}
