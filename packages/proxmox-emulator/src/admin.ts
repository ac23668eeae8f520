import type { Authenticator } from './auth';
import type { Json } from './endpoint';
import { ApiError } from './errors';
import type { FaultRule, Faults } from './faults';
import { normaliseOption } from './lxc/normalise';
import { isDisk } from './lxc/disks';
import type { Value } from './params';
import type { Grant } from './privileges';
import type { RequestLog } from './requestlog';
import { parseSize } from './sizes';
import type { ClusterState } from './state';
import type { Guest, GuestType } from './model';
import { normaliseMachineOption } from './qemu/normalise';
import type { TaskManager } from './tasks';
import { splitVolid } from './volumes';

/** A guest to be put into the cluster behind everybody's back, as if somebody had made it by hand. */
export interface GuestSeed {
  readonly vmid: number;
  readonly type?: GuestType;
  readonly node?: string;
  readonly running?: boolean;
  /** Options as a request would carry them, e.g. `{ hostname: 'db1', net0: 'name=eth0,bridge=vmbr0,ip=…' }`. */
  readonly config?: Readonly<Record<string, Value>>;
}

/** A change to a guest made behind everybody's back; an option set to null goes away. */
export interface GuestPatch {
  readonly node?: string;
  readonly running?: boolean;
  readonly config?: Readonly<Record<string, Value | null>>;
}

/** What the admin endpoints work on. */
interface AdminParts {
  readonly state: ClusterState;
  readonly tasks: TaskManager;
  readonly faults: Faults;
  readonly log: RequestLog;
  readonly auth: Authenticator;
}

function stored(type: GuestType, option: string, value: Value): Value | undefined {
  return type === 'lxc' ? normaliseOption(option, value) : normaliseMachineOption(option, value);
}

function addVolume(state: ClusterState, vmid: number, value: string): void {
  const [volid = ''] = value.split(',');
  const storage = state.storages.find((one) => one.storage === splitVolid(volid)?.storage);
  if (!storage || state.volume(volid)) return;
  const size = parseSize(/size=([^,]+)/.exec(value)?.[1] ?? '') ?? 0;
  const content = storage.content.includes('rootdir') ? 'rootdir' : 'images';
  storage.volumes.push({ volid, content, format: 'raw', size, ctime: Math.floor(Date.now() / 1000), vmid });
}

function defaults(type: GuestType, vmid: number): Record<string, Value> {
  if (type === 'qemu') return { name: `vm${String(vmid)}`, memory: '512', cores: 1 };
  return {
    arch: 'amd64',
    cores: 1,
    hostname: `CT${String(vmid)}`,
    memory: 512,
    ostype: 'debian',
    swap: 512,
    unprivileged: 1,
  };
}

/**
 * Puts a guest into the cluster without going through the API.
 * @returns it as it is kept
 * @throws Error when the id is taken or the node unknown
 */
export function seedGuest(state: ClusterState, seed: GuestSeed): Guest {
  const { vmid, type = 'lxc', node = state.nodes[0]?.name ?? 'pve' } = seed;
  if (state.guests.has(vmid)) throw new Error(`guest ${String(vmid)} exists already`);
  if (!state.nodes.some((one) => one.name === node)) throw new Error(`there is no node "${node}"`);
  const guest = state.addGuest({ vmid, type, node, running: seed.running ?? false });
  const options: Record<string, Value> = { ...defaults(type, vmid), ...seed.config };
  if (type === 'lxc' && options.rootfs === undefined) {
    const storage = state.storages.find((one) => one.content.includes('rootdir'));
    const name =
      storage?.type === 'dir' ? `${String(vmid)}/vm-${String(vmid)}-disk-0.raw` : `vm-${String(vmid)}-disk-0`;
    options.rootfs = `${storage?.storage ?? 'local'}:${name},size=4G`;
  }
  for (const [option, value] of Object.entries(options)) {
    const kept = stored(type, option, value);
    if (kept !== undefined) guest.config.set(option, kept);
    if (isDisk(option) || /^(virtio|scsi|sata|ide|efidisk)\d+$/.test(option))
      addVolume(state, vmid, String(value));
  }
  if (guest.running) {
    guest.startedAt = Date.now() - 60_000;
    guest.pid = state.takePid();
  }
  state.changed();
  return guest;
}

/** Changes a guest without going through the API. @throws Error when there is none */
export function patchGuest(state: ClusterState, vmid: number, patch: GuestPatch): Guest {
  const guest = state.guests.get(vmid);
  if (!guest) throw new Error(`there is no guest ${String(vmid)}`);
  if (patch.node !== undefined) guest.node = patch.node;
  if (patch.running !== undefined && patch.running !== guest.running) {
    guest.running = patch.running;
    guest.startedAt = Date.now();
    guest.pid = patch.running ? state.takePid() : 0;
  }
  for (const [option, value] of Object.entries(patch.config ?? {})) {
    const kept = value === null ? undefined : stored(guest.type, option, value);
    if (kept === undefined) guest.config.delete(option);
    else guest.config.set(option, kept);
  }
  state.changed();
  return guest;
}

function guestView(guest: Guest): Json {
  return {
    vmid: guest.vmid,
    type: guest.type,
    node: guest.node,
    running: guest.running,
    config: Object.fromEntries(guest.config),
    pending: Object.fromEntries(guest.pending),
    pendingDelete: [...guest.pendingDelete],
  };
}

function faultView(parts: AdminParts): Json {
  return parts.faults.list().map((fault) => ({ ...fault }));
}

function settings(parts: AdminParts, body: Record<string, unknown>): Json {
  if (typeof body.taskMs === 'number' && body.taskMs >= 0) parts.tasks.taskMs = body.taskMs;
  return { taskMs: parts.tasks.taskMs };
}

/**
 * The admin endpoints below `/_emulator`: faults, state, guests, tokens, log and settings. Loopback only.
 * @throws ApiError 404 for an unknown one, 400 for a bad body
 */
export function administrate(parts: AdminParts, method: string, path: string, json: string): Json {
  const [, , area = '', name] = path.split('/');
  const { state, faults, log } = parts;
  try {
    const body = (json === '' ? {} : JSON.parse(json)) as Record<string, unknown>;
    switch (`${method} ${area}`) {
      case 'GET faults':
        return faultView(parts);
      case 'POST faults':
        return { ...faults.add(body as unknown as FaultRule) };
      case 'DELETE faults':
        return { removed: faults.remove(name) };
      case 'GET state':
        // The keys that sign tickets and speak TLS stay inside.
        return {
          ...(state.export() as unknown as Record<string, Json>),
          ticketKey: null,
          certificate: null,
        };
      case 'GET guests':
        return [...state.guests.values()].map(guestView);
      case 'POST guests':
        return guestView(seedGuest(state, body as unknown as GuestSeed));
      case 'PATCH guests':
        return guestView(patchGuest(state, Number(name), body as GuestPatch));
      case 'DELETE guests':
        state.removeGuest(Number(name));
        return null;
      case 'POST tokens': {
        const token = body as unknown as { id: string; secret: string; grant: Grant };
        parts.auth.setToken(token);
        return { id: token.id };
      }
      case 'GET log':
        return log.list() as unknown as Json;
      case 'DELETE log':
        log.clear();
        return null;
      case 'GET settings':
      case 'PUT settings':
        return settings(parts, body);
    }
  } catch (error) {
    throw new ApiError(400, error instanceof Error ? error.message : String(error));
  }
  throw new ApiError(404, `no admin endpoint ${method} ${path}`);
}
