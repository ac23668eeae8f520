import { statSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { parseArgs } from 'node:util';
import { DEFAULT_TOKENS } from './defaults';
import { parseFault } from './faults';
import type { Base, BridgeAddress, LabOptions } from './lxc-driver';
import type { EmulatorOptions } from './server';

/** What the arguments of the command ask for. */
interface Arguments {
  readonly emulator: EmulatorOptions;
  /** Set where containers are to be real. */
  readonly lab?: LabOptions;
  /** Whether requests are not to be logged. */
  readonly quiet: boolean;
}

function list(value: string | undefined, name: string): string[] | undefined {
  const parts = value?.split(',').filter((part) => part.trim() !== '');
  if (parts?.length === 0) throw new Error(`--${name} must name at least one, with commas between several`);
  return parts;
}

function wholeNumber(value: string, name: string): number {
  if (!/^\d+$/.test(value)) throw new Error(`--${name} must be a whole number, not "${value}"`);
  return Number(value);
}

function parsePort(value: string): number {
  const port = wholeNumber(value, 'port');
  if (port > 65535) throw new Error(`--port must be 0 to 65535, not ${value}`);
  return port;
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
  const include = packages === undefined ? undefined : list(packages, 'base');
  return [file, { suite, ...(include === undefined ? {} : { include }) }];
}

/**
 * Reads the arguments of the command.
 * @param argv the arguments after the command's name
 * @returns what they ask for; undefined for `--help`
 * @throws Error with a clear text for bad ones
 */
export function parseArguments(argv: readonly string[]): Arguments | undefined {
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
      'status-ms': { type: 'string', default: '0' },
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
  if (values.help) return undefined;
  if (values.driver !== 'lxc') {
    const forLxc = ['bridge-address', 'base', 'name', 'cache'] as const;
    const given = forLxc.find((name) => (values[name]?.length ?? 0) > 0);
    if (given) throw new Error(`--${given} needs --driver lxc`);
  }
  if (values.state !== undefined && statSync(values.state, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Error(`--state ${values.state} is a folder: name a file`);
  }
  const port = parsePort(values.port);
  const hidden = (list(values.hide, 'hide') ?? []).map((id) => wholeNumber(id, 'hide'));
  const emulator: EmulatorOptions = {
    host: values.host,
    port,
    nodes: list(values.nodes, 'nodes'),
    bridges: list(values.bridges, 'bridges'),
    stateFile: values.state,
    certFile: values.cert,
    taskMs: wholeNumber(values['task-ms'], 'task-ms'),
    bootMs: wholeNumber(values['boot-ms'], 'boot-ms'),
    statusMs: wholeNumber(values['status-ms'], 'status-ms'),
    faults: values.fault.map(parseFault),
    tokens: DEFAULT_TOKENS.map((token) => ({ ...token, grant: { ...token.grant, hidden } })),
  };
  if (values.driver === 'record') return { emulator, quiet: values.quiet };
  if (values.driver !== 'lxc') throw new Error(`--driver must be record or lxc, not "${values.driver}"`);
  const lab: LabOptions = {
    bridgeAddresses: values['bridge-address']?.map(parseBridgeAddress),
    bases: Object.fromEntries(values.base.map(parseBase)),
    names: Object.fromEntries(values.name.map(parseName)),
    cache: values.cache,
  };
  return { emulator, lab, quiet: values.quiet };
}
