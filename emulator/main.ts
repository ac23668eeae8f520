import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DEFAULT_NODE, DEFAULT_PASSWORD, DEFAULT_TOKEN, DEFAULT_TOKENS } from './defaults';
import { parseFault } from './faults';
import { startEmulator, type Emulator } from './server';

/** What `--help` prints. */
export const USAGE = `Usage: appstack emulator [options]

Starts an emulated Proxmox VE API for tests and trials. Guests exist as data only.

  --host <address>     address to listen on (127.0.0.1)
  --port <number>      port to listen on, 0 for a free one (8006)
  --nodes <a,b>        names of the nodes (${DEFAULT_NODE})
  --bridges <a,b>      bridges of every node (vmbr0,vmbr1)
  --state <file>       keep the state in this JSON file, across restarts
  --cert <file>        where to write the certificate (a file in the temporary folder)
  --task-ms <number>   how long tasks take (300)
  --boot-ms <number>   how long a started guest has no address yet (0)
  --fault <rule>       kind,key=value,…; may be repeated. Kinds: error, drop, slow, lock, task, unauthorized.
                       Keys: method, path, skip, count, status, reason, delayMs, lock, when
  --hide <ids>         guests that the API token must not see, e.g. 101,102
  --quiet              do not log requests
`;

function list(value: string | undefined): string[] | undefined {
  const parts = value?.split(',').filter((part) => part !== '');
  return parts && parts.length > 0 ? parts : undefined;
}

function wholeNumber(value: string, name: string): number {
  if (!/^\d+$/.test(value)) throw new Error(`--${name} must be a whole number, not "${value}"`);
  return Number(value);
}

/**
 * Runs the emulator as a command.
 * @param argv the arguments after the command's name.
 * @param print gets what a person is to read.
 * @returns the running emulator, or undefined after `--help`
 * @throws Error with a clear text for bad arguments
 */
export async function main(
  argv: readonly string[],
  print: (line: string) => void,
): Promise<Emulator | undefined> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '8006' },
      nodes: { type: 'string' },
      bridges: { type: 'string' },
      state: { type: 'string' },
      cert: { type: 'string' },
      'task-ms': { type: 'string', default: '300' },
      'boot-ms': { type: 'string', default: '0' },
      fault: { type: 'string', multiple: true, default: [] },
      hide: { type: 'string' },
      quiet: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    print(USAGE);
    return undefined;
  }
  const certFile = values.cert ?? join(tmpdir(), `appstack-emulator-${String(process.pid)}.pem`);
  const hidden = (list(values.hide) ?? []).map((id) => wholeNumber(id, 'hide'));
  const emulator = await startEmulator({
    host: values.host,
    port: wholeNumber(values.port, 'port'),
    nodes: list(values.nodes),
    bridges: list(values.bridges),
    stateFile: values.state,
    certFile,
    taskMs: wholeNumber(values['task-ms'], 'task-ms'),
    bootMs: wholeNumber(values['boot-ms'], 'boot-ms'),
    faults: values.fault.map(parseFault),
    tokens: DEFAULT_TOKENS.map((token) => ({ ...token, grant: { ...token.grant, hidden } })),
    log: values.quiet ? undefined : print,
  });
  print(
    `Emulated Proxmox VE at ${emulator.url} (nodes: ${emulator.state.nodes.map((one) => one.name).join(', ')})`,
  );
  print(`  export PROXMOX_VE_ENDPOINT=${emulator.url}`);
  print(`  export PROXMOX_VE_API_TOKEN='${DEFAULT_TOKEN}'`);
  print(`  export SSL_CERT_FILE=${certFile}`);
  print(`  root@pam logs in with the password ${DEFAULT_PASSWORD}`);
  return emulator;
}

if (require.main === module) {
  const stop = (emulator: Emulator | undefined): void => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        void emulator?.stop().then(() => process.exit(0));
      });
    }
  };
  main(process.argv.slice(2), (line) => process.stdout.write(`${line}\n`)).then(stop, (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
