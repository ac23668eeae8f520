import { writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Server as SocketServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { administrate, patchGuest, seedGuest, type GuestPatch, type GuestSeed } from './admin';
import { Authenticator, type ApiToken, type UserAccount } from './auth';
import { readBody, readParams } from './body';
import { isFresh, makeCertificate, type Certificate } from './cert';
import { defaultStorages, DEFAULT_NODE, DEFAULT_TOKENS, DEFAULT_USERS } from './defaults';
import { RecordDriver, type Driver } from './driver';
import type { Services } from './endpoint';
import { ApiError, unauthorized } from './errors';
import { Faults, type ActiveFault, type FaultRule } from './faults';
import { ConfigLocks } from './locks';
import { loggable, RequestLog } from './requestlog';
import { dispatch, refusal, type ApiAnswer } from './router';
import { ClusterState } from './state';
import type { Guest, Storage } from './model';
import { TaskManager } from './tasks';

/** How to start an emulator; everything has a default. */
export interface EmulatorOptions {
  /** Address to listen on (127.0.0.1). */
  readonly host?: string;
  /** Port to listen on; 0 (the default) takes a free one. */
  readonly port?: number;
  /** Names of the nodes (`pve`). */
  readonly nodes?: readonly string[];
  /** Bridges of every node (`vmbr0`, `vmbr1`). */
  readonly bridges?: readonly string[];
  readonly storages?: readonly Storage[];
  readonly users?: readonly UserAccount[];
  readonly tokens?: readonly ApiToken[];
  /** How long tasks take, in milliseconds (20). */
  readonly taskMs?: number;
  /**
   * How long `cluster/resources` has no name of a new guest and `unknown` as its status, in milliseconds (0). Proxmox VE
   * takes up to 10,000: what pvestatd says comes with its next round.
   */
  readonly statusMs?: number;
  /** How long a guest that was just started shows no address (0). */
  readonly bootMs?: number;
  readonly faults?: readonly FaultRule[];
  /** Load from and save to this JSON file. */
  readonly stateFile?: string;
  /** Write the certificate here, for `SSL_CERT_FILE` or `curl --cacert`. */
  readonly certFile?: string;
  /** Gets one line per request. */
  readonly log?: (line: string) => void;
  /** Version to report (`9.2.11`). */
  readonly version?: string;
  /** Makes the driver; containers are data only when undefined. */
  readonly driver?: (state: ClusterState) => Driver;
}

/** A running emulator. */
export interface Emulator {
  /** e.g. `https://127.0.0.1:8006`. */
  readonly url: string;
  readonly port: number;
  /** PEM text of the certificate, to be trusted by clients. */
  readonly certificate: string;
  readonly state: ClusterState;
  readonly tasks: TaskManager;
  readonly faults: Faults;
  readonly log: RequestLog;
  readonly auth: Authenticator;
  /** Puts a guest there behind everybody's back. */
  addGuest(seed: GuestSeed): Guest;
  /** Changes a guest behind everybody's back. */
  changeGuest(vmid: number, patch: GuestPatch): Guest;
  /** Removes a guest behind everybody's back. */
  removeGuest(vmid: number): void;
  /** Answers what comes in at one more listening socket (of another network namespace, for example). */
  answerAt(socket: SocketServer): void;
  /** Closes all connections, lets tasks come to their end, ends the driver and writes the state file; once is enough. */
  stop(): Promise<void>;
}

const API = '/api2/json';

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** The status line holds visible Latin-1 only. */
function reasonPhrase(text: string): string {
  return text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?');
}

function send(response: ServerResponse, answer: ApiAnswer): void {
  response.statusCode = answer.status;
  response.statusMessage = reasonPhrase(answer.reason);
  response.setHeader('Cache-Control', 'max-age=0');
  response.setHeader('Pragma', 'no-cache');
  response.setHeader('Server', 'pve-api-daemon/3.0');
  const body = answer.body === undefined ? '' : JSON.stringify(answer.body);
  if (answer.body !== undefined) response.setHeader('Content-Type', 'application/json;charset=UTF-8');
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.end(body);
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(127\.|::1$|::ffff:127\.)/.test(address);
}

class Handler {
  constructor(
    private readonly services: Services,
    private readonly faults: Faults,
    private readonly log: RequestLog,
  ) {}

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const started = Date.now();
    const method = request.method ?? 'GET';
    const url = new URL(request.url ?? '/', 'https://emulator');
    let answer: ApiAnswer;
    let params = new Map<string, string>();
    let hit: readonly ActiveFault[] = [];
    const path = url.pathname.startsWith(`${API}/`) ? url.pathname.slice(API.length) : url.pathname;
    try {
      const body = await readBody(request);
      if (url.pathname.startsWith('/_emulator/')) {
        send(response, this.admin(request, method, url.pathname, body));
        return;
      }
      params = readParams(url.searchParams, body, header(request, 'content-type') ?? '');
      hit = this.faults.hit(method, path);
      if (path === url.pathname) throw new ApiError(501, `Method '${method} ${path}' not implemented`);
      answer = await this.answer(request, method, path, params, hit);
    } catch (error) {
      answer = refusal(error, '-');
    }
    const dropped = hit.some((fault) => fault.kind === 'drop');
    this.log.add({
      time: new Date(started).toISOString(),
      who: answer.who,
      method,
      path,
      params: loggable(params),
      status: dropped ? 0 : answer.status,
      reason: dropped ? 'connection dropped' : answer.reason,
      ms: Date.now() - started,
      faults: hit.map((fault) => fault.kind),
    });
    if (dropped) request.socket.destroy();
    else send(response, answer);
  }

  private async answer(
    request: IncomingMessage,
    method: string,
    path: string,
    params: Map<string, string>,
    faults: readonly ActiveFault[],
  ): Promise<ApiAnswer> {
    for (const fault of faults) {
      if (fault.kind === 'slow') await sleep(fault.delayMs ?? 1000);
      if (fault.kind === 'unauthorized')
        return refusal(unauthorized(fault.reason ?? 'Authentication failed!'), '-');
      if (fault.kind === 'error') {
        return refusal(new ApiError(fault.status ?? 500, fault.reason ?? 'emulated failure'), '-');
      }
      if (fault.kind === 'drop' && fault.when !== 'after') return { status: 0, reason: '', who: '-' };
    }
    const credentials = {
      authorization: header(request, 'authorization'),
      cookie: header(request, 'cookie'),
      csrf: header(request, 'csrfpreventiontoken'),
    };
    return dispatch(this.services, { method, path, params, credentials, faults });
  }

  private admin(request: IncomingMessage, method: string, path: string, body: string): ApiAnswer {
    try {
      // A page in a browser must not reach these, whatever name it gives to this address.
      if (!isLoopback(request.socket.remoteAddress) || header(request, 'origin') !== undefined) {
        throw new ApiError(403, 'the admin endpoints are for loopback clients only');
      }
      const { state, tasks, auth } = this.services;
      const data = administrate(
        { state, tasks, auth, faults: this.faults, log: this.log },
        method,
        path,
        body,
      );
      return { status: 200, reason: 'OK', body: { data }, who: 'admin' };
    } catch (error) {
      return refusal(error, 'admin');
    }
  }
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return (server.address() as AddressInfo).port;
}

function openServer(certificate: Certificate, handler: Handler): { server: Server; sockets: Set<Duplex> } {
  const sockets = new Set<Duplex>();
  const server = createServer({ cert: certificate.cert, key: certificate.key }, (request, response) => {
    void handler.handle(request, response);
  });
  server.keepAliveTimeout = 30_000;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  return { server, sockets };
}

/**
 * Starts an emulated Proxmox VE cluster.
 * @returns it, listening
 * @throws Error when the port is taken or the state file cannot be read
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { host = '127.0.0.1', port = 0, taskMs = 20, bootMs = 0, statusMs = 0, version = '9.2.11' } = options;
  const bridges = options.bridges ?? ['vmbr0', 'vmbr1'];
  const nodes = (options.nodes ?? [DEFAULT_NODE]).map((name) => ({ name, bridges, online: true }));
  const storages = options.storages ?? defaultStorages();
  const state = new ClusterState({
    nodes,
    storages,
    ...(options.stateFile === undefined ? {} : { file: options.stateFile }),
  });
  const kept = state.certificate;
  const certificate = kept?.host === host && isFresh(kept) ? kept : await makeCertificate(host);
  state.certificate = { ...certificate, host };
  const auth = new Authenticator(
    state.ticketKey,
    options.users ?? DEFAULT_USERS,
    options.tokens ?? DEFAULT_TOKENS,
  );
  const driver = options.driver?.(state) ?? new RecordDriver(state, bootMs);
  const tasks = new TaskManager(state, taskMs);
  const faults = new Faults();
  options.faults?.forEach((fault) => faults.add(fault));
  const log = new RequestLog(options.log);
  const { fingerprint } = certificate;
  const machines = new RecordDriver(state, bootMs);
  const services: Services = {
    state,
    statusMs,
    tasks,
    auth,
    driver,
    machines,
    version,
    fingerprint,
    locks: new ConfigLocks(),
  };
  const { server, sockets } = openServer(certificate, new Handler(services, faults, log));
  const actual = await listen(server, host, port);
  if (options.certFile !== undefined) writeFileSync(options.certFile, `${certificate.cert.trimEnd()}\n`);
  state.save();
  const others: SocketServer[] = [];
  const stop = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
    });
    others.forEach((socket) => socket.close());
    sockets.forEach((socket) => socket.destroy());
    await closed;
    await tasks.finish();
    await driver.close();
    state.save();
  };
  let stopped: Promise<void> | undefined;
  return {
    url: `https://${host.includes(':') ? `[${host}]` : host}:${String(actual)}`,
    port: actual,
    certificate: certificate.cert,
    state,
    tasks,
    faults,
    log,
    auth,
    addGuest: (seed) => seedGuest(state, seed),
    changeGuest: (vmid, patch) => patchGuest(state, vmid, patch),
    removeGuest: (vmid) => {
      state.removeGuest(vmid);
    },
    answerAt: (socket) => {
      others.push(socket);
      socket.on('connection', (connection) => server.emit('connection', connection));
    },
    stop: () => (stopped ??= stop()),
  };
}
