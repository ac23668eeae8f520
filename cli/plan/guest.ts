import { type Change, CHANGES, type Effect } from './changes';
import { type Difference, differencesOf } from './differences';
import type { Item } from './item';
import { lineDiff } from './line-diff';
import { at, type ResourceChange, type Value } from './plan-json';

/** The resource of a guest, by its type in the inventory. */
const TYPES: Readonly<Record<string, 'lxc' | 'kvm'>> = {
  proxmox_virtual_environment_container: 'lxc',
  proxmox_virtual_environment_vm: 'kvm',
};

/** What an effect of the table means to who runs the guest. */
const EFFECTS: Readonly<Record<'lxc' | 'kvm', Partial<Record<Effect, string>>>> = {
  lxc: {
    'in place, reboot': 'restarts it',
    'in place, next restart': 'waits for a restart',
    'refused by Proxmox': 'Proxmox refuses it',
    'refused by the plan': 'the plan refuses it',
  },
  kvm: {
    'in place, reboot': 'powers it off and on',
    'refused by Proxmox': 'Proxmox refuses it',
    'refused by the plan': 'the plan refuses it',
  },
};

/** Attributes that no key names, in words. */
const OTHERS: Readonly<Record<string, string>> = { started: 'runs', node_name: 'node', vm_id: 'vmid' };

/** Tags of the tool's own: they follow from what is said already. */
const OWN_TAGS = /^(ip[-+]|created-)/;

/**
 * Whether a resource is a guest.
 * @param change the change of a resource
 * @returns whether it is
 */
export function isGuest({ type }: ResourceChange): boolean {
  return type in TYPES;
}

/**
 * Whether the table of changes says that another value replaces the guest.
 * @param type the type of its resource
 * @param path the attribute
 * @returns whether it does
 */
export function replaces(type: string, path: string): boolean {
  return rowOf(type, path)?.[0].effect === 'replaced';
}

/**
 * A guest's name for people.
 * @param change the change of its resource
 * @returns e.g. `guest 301 (shop-dev)`
 */
export function guestName({ type, change }: ResourceChange): string {
  const value = change.before ?? change.after;
  const name = TYPES[type] === 'kvm' ? at(value, 'name') : at(value, 'initialization', 0, 'hostname');
  return `guest ${shown(at(value, 'vm_id') ?? null)}${typeof name === 'string' ? ` (${name})` : ''}`;
}

/**
 * What changes of a guest.
 * @param change the change of its resource
 * @param drift what somebody else changed of it, if anything
 * @returns one item for each key of the inventory
 */
export function guestItems(change: ResourceChange, drift: ResourceChange | undefined): Item[] {
  const [action] = change.change.actions;
  if (action === 'delete' && change.change.actions.length === 1) return [];
  if (action === 'create') return [{ sign: '+', text: `${guestName(change)}: ${newGuest(change)}` }];
  const byHand = drift ? differencesOf(drift).map(({ path }) => path) : [];
  const imported = change.change.importing
    ? [{ sign: '~', text: `${guestName(change)}: is taken up as it stands` } as const]
    : [];
  const replaced = (change.change.replace_paths ?? []).map((names) =>
    names.filter((name) => typeof name === 'string').join('.'),
  );
  return [
    ...imported,
    ...byKey(change).map((ones): Item => {
      const [one] = ones;
      const deviates = ones.some(({ path }) => byHand.includes(path));
      const { text, lines } = ones.length === 1 ? described(change.type, one) : together(change.type, ones);
      const effect = effectOf(change.type, one, replaced);
      return {
        sign: deviates ? '!' : '~',
        text: `${text}${deviates ? ', as somebody changed it in Proxmox' : ''}`,
        ...(effect === undefined ? {} : { effect }),
        ...(lines.length > 0 ? { lines } : {}),
      };
    }),
  ];
}

/** What differs, by key of the inventory; of a block that comes or goes only what a key says. */
function byKey(change: ResourceChange): [Difference, ...Difference[]][] {
  const { type } = change;
  const all = differencesOf(change).filter((one) => !isOwn(one));
  const block = (path: string): string => path.split('.').slice(0, -1).join('.');
  const told = all.filter(({ path }) => keyOf(type, path) !== undefined);
  const groups = new Map<string, [Difference, ...Difference[]]>();
  for (const one of all) {
    const key = keyOf(type, one.path);
    const isDefault =
      (one.before === null || one.after === null) && told.some(({ path }) => block(path) === block(one.path));
    if (key === undefined && isDefault) continue;
    const group = groups.get(key ?? one.path);
    // A key may stand for attributes that say the same: the disk's storage, and that of the cloud-init drive.
    const isSaid = group?.some(
      ({ path, before, after }) =>
        block(path) !== block(one.path) && before === one.before && after === one.after,
    );
    if (isSaid) continue;
    if (group) group.push(one);
    else groups.set(key ?? one.path, [one]);
  }
  return [...groups.values()];
}

function together(
  type: string,
  all: readonly [Difference, ...Difference[]],
): { text: string; lines: string[] } {
  const lines = all.map(({ path, before, after, secret }) => {
    const value = secret
      ? 'is another one (secret)'
      : before === null
        ? shown(after)
        : `${shown(before)} → ${shown(after)}`;
    return `${path.split('.').slice(1).join('.') || path} ${value}`;
  });
  return { text: `guest: ${keyOf(type, all[0].path) ?? all[0].path}`, lines };
}

function isOwn({ path, before, after }: Difference): boolean {
  return path === 'tags' && listDiff(before, after).every((line) => OWN_TAGS.test(line.slice(2)));
}

function described(
  type: string,
  { path, before, after, secret }: Difference,
): { text: string; lines: string[] } {
  const name = `guest: ${keyOf(type, path) ?? OTHERS[path] ?? path}`;
  if (secret) return { text: `${name} is another one (secret)`, lines: [] };
  if (Array.isArray(before) || Array.isArray(after)) {
    const lines = listDiff(before, after);
    return {
      text: name,
      lines: path === 'tags' ? lines.filter((line) => !OWN_TAGS.test(line.slice(2))) : lines,
    };
  }
  if ([before, after].some((value) => typeof value === 'string' && value.trimEnd().includes('\n'))) {
    return { text: name, lines: lineDiff(String(before ?? ''), String(after ?? '')) };
  }
  const none = /(vlan_id|mtu)$/.test(path) ? [0, null, ''] : [null, ''];
  const word = (value: Value): string => (none.includes(value as string | null) ? 'none' : shown(value));
  return { text: `${name} ${word(before)} → ${word(after)}`, lines: [] };
}

function listDiff(before: Value, after: Value): string[] {
  const [old, fresh] = [before, after].map((list) => (Array.isArray(list) ? list.map(shown) : []));
  return [
    ...(old ?? []).filter((item) => !fresh?.includes(item)).map((item) => `- ${item}`),
    ...(fresh ?? []).filter((item) => !old?.includes(item)).map((item) => `+ ${item}`),
  ];
}

/** The row of the table for an attribute, and which of its keys it is. */
function rowOf(
  type: string,
  path: string,
  isFit: (row: Change) => boolean = () => true,
): [Change, number] | undefined {
  // Every interface but the first is one of `networks`.
  const place = path.replace(/^(network_(?:interface|device)|initialization\.ip_config)\[\d+\]/, '$1[1]');
  for (const row of CHANGES[TYPES[type] ?? 'lxc']) {
    const index = (row.attributes ?? []).findIndex(
      (name) => place === name || place.startsWith(`${name}.`) || place.startsWith(`${name}[`),
    );
    if (index >= 0 && isFit(row)) return [row, index];
  }
  return undefined;
}

function keyOf(type: string, path: string): string | undefined {
  const [row, index] = rowOf(type, path) ?? [];
  const keys = [...(row?.name ?? '').matchAll(/`([a-z0-9_]+)`/g)];
  return (keys[index ?? 0] ?? keys.at(-1))?.[1];
}

/** From Terraform's plan where it replaces, and from the table what the provider does otherwise. */
function effectOf(
  type: string,
  { path, before, after }: Difference,
  replaced: readonly string[],
): string | undefined {
  if (replaced.some((one) => path === one || path.startsWith(`${one}.`))) return 'replaces it';
  const larger = typeof before === 'number' && typeof after === 'number' && after > before;
  const [row] = rowOf(type, path, ({ only }) => only === undefined || (only === 'larger') === larger) ?? [];
  return row && (row.told ?? EFFECTS[TYPES[type] ?? 'lxc'][row.effect]);
}

function newGuest({ type, change: { after } }: ResourceChange): string {
  const say = (words: string, ...way: (string | number)[]): string[] => {
    const value = at(after, ...way);
    return value === undefined || value === null ? [] : [words.replace('%', shown(value))];
  };
  return [
    TYPES[type] === 'kvm' ? 'a VM' : 'a container',
    ...say('on %', 'node_name'),
    ...say('% cores', 'cpu', 0, 'cores'),
    ...say('% MiB', 'memory', 0, 'dedicated'),
    ...say('% GiB', 'disk', 0, 'size').map((size) =>
      [size, ...say('on %', 'disk', 0, 'datastore_id')].join(' '),
    ),
    ...say('%', 'initialization', 0, 'ip_config', 0, 'ipv4', 0, 'address'),
  ].join(', ');
}

/** A value as the inventory writes it. */
function shown(value: Value): string {
  return typeof value === 'string' ? value.trimEnd() : JSON.stringify(value);
}
