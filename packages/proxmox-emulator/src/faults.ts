import { randomUUID } from 'node:crypto';

/** What a fault does to a request. */
type FaultKind =
  /** Answer `status` (default 500) with `reason`, without doing anything. */
  | 'error'
  /** Close the connection; with `when: 'after'` once the work is done, so that only the answer is lost. */
  | 'drop'
  /** Answer after `delayMs`. */
  | 'slow'
  /** Behave as if the guest were locked (by `lock`, default `backup`). */
  | 'lock'
  /** Let the task that the request starts fail with `reason`; `when: 'after'` once its work is done. */
  | 'task'
  /** Answer 401 as if the ticket or token were no longer valid. */
  | 'unauthorized';

/** A fault to be switched on. */
export interface FaultRule {
  readonly id?: string;
  readonly kind: FaultKind;
  /** HTTP method; all when undefined. */
  readonly method?: string;
  /** Path below `/api2/json`, `*` for any one part, `**` for any rest, or `/regex/`; all when undefined. */
  readonly path?: string;
  /** How many matching requests pass before the first fault. */
  readonly skip?: number;
  /** How many requests are hit; all when undefined. */
  readonly count?: number;
  readonly status?: number;
  readonly reason?: string;
  readonly delayMs?: number;
  readonly lock?: string;
  readonly when?: 'before' | 'after';
  /** Once it has hit, every request is hit, whatever its method and path: a token that expires at this point. */
  readonly spread?: boolean;
}

/** A fault that is switched on, with what it has seen so far. */
export interface ActiveFault extends FaultRule {
  readonly id: string;
  seen: number;
  hits: number;
}

const KINDS: readonly string[] = ['error', 'drop', 'slow', 'lock', 'task', 'unauthorized'];

function matcher(path: string | undefined): (path: string) => boolean {
  if (path === undefined) return () => true;
  const literal = /^\/(.*)\/$/.exec(path);
  if (literal && /[\\^$.|?+()[\]{}]/.test(literal[1] ?? '')) {
    const shape = new RegExp(literal[1] ?? '');
    return (one) => shape.test(one);
  }
  const source = path
    .split('/')
    .map((part) =>
      part === '**' ? '.*' : part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&').replaceAll('*', '[^/]*'),
    )
    .join('/');
  const shape = new RegExp(`^${source}$`);
  return (one) => shape.test(one);
}

/** The faults that are switched on. */
export class Faults {
  private readonly rules: { fault: ActiveFault; matches: (path: string) => boolean }[] = [];

  /** Switches a fault on. @returns it, with its id. @throws Error for an unknown kind or a bad number */
  add(rule: FaultRule): ActiveFault {
    if (!KINDS.includes(rule.kind)) throw new Error(`kind must be one of ${KINDS.join(', ')}`);
    for (const number of [rule.skip, rule.count, rule.status, rule.delayMs]) {
      if (number !== undefined && (!Number.isInteger(number) || number < 0)) {
        throw new Error('skip, count, status and delayMs must be whole numbers');
      }
    }
    const fault: ActiveFault = { ...rule, id: rule.id ?? randomUUID().slice(0, 8), seen: 0, hits: 0 };
    this.rules.push({ fault, matches: matcher(rule.path) });
    return fault;
  }

  /** Switches one fault off, or all of them. @returns how many */
  remove(id?: string): number {
    const before = this.rules.length;
    for (let at = before - 1; at >= 0; at -= 1) {
      if (id === undefined || this.rules[at]?.fault.id === id) this.rules.splice(at, 1);
    }
    return before - this.rules.length;
  }

  /** The faults that are switched on, with their counts. */
  list(): ActiveFault[] {
    return this.rules.map(({ fault }) => ({ ...fault }));
  }

  /** Counts a request and tells which faults hit it; a slash at the path's end does not count. */
  hit(method: string, requested: string): ActiveFault[] {
    const path = requested.replace(/(.)\/+$/, '$1');
    const hits: ActiveFault[] = [];
    for (const { fault, matches } of this.rules) {
      const anywhere = fault.spread === true && fault.hits > 0;
      if (!anywhere && fault.method !== undefined && fault.method.toUpperCase() !== method) continue;
      if (!anywhere && !matches(path)) continue;
      fault.seen += 1;
      if (fault.seen <= (fault.skip ?? 0)) continue;
      if (fault.count !== undefined && fault.hits >= fault.count) continue;
      fault.hits += 1;
      hits.push(fault);
    }
    return hits;
  }
}

/**
 * Reads a fault from a command line option: `kind,key=value,…`, e.g. `error,method=POST,path=/nodes/pve/lxc,count=2`.
 * @throws Error naming what is wrong
 */
export function parseFault(option: string): FaultRule {
  const [kind = '', ...parts] = option.split(',');
  const rule: Record<string, string | number | boolean> = { kind };
  for (const part of parts) {
    const at = part.indexOf('=');
    const key = part.slice(0, Math.max(at, 0));
    const value = part.slice(at + 1);
    if (['skip', 'count', 'status', 'delayMs'].includes(key)) rule[key] = Number(value);
    else if (['id', 'method', 'path', 'reason', 'lock', 'when'].includes(key)) rule[key] = value;
    else if (key === 'spread') rule[key] = value === 'true';
    else throw new Error(`fault "${option}": unknown key "${key}"`);
  }
  if (!KINDS.includes(kind))
    throw new Error(`fault "${option}": the kind must be one of ${KINDS.join(', ')}`);
  return rule as unknown as FaultRule;
}
