import type { Certificate } from './cert';
import type { Guest, GuestOrigin, GuestType, Node, Storage, TaskRecord } from './model';
import type { Value } from './params';

interface SavedGuest {
  vmid: number;
  type: GuestType;
  node: string;
  config: Record<string, Value>;
  pending: Record<string, Value>;
  pendingDelete: string[];
  running: boolean;
  startedAt: number;
  pid: number;
  origin: GuestOrigin;
}

/** The content of the state file, also what the admin endpoint shows. */
export interface SavedState {
  version: 1;
  nodes: Node[];
  storages: Storage[];
  guests: SavedGuest[];
  tasks: TaskRecord[];
  nextPid: number;
  bootTime: number;
  ticketKey: string;
  /** What clients trust; a node keeps its certificate when it restarts. */
  certificate?: HostCertificate;
}

/** A certificate and the address that it was made for. */
export interface HostCertificate extends Certificate {
  readonly host: string;
}

/** A guest as plain data. */
export function saveGuest(guest: Guest): SavedGuest {
  return {
    ...guest,
    config: Object.fromEntries(guest.config),
    pending: Object.fromEntries(guest.pending),
    pendingDelete: [...guest.pendingDelete],
  };
}

/** A guest from plain data. */
export function restoreGuest(saved: SavedGuest): Guest {
  return {
    ...saved,
    config: new Map(Object.entries(saved.config)),
    pending: new Map(Object.entries(saved.pending)),
    pendingDelete: new Set(saved.pendingDelete),
  };
}

/** A task that was running when the emulator was killed has lost its worker, as on a real node. */
export function restoreTask(saved: TaskRecord): TaskRecord {
  return saved.endtime === undefined
    ? { ...saved, endtime: saved.starttime, exitstatus: 'unexpected status' }
    : saved;
}

/** What a state file holds; nothing where it is none. */
export function parseState(json: string): SavedState | undefined {
  try {
    const saved = JSON.parse(json) as SavedState | null;
    return saved?.version === 1 ? saved : undefined;
  } catch {
    return undefined;
  }
}
