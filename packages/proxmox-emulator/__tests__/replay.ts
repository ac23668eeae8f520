import { readFileSync } from 'node:fs';
import { startEmulator, templates, type Emulator } from '../src';
import { Client, type Reply, type ReplyBody } from './client';

/** One recorded request with its answer. */
interface Trace {
  readonly label: string;
  readonly auth: 'token' | 'ticket' | 'none';
  readonly csrf: boolean;
  readonly method: string;
  readonly path: string;
  readonly query?: readonly (readonly [string, string])[];
  readonly body?: readonly (readonly [string, string])[] | Readonly<Record<string, unknown>>;
  readonly status: number;
  readonly reason: string;
  readonly response: ReplyBody | string;
}

/** What is compared for each trace. */
type Aspect = 'status' | 'reason' | 'errors' | 'types' | 'values';

/** A comparison that did not agree. */
export interface Difference {
  readonly at: number;
  readonly label: string;
  readonly request: string;
  readonly aspect: Aspect;
  readonly expected: string;
  readonly actual: string;
}

/** The outcome of a replay. */
export interface ReplayResult {
  readonly traces: number;
  readonly agreed: Record<Aspect, number>;
  readonly compared: Record<Aspect, number>;
  /** Guests that had to be put there because how they were made is not in the records. */
  seeded: number;
  /** Traces about tasks whose start is not in the records. */
  readonly skipped: number[];
  readonly differences: Difference[];
}

const PASSWORD = 'example-password';
const SECRET = '00000000-0000-0000-0000-00000000000a';
const TOKENS = { root: 'root@pam!tf', admin: 'tf@pve!t1', none: 'tf@pve!none' } as const;

/** Starts an emulator that holds what the recorded cluster held. */
export async function startForReplay(node: string): Promise<Emulator> {
  const emulator = await startEmulator({
    nodes: [node],
    bridges: ['vmbr0'],
    // Tasks last until the replay lets them end, so that timing does not depend on this machine.
    taskMs: 60_000,
    storages: [
      {
        storage: 'local',
        type: 'dir',
        path: '/var/lib/vz',
        content: ['rootdir', 'vztmpl', 'images', 'snippets', 'iso', 'backup'],
        shared: false,
        total: 270_553_174_016,
        used: 19_752_148_992,
        volumes: templates('local').filter((one) => one.volid.includes('debian')),
      },
    ],
    users: [
      { userid: 'root@pam', password: PASSWORD, grant: { role: 'Administrator' } },
      { userid: 'tf@pve', password: PASSWORD, grant: { role: 'PVEAdmin' } },
    ],
    tokens: [
      { id: TOKENS.root, secret: SECRET, grant: { role: 'Administrator' } },
      { id: TOKENS.admin, secret: SECRET, grant: { role: 'PVEAdmin' } },
      { id: TOKENS.none, secret: SECRET, grant: { role: 'NoAccess' } },
    ],
  });
  emulator.addGuest({
    vmid: 100,
    running: true,
    config: { hostname: 'first', cores: 2, memory: 512, rootfs: 'local:100/vm-100-disk-0.raw,size=4G' },
  });
  emulator.addGuest({
    vmid: 103,
    type: 'qemu',
    config: {
      name: 'vm103',
      cores: 1,
      memory: '512',
      meta: 'creation-qemu=10.1.2,ctime=1795379848',
      smbios1: 'uuid=00000000-0000-0000-0000-000000000000',
    },
  });
  return emulator;
}

/** Reads recorded traces. @throws Error when the file is missing or no JSON lines */
export function readTraces(file: string): Trace[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Trace);
}

/** The records do not say which token was used; labels and the UPID of the answer do. */
function tokenHeader(trace: Trace): string {
  const { label } = trace;
  if (/token wrong scheme/.test(label)) return `Bearer ${TOKENS.root}=${SECRET}`;
  if (/token malformed/.test(label)) return 'PVEAPIToken=garbage';
  if (/bad (secret|token)|token unknown/.test(label)) return `PVEAPIToken=${TOKENS.root}=wrong`;
  const path = `${trace.path} ${typeof trace.response === 'string' ? '' : JSON.stringify(trace.response.data ?? '')}`;
  const reading = / -> |config after|plan after/.test(label) && trace.method === 'GET';
  const named = /UPID:[^"\s]*:([^:\s]+@[^:!%\s]+)(?:!|%21)([^:\s]+):/.exec(path);
  if (named) return `PVEAPIToken=${named[1] ?? ''}!${named[2] ?? ''}=${SECRET}`;
  if (/PVEAdmin/.test(label) && !reading) return `PVEAPIToken=${TOKENS.admin}=${SECRET}`;
  const powerless = /(unprivileged|limited) token|without permissions/.test(label);
  return `PVEAPIToken=${powerless && !reading ? TOKENS.none : TOKENS.root}=${SECRET}`;
}

const MAC = /BC:24:11:[0-9A-F:]{8}/gi;
const VOLATILE = new Set([
  'CSRFPreventionToken',
  'cpu',
  'ctime',
  'digest',
  'disk',
  'diskread',
  'diskwrite',
  'endtime',
  'maxcpu',
  'mem',
  'netin',
  'netout',
  'pid',
  'pstart',
  'repoid',
  'ssl_fingerprint',
  'starttime',
  'ticket',
  'uptime',
  'used',
  'used_fraction',
  'avail',
]);
/** Figures of the machine that the recording was made on. */
const HOST_FIGURES = new Set(['maxmem', 'maxdisk', 'total']);

/** The node that the records are about: the one most paths name. */
export function nodeOf(traces: readonly Trace[]): string {
  const counts = new Map<string, number>();
  for (const { path } of traces) {
    const node = /^\/nodes\/([^/]+)/.exec(path)?.[1];
    if (node !== undefined) counts.set(node, (counts.get(node) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 'pve';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What identifies an element of a list, so that order does not matter. */
function keyOf(value: unknown): string {
  if (!isObject(value)) return JSON.stringify(value);
  const names = ['id', 'volid', 'vmid', 'storage', 'key', 'subdir', 'name', 'node', 'n'];
  const name = names.find((one) => value[one] !== undefined);
  return name === undefined ? '' : String(value[name]);
}

function scrubText(text: string, sentMacs: ReadonlySet<string>): string {
  return text
    .replace(/UPID:[^:]*:[0-9A-F]*:[0-9A-F]*:[0-9A-F]*:/gi, 'UPID:…:')
    .replace(MAC, (mac) => (sentMacs.has(mac.toUpperCase()) ? mac : 'MAC'))
    .replace(/fe80::be24:11ff:[0-9a-f:]+/gi, 'LINK-LOCAL');
}

/** Takes out what differs from run to run. */
function scrub(value: unknown, sentMacs: ReadonlySet<string>, host: boolean): unknown {
  if (typeof value === 'string') return scrubText(value, sentMacs);
  if (Array.isArray(value)) {
    return value
      .map((one) => scrub(one, sentMacs, host))
      .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0));
  }
  if (!isObject(value)) return value;
  const nodeOrStorage = host || value.type === 'node' || value.type === 'storage' || value.type === 'dir';
  const isDigest = value.key === 'digest';
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .filter(([name]) => !name.startsWith('pressure'))
      .map(([name, one]) => {
        const any =
          VOLATILE.has(name) || (isDigest && name === 'value') || (nodeOrStorage && HOST_FIGURES.has(name));
        if (any) return [name, '*'];
        if (name === 'content' && typeof one === 'string') return [name, one.split(',').sort().join(',')];
        return [name, scrub(one, sentMacs, nodeOrStorage)];
      }),
  );
}

/** The shape of a value: names and types. `saved` comes as number or text from one request to the next. */
function typesOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(typesOf);
  if (!isObject(value)) return value === null ? 'null' : typeof value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== 'saved')
      .map(([name, one]) => [name, typesOf(one)]),
  );
}

/** Of a task's log, only what a client acts on: errors, warnings and how it ended. */
function logLines(data: unknown): unknown {
  if (!Array.isArray(data)) return data;
  return data
    .map((one) => (isObject(one) ? String(one.t) : ''))
    .filter((t) =>
      /^(WARN|TASK|volume|forced|purging|creating a clone|unable to open|got unexpected)/.test(t),
    );
}

/** Lists of tasks hold what other tests left behind: only the shape of one entry of each kind counts. */
function taskShapes(data: unknown): unknown {
  if (!Array.isArray(data)) return data;
  const shapes = data.map((one) =>
    JSON.stringify(typesOf(sorted(isObject(one) ? { ...one, tokenid: '' } : one))),
  );
  return [...new Set(shapes)].sort();
}

interface Views {
  readonly types: unknown;
  readonly values: unknown;
}

/** Drops the size of file systems that did not grow with their disk. */
function withoutGrown(data: unknown, grown: ReadonlySet<number>): unknown {
  if (Array.isArray(data)) return data.map((one) => withoutGrown(one, grown));
  if (!isObject(data) || !grown.has(Number(data.vmid))) return data;
  return { ...data, maxdisk: 0 };
}

function views(
  trace: Trace,
  body: ReplyBody | undefined,
  sentMacs: ReadonlySet<string>,
  grown: ReadonlySet<number>,
): Views {
  const recorded = typeof trace.response === 'string' ? undefined : trace.response.data;
  const data = withoutGrown(
    trace.path.endsWith('/interfaces') ? withoutAddresses(body?.data, recorded) : body?.data,
    grown,
  );
  if (/\/log$/.test(trace.path)) {
    const first = Array.isArray(data) ? data.slice(0, 1) : data;
    return { types: typesOf(sorted({ data: first, total: body?.total })), values: logLines(data) };
  }
  if (/\/tasks$/.test(trace.path)) return { types: taskShapes(data), values: null };
  const scrubbed = scrub(data ?? null, sentMacs, false);
  return { types: typesOf(sorted(data ?? null)), values: scrubbed };
}

/** Sorted as for the comparison of values, but with everything in it. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sorted).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0));
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .filter(([name]) => !name.startsWith('pressure'))
      .map(([name, one]) => [name, sorted(one)]),
  );
}

function encode(pairs: readonly (readonly [string, string])[]): string {
  const all = new URLSearchParams();
  pairs.forEach(([name, value]) => {
    all.append(name, value);
  });
  return all.toString();
}

/** An interface that had no address yet when it was recorded: when it comes up is a matter of time. */
function withoutAddresses(data: unknown, recorded: unknown): unknown {
  if (!Array.isArray(data) || !Array.isArray(recorded)) return data;
  const booting = new Set(
    recorded
      .filter((one) => isObject(one) && Array.isArray(one['ip-addresses']) && one['ip-addresses'].length < 2)
      .map(keyOf),
  );
  return data.map((one) =>
    isObject(one) && booting.has(keyOf(one)) ? { name: one.name, hwaddr: one.hwaddr } : (one as unknown),
  );
}

/**
 * The recorder removed guests by hand between its attempts to create or clone one, which the records do
 * not show: before a create that was not refused for a taken id, and before a look at the outcome of a
 * create that is not in the records itself.
 * @returns the guest that was removed, or undefined
 */
function gapBefore(trace: Trace, previous: Trace | undefined, next: Trace | undefined): number | undefined {
  for (const look of [trace, next]) {
    const outcome = /^api: config after create (.*)$/.exec(look?.label ?? '')?.[1];
    if (!look || outcome === undefined || look.status !== 500) continue;
    // The outcome of a create is not judged when something was removed after it.
    const own = look === trace ? previous : trace;
    if ((own?.label === `api: create ${outcome}`) === (look === trace)) continue;
    return Number(/\/lxc\/(\d+)\//.exec(look.path)?.[1]);
  }
  const creates = trace.path.endsWith('/lxc') || trace.path.endsWith('/clone');
  const fresh =
    trace.status === 200 || trace.reason.startsWith('Linked clone') || /at once/.test(trace.label);
  if (trace.method !== 'POST' || !creates || !fresh) return undefined;
  const body = new Map<string, unknown>(
    Array.isArray(trace.body) ? trace.body : Object.entries(trace.body ?? {}),
  );
  return Number(body.get(trace.path.endsWith('/clone') ? 'newid' : 'vmid') ?? NaN);
}

/** The guests of a recorded list of all of them: what is not in it any more was removed by hand. */
function guestsOf(trace: Trace): ReadonlySet<number> | undefined {
  const data = typeof trace.response === 'string' ? undefined : trace.response.data;
  const lists = trace.path === '/cluster/resources' || /^\/nodes\/[^/]+\/lxc$/.test(trace.path);
  if (!lists || trace.method !== 'GET' || /unprivileged/.test(trace.label) || !Array.isArray(data))
    return undefined;
  return new Set(data.filter(isObject).map((one) => Number(one.vmid)));
}

function dataOf(trace: Trace): unknown {
  return typeof trace.response === 'string' ? undefined : trace.response.data;
}

function isConfig(trace: Trace): boolean {
  return trace.method === 'GET' && trace.status === 200 && trace.path.endsWith('/config');
}

/** Replays traces one after the other. */
class Replay {
  private readonly client: Client;
  private readonly upids = new Map<string, string>();
  private readonly sentMacs = new Set<string>();
  private ticket: { value: string; csrf: string } | undefined;
  /** Guests whose disk grew while they ran: on the recorded machine their file system could not follow. */
  private readonly grown = new Set<number>();

  constructor(private readonly emulator: Emulator) {
    this.client = new Client(emulator);
  }

  async run(traces: readonly Trace[]): Promise<ReplayResult> {
    this.supplyTokens(traces);
    const zero = (): Record<Aspect, number> => ({ status: 0, reason: 0, errors: 0, types: 0, values: 0 });
    const result: ReplayResult = {
      traces: traces.length,
      agreed: zero(),
      compared: zero(),
      seeded: 0,
      skipped: [],
      differences: [],
    };
    for (let at = 0; at < traces.length; at += 1) {
      const trace = traces[at];
      if (!trace) continue;
      const previous = traces[at - 1];
      await this.bridgeGap(trace, previous, traces[at + 1]);
      this.seedMissing(trace, traces.slice(at + 1), result);
      await this.settle(trace, previous);
      const rival = traces[at + 1];
      // Two creates of one id that were sent at the same time are sent at the same time again.
      if (rival && /at once/.test(trace.label) && rival.label === trace.label && rival.method === 'POST') {
        const both = await Promise.all([this.send(rival), this.send(trace)]);
        this.compare(result, at, trace, both[1]);
        this.compare(result, at + 1, rival, both[0]);
        at += 1;
        continue;
      }
      if (this.isLost(trace)) result.skipped.push(at);
      else this.compare(result, at, trace, await this.answer(trace));
    }
    this.client.close();
    return result;
  }

  /** Tokens that the recorded UPIDs name. */
  private supplyTokens(traces: readonly Trace[]): void {
    const known: readonly string[] = Object.values(TOKENS);
    for (const trace of traces) {
      const id = /^PVEAPIToken=(.+@.+!.+)=/.exec(tokenHeader(trace))?.[1];
      if (id === undefined || known.includes(id)) continue;
      const role = id.startsWith('root@pam!') ? 'Administrator' : 'PVEAdmin';
      this.emulator.auth.setToken({ id, secret: SECRET, grant: { role } });
    }
  }

  /** The recorder did some things without the API, which the records do not show. */
  private async bridgeGap(trace: Trace, previous: Trace | undefined, next: Trace | undefined): Promise<void> {
    const vmid = gapBefore(trace, previous, next);
    const racing = trace.label === previous?.label && /at once|same vm_id/.test(trace.label);
    if (vmid !== undefined && !racing) {
      await this.emulator.tasks.finish();
      this.emulator.removeGuest(vmid);
    }
    const { guests } = this.emulator.state;
    const listed = guestsOf(trace);
    for (const guest of listed ? [...guests.values()] : []) {
      const seen = trace.path.startsWith('/cluster/') || guest.type === 'lxc';
      if (seen && listed?.has(guest.vmid) === false) this.emulator.removeGuest(guest.vmid);
    }
    if (trace.label === 'after restart' && trace.method === 'POST') {
      guests.forEach((guest) => this.emulator.changeGuest(guest.vmid, { running: false }));
    }
  }

  private isLost(trace: Trace): boolean {
    const upid = /UPID:[^/]+/.exec(trace.path)?.[0];
    if (upid === undefined || this.upids.has(decodeURIComponent(upid)) || trace.status !== 200) return false;
    return !JSON.stringify(trace.response).includes('unable to open file');
  }

  /** Puts a guest there that the records take for granted, the way their next look at it shows it. */
  private seedMissing(trace: Trace, rest: readonly Trace[], result: ReplayResult): void {
    const [, kind, id] = /^\/nodes\/[^/]+\/(lxc|qemu)\/(\d+)(?:\/|$)/.exec(trace.path) ?? [];
    if (kind === undefined || id === undefined || this.emulator.state.guests.has(Number(id))) return;
    if (trace.status >= 400 && trace.status < 500) return;
    const about = [trace, ...rest].filter((one) => new RegExp(`/(lxc|qemu)/${id}(/|$)`).test(one.path));
    const telling = about.find((one) => one.reason.includes('does not exist') || isConfig(one));
    const config = telling && isConfig(telling) ? dataOf(telling) : undefined;
    if (!isObject(config)) return;
    const status = about.map(dataOf).find((data) => isObject(data) && typeof data.status === 'string');
    const options = Object.fromEntries(Object.entries(config).filter(([name]) => name !== 'digest'));
    this.emulator.addGuest({
      vmid: Number(id),
      type: kind === 'qemu' ? 'qemu' : 'lxc',
      running: isObject(status) && status.status === 'running',
      config: options as Record<string, string | number>,
    });
    result.seeded += 1;
  }

  private async settle(trace: Trace, previous: Trace | undefined): Promise<void> {
    if (trace.path.includes('/tasks/')) return;
    const together = /while (being|rebooting)|at once|same vm_id|create start=1/.test(trace.label);
    const twice = trace.label === previous?.label && trace.path === previous.path && trace.method !== 'GET';
    if (together || (twice && trace.method === previous.method && trace.status === 200)) return;
    await this.emulator.tasks.finish();
  }

  private headers(trace: Trace): Record<string, string> {
    if (trace.auth === 'none') return {};
    if (trace.auth === 'token') return { Authorization: tokenHeader(trace) };
    const bad = /garbage/.test(trace.label) || !this.ticket;
    const ticket = bad ? 'PVE:root@pam:00000000::garbage' : (this.ticket?.value ?? '');
    const csrf = /bad csrf/.test(trace.label) ? '00000000:garbage' : (this.ticket?.csrf ?? '');
    return {
      Cookie: `PVEAuthCookie=${encodeURIComponent(ticket)}`,
      ...(trace.csrf ? { CSRFPreventionToken: csrf } : {}),
    };
  }

  private send(trace: Trace): Promise<Reply> {
    const path = trace.path.replace(/UPID:[^/]+/, (upid) => {
      const known = this.upids.get(decodeURIComponent(upid));
      return known === undefined ? upid : encodeURIComponent(known);
    });
    const query = encode(trace.query ?? []);
    const isList = Array.isArray(trace.body);
    const pairs = isList ? (trace.body as readonly (readonly [string, string])[]) : [];
    const body = trace.body === undefined ? undefined : isList ? encode(pairs) : JSON.stringify(trace.body);
    for (const mac of decodeURIComponent(body ?? '').match(MAC) ?? []) this.sentMacs.add(mac.toUpperCase());
    return this.client.send(trace.method, path, {
      headers: this.headers(trace),
      query,
      body,
      json: trace.body !== undefined && !isList,
    });
  }

  /** Looks at a running task while it runs, and at an ended one when it has ended. */
  private async answer(trace: Trace): Promise<Reply> {
    const recorded = typeof trace.response === 'string' ? undefined : trace.response.data;
    const running =
      (isObject(recorded) && recorded.status === 'running') || /while running/.test(trace.label);
    if (trace.path.includes('/tasks/') && !running) await this.emulator.tasks.finish();
    const reply = this.send(trace);
    // A change waits for the task that works on its guest: let that end.
    const hurry = setInterval(() => {
      if (trace.method !== 'GET') this.emulator.tasks.hurry();
    }, 20);
    try {
      return await reply;
    } finally {
      clearInterval(hurry);
    }
  }

  private compare(result: ReplayResult, at: number, trace: Trace, reply: Reply): void {
    const recorded = typeof trace.response === 'string' ? undefined : trace.response;
    const resized = /\/lxc\/(\d+)\/resize$/.exec(trace.path)?.[1];
    if (resized !== undefined && this.emulator.state.guests.get(Number(resized))?.running === true) {
      this.grown.add(Number(resized));
    }
    this.remember(trace, recorded, reply);
    const judge = (aspect: Aspect, expected: unknown, actual: unknown): void => {
      result.compared[aspect] += 1;
      const [left, right] = [JSON.stringify(expected), JSON.stringify(actual)];
      if (left === right) {
        result.agreed[aspect] += 1;
        return;
      }
      const request = `${trace.method} ${trace.path}`;
      result.differences.push({ at, label: trace.label, request, aspect, expected: left, actual: right });
    };
    judge('status', trace.status, reply.status);
    judge('reason', trace.reason, reply.reason);
    if (trace.status !== 200) {
      judge(
        'errors',
        [recorded?.message, sorted(recorded?.errors)],
        [reply.json?.message, sorted(reply.json?.errors)],
      );
    }
    if (trace.status !== 200 || reply.status !== 200) return;
    const expected = views(trace, recorded, this.sentMacs, this.grown);
    const actual = views(trace, reply.json, this.sentMacs, this.grown);
    judge('types', expected.types, actual.types);
    judge('values', expected.values, actual.values);
  }

  private remember(trace: Trace, recorded: ReplyBody | undefined, reply: Reply): void {
    const [was, is] = [recorded?.data, reply.json?.data];
    if (typeof was === 'string' && typeof is === 'string' && was.startsWith('UPID:')) this.upids.set(was, is);
    if (/\/tasks$/.test(trace.path)) return;
    if (isObject(is) && typeof is.ticket === 'string' && is.username === 'root@pam') {
      this.ticket = { value: is.ticket, csrf: String(is.CSRFPreventionToken) };
    }
  }
}

/** Replays traces in order against an emulator and compares the answers. */
export function replay(emulator: Emulator, traces: readonly Trace[]): Promise<ReplayResult> {
  return new Replay(emulator).run(traces);
}

/** One line: how many comparisons of each kind agree. */
export function summary(name: string, result: ReplayResult): string {
  const parts = Object.entries(result.compared).map(
    ([aspect, all]) => `${aspect} ${String(result.agreed[aspect as Aspect])}/${String(all)}`,
  );
  return `${name}: ${String(result.traces)} requests replayed (${String(result.skipped.length)} skipped: their task's start was not recorded; ${String(result.seeded)} guests supplied); agreeing: ${parts.join(', ')}`;
}
