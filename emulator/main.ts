import { rmSync, statSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DEFAULT_NODE, DEFAULT_PASSWORD, DEFAULT_TOKEN, DEFAULT_TOKENS } from './defaults';
import { parseFault } from './faults';
import {
  DEFAULT_BRIDGE_ADDRESS,
  startLxcEmulator,
  type Base,
  type BridgeAddress,
  type Lab,
} from './lxc-driver';
import { startEmulator, type Emulator, type EmulatorOptions } from './server';

/** What `--help` prints. */
export const USAGE = `Usage: pvestack emulator [options]

Starts an emulated Proxmox VE API for tests and trials. Guests exist as data only, unless --driver lxc makes them
real: systemd containers in namespaces of their own (needs Linux, root, lxc and mmdebstrap; leaves nothing behind).

  --host <address>     address to listen on (127.0.0.1)
  --port <number>      port to listen on, 0 for a free one (8006)
  --nodes <a,b>        names of the nodes (${DEFAULT_NODE})
  --bridges <a,b>      bridges of every node (vmbr0,vmbr1)
  --state <file>       keep the state in this JSON file, across restarts
  --cert <file>        where to write the certificate (a file in the temporary folder)
  --task-ms <number>   how long tasks take (300)
  --boot-ms <number>   how long a started guest has no address yet (0)
  --fault <rule>       kind,key=value,…; may be repeated. Kinds: error, drop, slow, lock, task, unauthorized.
                       Keys: method, path, skip, count, status, reason, delayMs, lock, when, spread
  --hide <ids>         guests that the API token must not see, e.g. 101,102
  --quiet              do not log requests

  --driver <name>      record: containers are data (the default); lxc: they are real
 With --driver lxc:
  --bridge-address <bridge=address/prefix>
                       an address for a bridge, a gateway for guests; may be repeated (${DEFAULT_BRIDGE_ADDRESS.bridge}=${DEFAULT_BRIDGE_ADDRESS.address})
  --base <file=suite[:package,…]>
                       one more container template: a Debian release with packages in it; may be repeated,
                       e.g. debian-12-baked_1_amd64.tar.zst=bookworm:nginx,postgresql
  --name <name=address>
                       a name that guests can look up at a bridge's address; may be repeated,
                       e.g. git.example.lan=10.0.10.1 (names of guests are known)
  --cache <folder>     where base images and packages are kept (~/.cache/pvestack-lab)
`;

function list(value: string | undefined): string[] | undefined {
  const parts = value?.split(',').filter((part) => part !== '');
  return parts && parts.length > 0 ? parts : undefined;
}

function wholeNumber(value: string, name: string): number {
  if (!/^\d+$/.test(value)) throw new Error(`--${name} must be a whole number, not "${value}"`);
  return Number(value);
}

function parseBridgeAddress(value: string): BridgeAddress {
  const [, bridge = '', address = ''] = /^([\w.-]{1,15})=([\da-f.:]+\/\d+)$/i.exec(value) ?? [];
  if (bridge === '') throw new Error(`--bridge-address must look like vmbr0=10.0.10.1/24, not "${value}"`);
  return { bridge, address };
}

function parseName(value: string): [string, string] {
  const [, name = '', address = ''] = /^([\w.-]+)=([\d.]+)$/.exec(value) ?? [];
  if (name === '' || !isIPv4(address))
    throw new Error(`--name must look like git.example.lan=10.0.10.1, not "${value}"`);
  return [name.toLowerCase(), address];
}

function parseBase(value: string): [string, Base] {
  const [, file = '', suite = '', packages] = /^([^=]+)=([a-z]+)(?::(\S+))?$/.exec(value) ?? [];
  if (file === '')
    throw new Error(`--base must look like template.tar.zst=bookworm:package,package, not "${value}"`);
  const include = list(packages);
  return [file, { suite, ...(include === undefined ? {} : { include }) }];
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
      driver: { type: 'string', default: 'record' },
      'bridge-address': { type: 'string', multiple: true },
      base: { type: 'string', multiple: true, default: [] },
      name: { type: 'string', multiple: true, default: [] },
      cache: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    print(USAGE);
    return undefined;
  }
  if (values.driver !== 'lxc') {
    const forLxc = ['bridge-address', 'base', 'name', 'cache'] as const;
    const given = forLxc.find((name) => (values[name]?.length ?? 0) > 0);
    if (given) throw new Error(`--${given} needs --driver lxc`);
  }
  if (values.state !== undefined && statSync(values.state, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Error(`--state ${values.state} is a folder: name a file`);
  }
  const certFile = values.cert ?? join(tmpdir(), `pvestack-emulator-${String(process.pid)}.pem`);
  const port = wholeNumber(values.port, 'port');
  if (port > 65535) throw new Error(`--port must be 0 to 65535, not ${values.port}`);
  const hidden = (list(values.hide) ?? []).map((id) => wholeNumber(id, 'hide'));
  const options: EmulatorOptions = {
    host: values.host,
    port,
    nodes: list(values.nodes),
    bridges: list(values.bridges),
    stateFile: values.state,
    certFile,
    taskMs: wholeNumber(values['task-ms'], 'task-ms'),
    bootMs: wholeNumber(values['boot-ms'], 'boot-ms'),
    faults: values.fault.map(parseFault),
    tokens: DEFAULT_TOKENS.map((token) => ({ ...token, grant: { ...token.grant, hidden } })),
    log: values.quiet ? undefined : print,
  };
  let lab: Lab | undefined;
  let emulator: Emulator;
  if (values.driver === 'lxc') {
    ({ emulator, lab } = await startLxcEmulator(options, {
      bridgeAddresses: values['bridge-address']?.map(parseBridgeAddress),
      bases: Object.fromEntries(values.base.map(parseBase)),
      names: Object.fromEntries(values.name.map(parseName)),
      cache: values.cache,
      log: print,
    }));
  } else if (values.driver === 'record') emulator = await startEmulator(options);
  else throw new Error(`--driver must be record or lxc, not "${values.driver}"`);
  print(
    `Emulated Proxmox VE at ${emulator.url} (nodes: ${emulator.state.nodes.map((one) => one.name).join(', ')})`,
  );
  print(`  export PROXMOX_VE_ENDPOINT=${emulator.url}`);
  print(`  export PROXMOX_VE_API_TOKEN='${DEFAULT_TOKEN}'`);
  print(`  export SSL_CERT_FILE=${certFile}`);
  print(`  root@pam logs in with the password ${DEFAULT_PASSWORD}`);
  if (lab) {
    print(
      '  guests are reached from their own network only; a shell there (the exports work there as well):',
    );
    print(`    ${lab.namespaces.inNetwork(['bash']).join(' ')}`);
    lab.namespaces.onUnexpectedEnd(() => {
      print('The namespaces of the guests have ended: no guest can run any more. Start the emulator again.');
    });
  }
  if (values.cert !== undefined) return emulator;
  return {
    ...emulator,
    stop: async () => {
      await emulator.stop();
      rmSync(certFile, { force: true });
    },
  };
}

/**
 * What a person is told who cannot have what they asked for.
 * @param error why the emulator did not start
 * @returns one line
 */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (code === 'EADDRINUSE') {
    return `${String(address)}:${String(port)} is in use: stop what listens there, or choose another with --port (0: any).`;
  }
  return error.message;
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
    process.stderr.write(`${explain(error)}\n`);
    // Not only the exit code: a server may listen already.
    process.exit(1);
  });
}
