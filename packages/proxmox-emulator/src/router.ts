import { Call, type Endpoint, type Json, type Services } from './endpoint';
import { ApiError, badParameters, failure } from './errors';
import { verifyParams, type Value } from './params';
import { ticketByToken, accessEndpoints } from './api/access';
import { clusterEndpoints } from './api/cluster';
import { nodeEndpoints } from './api/nodes';
import { storageEndpoints } from './api/storage';
import { taskEndpoints } from './api/tasks';
import type { Credentials } from './auth';
import type { ActiveFault } from './faults';
import { containerEndpoints } from './lxc/endpoints';
import { nameOf, type Principal } from './privileges';
import { machineEndpoints } from './qemu/endpoints';

/** All endpoints that are emulated. */
const ENDPOINTS: readonly Endpoint[] = [
  ...accessEndpoints,
  ...clusterEndpoints,
  ...nodeEndpoints,
  ...taskEndpoints,
  ...storageEndpoints,
  ...containerEndpoints,
  ...machineEndpoints,
];

interface Route {
  readonly endpoint: Endpoint;
  readonly parts: readonly string[];
}

const ROUTES: readonly Route[] = ENDPOINTS.map((endpoint) => ({ endpoint, parts: endpoint.path.split('/') }));

/** A request, taken apart. */
interface ApiRequest {
  readonly method: string;
  /** Below `/api2/json`, still percent-encoded. */
  readonly path: string;
  readonly params: ReadonlyMap<string, string>;
  readonly credentials: Credentials;
  readonly faults: readonly ActiveFault[];
}

/** What is to be answered. */
export interface ApiAnswer {
  readonly status: number;
  readonly reason: string;
  /** Undefined for an empty body. */
  readonly body?: Json;
  /** The caller's name for the log. */
  readonly who: string;
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function matchRoute(route: Route, parts: readonly string[]): Map<string, string> | undefined {
  if (route.parts.length !== parts.length) return undefined;
  const found = new Map<string, string>();
  for (const [at, wanted] of route.parts.entries()) {
    const part = parts[at] ?? '';
    const name = /^\{(.+)\}$/.exec(wanted)?.[1];
    if (name === undefined ? wanted !== part : part === '') return undefined;
    if (name !== undefined) found.set(name, decodePart(part));
  }
  return found;
}

/** A volume id may hold slashes that a client did not encode. */
function partsOf(path: string): string[] {
  const parts = path.replace(/\/+$/, '').split('/');
  const content = parts[1] === 'nodes' && parts[3] === 'storage' && parts[5] === 'content';
  return content && parts.length > 7 ? [...parts.slice(0, 6), parts.slice(6).join('/')] : parts;
}

function findRoute(method: string, path: string): { endpoint: Endpoint; inPath: Map<string, string> } {
  const parts = partsOf(path);
  for (const route of ROUTES) {
    if (route.endpoint.method !== method) continue;
    const inPath = matchRoute(route, parts);
    if (inPath) return { endpoint: route.endpoint, inPath };
  }
  throw new ApiError(501, `Method '${method} ${path}' not implemented`);
}

function merge(inPath: ReadonlyMap<string, string>, given: ReadonlyMap<string, string>): Map<string, string> {
  const all = new Map(given);
  for (const [name, value] of inPath) {
    if (given.has(name) && given.get(name) !== value) {
      throw badParameters({
        [name]: 'duplicate parameter (already defined in URI) with conflicting values!',
      });
    }
    all.set(name, value);
  }
  return all;
}

function checkNode(services: Services, path: string, node: string | undefined): void {
  if (node === undefined || !path.startsWith('/nodes/')) return;
  const known = services.state.nodes.find((one) => one.name === node);
  if (!known) {
    throw failure(
      `hostname lookup '${node}' failed - failed to get address info for: ${node}: Temporary failure in name resolution`,
    );
  }
  if (!known.online) throw new ApiError(595, 'No route to host');
}

const NOBODY: Principal = { userid: '-', grant: { role: 'NoAccess' } };

function identify(services: Services, request: ApiRequest, open: boolean): Principal {
  const token = request.credentials.authorization?.startsWith('PVEAPIToken') === true;
  if (open && !token) return NOBODY;
  const who = services.auth.identify(request.method, request.credentials);
  if (request.path === '/access/ticket') throw ticketByToken();
  return who;
}

/** Handles one request, up to the answer; never throws. */
export async function dispatch(services: Services, request: ApiRequest): Promise<ApiAnswer> {
  let who = NOBODY;
  try {
    const open = request.path === '/access/ticket';
    who = identify(services, request, open);
    const { endpoint, inPath } = findRoute(request.method, request.path);
    const lock = request.faults.find((fault) => fault.kind === 'lock');
    const task = request.faults.find((fault) => fault.kind === 'task');
    const make = (params: ReadonlyMap<string, Value>): Call =>
      new Call(
        services,
        who,
        params,
        lock ? (lock.lock ?? 'backup') : undefined,
        task ? { message: task.reason ?? 'emulated failure', after: task.when === 'after' } : undefined,
      );
    if (endpoint.permission) endpoint.permission(make(inPath));
    checkNode(services, endpoint.path, inPath.get('node'));
    const call = make(verifyParams(endpoint.params, merge(inPath, request.params)));
    const data = await endpoint.handler(call);
    return { status: 200, reason: 'OK', body: { data, ...call.extra }, who: nameOf(who) };
  } catch (error) {
    return refusal(error, nameOf(who));
  }
}

/** The answer to a request that was refused, or that failed inside the emulator. */
export function refusal(error: unknown, who: string): ApiAnswer {
  if (!(error instanceof ApiError)) {
    const text = error instanceof Error ? error.message : String(error);
    return refusal(failure(text), who);
  }
  const { status, reason } = error;
  if (error.emptyBody) return { status, reason, who };
  // An unknown method is refused before a handler runs, and its text has no newline.
  const message = status === 501 ? error.text : `${error.text}\n`;
  const body = { data: null, message, ...(error.errors ? { errors: error.errors } : {}) };
  return { status, reason, body, who };
}
