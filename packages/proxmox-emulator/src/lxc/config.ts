import { onGuest, type Call, type Endpoint, type Json } from '../endpoint';
import { badParameters, failure } from '../errors';
import { normaliseDescription, normaliseTags } from '../normalise';
import { flag, specFor, splitList, text, type Value } from '../params';
import { digestOf } from '../digest';
import type { Guest } from '../model';
import { applyPending } from './apply';
import { normaliseNet } from './net';
import { checkOptions } from './permissions';
import { GUEST_PATH, OPTIONS, UPDATE } from './schema';

/** How long a change waits for a guest that is being worked on. */
export const LOCK_TIMEOUT = 10_000;

/** An option's value as Proxmox stores it; undefined when an empty value means that the option goes away. */
export function normaliseOption(option: string, value: Value): Value | undefined {
  if (option === 'tags') return normaliseTags(String(value));
  if (option === 'description') return normaliseDescription(String(value));
  if (/^net\d+$/.test(option)) return normaliseNet(String(value));
  return value;
}

/** The configuration with pending changes in it, as GET shows it. */
export function configView(guest: Guest, current: boolean): Record<string, Json> {
  const view = new Map<string, Value>(guest.config);
  if (!current) {
    guest.pendingDelete.forEach((option) => view.delete(option));
    guest.pending.forEach((value, option) => view.set(option, value));
  }
  return { ...Object.fromEntries(view), digest: digestOf(guest) };
}

/** The configuration option by option, with what waits for the next start. */
export function pendingView(guest: Guest): Json {
  const names = new Set([...guest.config.keys(), ...guest.pending.keys()]);
  const entries = [...names].map((key) => {
    const value = guest.config.get(key);
    const pending = guest.pending.get(key);
    return {
      key,
      ...(value === undefined ? {} : { value }),
      ...(pending === undefined ? {} : { pending }),
      ...(guest.pendingDelete.has(key) ? { delete: 1 } : {}),
    };
  });
  return [...entries, { key: 'digest', value: digestOf(guest) }];
}

function refuseDelete(option: string): void {
  if (option === 'memory' || option === 'rootfs')
    throw failure(`unable to delete required option '${option}'`);
  if (option === 'unprivileged') throw failure(`unable to delete read-only option: '${option}'`);
}

interface Change {
  readonly set: ReadonlyMap<string, Value>;
  readonly remove: readonly string[];
  readonly revert: readonly string[];
}

function readChange(call: Call): Change {
  const set = new Map([...call.params].filter(([name]) => specFor(OPTIONS, name) !== undefined));
  const remove = splitList(call.str('delete') ?? '');
  const revert = splitList(call.str('revert') ?? '');
  for (const [kind, options] of [
    ['delete', remove],
    ['revert', revert],
  ] as const) {
    for (const option of options) {
      if (set.has(option)) {
        throw badParameters({
          [kind]: `you can't use '-${option}' and -${kind} ${option}' at the same time`,
        });
      }
      if (!specFor(OPTIONS, option)) throw badParameters({ [kind]: `unknown option '${option}'` });
    }
  }
  if (set.size + remove.length + revert.length === 0) throw failure('no options specified');
  return { set, remove, revert };
}

async function update(call: Call): Promise<Json> {
  const { state, locks, driver } = call.services;
  const change = readChange(call);
  await locks.with(call.vmid, LOCK_TIMEOUT, async () => {
    const guest = state.guest('lxc', call.node, call.vmid);
    call.checkLock(guest);
    const digest = call.str('digest');
    if (digest !== undefined && digest !== digestOf(guest)) {
      throw failure('detected modified configuration - file changed by other user? Try again.');
    }
    const touched = new Map<string, string | undefined>(change.remove.map((option) => [option, undefined]));
    change.set.forEach((value, option) => touched.set(option, String(value)));
    checkOptions(call, guest.vmid, touched, guest.config.get('unprivileged') === 1);
    change.remove.forEach(refuseDelete);
    if (change.set.has('unprivileged')) throw failure("unable to modify read-only option: 'unprivileged'");
    for (const option of change.revert) {
      guest.pending.delete(option);
      guest.pendingDelete.delete(option);
    }
    for (const option of change.remove) {
      guest.pending.delete(option);
      guest.pendingDelete.add(option);
    }
    for (const [option, value] of change.set) {
      const stored = normaliseOption(option, value);
      guest.pendingDelete.delete(option);
      if (stored === undefined) guest.pendingDelete.add(option);
      else guest.pending.set(option, stored);
    }
    const running = await driver.isRunning(guest);
    const changed = applyPending(call, guest, running);
    if (running && changed.length > 0) await driver.update(guest, changed);
  });
  return null;
}

/** Reading and changing a container's configuration. */
export const configEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/nodes/{node}/lxc/{vmid}/config',
    params: { ...GUEST_PATH, current: flag(), snapshot: text({ maxLength: 40 }) },
    permission: onGuest('VM.Audit'),
    handler: (call) => {
      const guest = call.services.state.guest('lxc', call.node, call.vmid);
      const snapshot = call.str('snapshot');
      if (snapshot !== undefined) throw failure(`snapshot '${snapshot}' does not exist`);
      return configView(guest, call.on('current'));
    },
  },
  {
    method: 'PUT',
    path: '/nodes/{node}/lxc/{vmid}/config',
    params: UPDATE,
    permission: onGuest(
      'VM.Config.Disk',
      'VM.Config.CPU',
      'VM.Config.Memory',
      'VM.Config.Network',
      'VM.Config.Options',
    ),
    handler: update,
  },
  {
    method: 'GET',
    path: '/nodes/{node}/lxc/{vmid}/pending',
    params: GUEST_PATH,
    permission: onGuest('VM.Audit'),
    handler: (call) => pendingView(call.services.state.guest('lxc', call.node, call.vmid)),
  },
];
