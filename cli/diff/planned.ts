import { differencesOf } from '../plan/differences';
import { isGuest, replaces } from '../plan/guest';
import type { Item, Words } from '../plan/item';
import { lineDiff } from '../plan/line-diff';
import { at, type PlanJson, type ResourceChange, type Value } from '../plan/plan-json';
import { wordsOf } from '../plan/words';
import { ignoredIn, type Kept, keptBy, type StackJson } from './stack-json';

/** The layer that deploys. */
const RELEASE = 'null_resource.release';

/** A stack that nobody has. */
const NONE: StackJson = {};

/**
 * What a change of a stack's JSON does to a guest that was deployed as it was before, in the words of a plan.
 * @param before the stack as it was; undefined: it is new
 * @param after the stack as it will be; undefined: it left the inventory
 * @returns the words; what only Terraform's own part has to do with is one item
 */
export function wordsBetween(before: StackJson | undefined, after: StackJson | undefined): Words {
  if (!after) {
    const text =
      'leaves the inventory: its guest and its state stay as they are. To destroy it, write state: absent and deploy that first';
    return { dangers: [], items: [{ sign: '-', text }], notes: [] };
  }
  const { dangers, items, notes } = wordsOf(planBetween(before ?? NONE, after));
  // Of a stack that is destroyed nothing else counts.
  const isGone = keptBy(after).size === 0;
  const release = isGone ? [] : releaseItems(before ?? NONE, after);
  const others = before && !isGone ? otherItems(before, after) : [];
  const all = [...items, ...release, ...others];
  const isSame = !before || JSON.stringify(before) === JSON.stringify(after);
  return {
    dangers,
    items:
      dangers.length + all.length > 0 || isSame
        ? all
        : [
            {
              sign: '~',
              text: "Terraform's own part: guards, checks or scripts; nothing runs on the guest for it",
            },
          ],
    notes: [...notes, ...(before && dangers.length > 0 ? keptNote(before) : [])],
  };
}

/** As `terraform show -json` has it, of what the JSON says alone. */
function planBetween(before: StackJson, after: StackJson): PlanJson {
  const [old, fresh] = [keptBy(before), keptBy(after)];
  // Which commit it is nobody knows from here: releaseItems.
  const addresses = [...new Set([...old.keys(), ...fresh.keys()])].filter((one) => one !== RELEASE);
  return {
    resource_changes: addresses.flatMap((address) => {
      const change = changeOf(address, old.get(address), fresh.get(address), after);
      return change ? [change] : [];
    }),
  };
}

function changeOf(
  address: string,
  before: Kept | undefined,
  after: Kept | undefined,
  json: StackJson,
): ResourceChange | undefined {
  const kept = after ?? before;
  if (!kept) return undefined;
  const { type, name } = kept;
  const resource = (actions: string[], ways: string[] = []): ResourceChange => ({
    address,
    mode: 'managed',
    type,
    name,
    change: {
      actions,
      before: before?.value ?? null,
      after: after?.value ?? null,
      replace_paths: ways.map((way) => way.split('.')),
    },
  });
  if (!before) return resource(['create']);
  if (!after) return resource(['delete']);
  if (JSON.stringify(before.value) === JSON.stringify(after.value)) return undefined;
  const change = resource(['update']);
  if (type === 'terraform_data') return change;
  if (!isGuest(change)) return resource(['delete', 'create']);
  const ignored = ignoredIn(json, after);
  const stays: ResourceChange = {
    ...change,
    change: {
      ...change.change,
      before: without(before.value, ignored),
      after: without(after.value, ignored),
    },
  };
  const ways = differencesOf(stays).map(({ path }) => path);
  if (ways.length === 0) return undefined;
  const replacing = ways.filter((way) => replaces(type, way));
  if (replacing.length === 0) return stays;
  const { change: replaced } = resource(['delete', 'create'], replacing);
  return {
    ...stays,
    change: { ...stays.change, actions: replaced.actions, replace_paths: replaced.replace_paths },
  };
}

/** A value without what is ignored in it. */
function without(value: Value, ways: readonly string[], here = ''): Value {
  if (Array.isArray(value))
    return (value as readonly Value[]).map((one, i) => without(one, ways, i === 0 ? here : `${here}[${i}]`));
  if (typeof value !== 'object' || value === null) return value;
  const named = (name: string): string => (here === '' ? name : `${here}.${name}`);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !ways.includes(named(name)))
      .map(([name, one]) => [name, without(one as Value, ways, named(name))]),
  );
}

/** What decides which commit is deployed, and what makes it be built again. */
function releaseItems(before: StackJson, after: StackJson): Item[] {
  const wanted = (json: StackJson): string => String(json.variable?.['release']?.['default'] ?? '');
  const [old, fresh] = [wanted(before), wanted(after)];
  const named = (release: string): string => (release === '' ? 'the head of the branch' : release);
  const [was, is] = [before, after].map((json) => keptBy(json).get(RELEASE)?.value);
  if (!is) return was ? [{ sign: '-', text: 'layer release: no longer kept' }] : [];
  if (!was) return [{ sign: '+', text: `release: ${named(fresh)}` }];
  const triggers = (value: Value | undefined): Readonly<Record<string, string>> =>
    (at(value, 'triggers') ?? {}) as Readonly<Record<string, string>>;
  const [built, builds] = [triggers(was), triggers(is)];
  const lines = [...new Set([...Object.keys(built), ...Object.keys(builds)])].flatMap((key) =>
    lineDiff(built[key] ?? '', builds[key] ?? ''),
  );
  return [
    ...(old === fresh ? [] : [{ sign: '~', text: `release ${named(old)} → ${named(fresh)}` } as const]),
    ...(lines.length > 0 ? [{ sign: '~', text: 'the release is built again', lines } as const] : []),
  ];
}

/** What is neither the guest's nor a layer's. */
function otherItems(before: StackJson, after: StackJson): Item[] {
  return [
    ...stateItems(before, after),
    ...providerItems(before, after),
    ...variableItems(before, after),
    ...loginItems(before, after),
  ];
}

function stateItems(before: StackJson, after: StackJson): Item[] {
  const place = (json: StackJson): Value => json.terraform?.['backend'] ?? json.terraform?.['cloud'] ?? null;
  const lines = changedIn(place(before), place(after));
  return lines.length === 0
    ? []
    : [{ sign: '~', text: 'its state lies elsewhere: pvestack migrate takes it along', lines }];
}

function providerItems(before: StackJson, after: StackJson): Item[] {
  const versions = (json: StackJson): Readonly<Record<string, { source?: string; version?: string }>> =>
    (json.terraform?.['required_providers'] ?? {}) as Readonly<
      Record<string, { source?: string; version?: string }>
    >;
  const [old, fresh] = [versions(before), versions(after)];
  return Object.keys(fresh).flatMap((name): Item[] => {
    const [was, is] = [old[name]?.version, fresh[name]?.version];
    return was === is || was === undefined
      ? []
      : [{ sign: '~', text: `provider ${fresh[name]?.source ?? name} ${was} → ${String(is)}` }];
  });
}

function variableItems({ variable: old = {} }: StackJson, { variable: fresh = {} }: StackJson): Item[] {
  const added = Object.entries(fresh).filter(([name]) => !(name in old));
  return [
    ...added.map(([name, { default: value, sensitive }]): Item => {
      const kind = sensitive === true ? 'a secret' : 'a value';
      return {
        sign: '+',
        text: `variable ${name}: ${kind}${value === null ? ', to be set before the next plan' : ''}`,
      };
    }),
    ...Object.keys(old)
      .filter((name) => !(name in fresh))
      .map((name): Item => ({ sign: '-', text: `variable ${name}: no longer asked for` })),
  ];
}

/** How deploys log in; the address is the guest's. */
function loginItems(before: StackJson, after: StackJson): Item[] {
  const login = (json: StackJson): Value => {
    const connection = (json.resource?.['null_resource']?.['kit']?.['connection'] ?? {}) as Readonly<
      Record<string, Value>
    >;
    const rest = Object.entries({ user: 'root', port: 22, ...connection }).filter(
      ([name]) => !['host', 'script_path', 'host_key'].includes(name),
    );
    return Object.fromEntries(rest);
  };
  const lines = changedIn(login(before), login(after));
  const isKept = [before, after].every((json) => json.resource?.['null_resource']?.['kit'] !== undefined);
  return isKept && lines.length > 0 ? [{ sign: '~', text: 'deploys log in otherwise', lines }] : [];
}

function changedIn(before: Value, after: Value): string[] {
  const change = { address: '', mode: 'managed', type: '', name: '', change: { actions: [], before, after } };
  const shown = (value: Value): string =>
    value === null ? 'none' : typeof value === 'string' ? value : JSON.stringify(value);
  return differencesOf(change).map(
    ({ path, before: old, after: fresh }) => `${path} ${shown(old)} → ${shown(fresh)}`,
  );
}

/** Of a guest that is kept from it: the deploy will refuse. */
function keptNote(before: StackJson): string[] {
  const held = /^\S+ \S+ (.*)$/.exec(
    String(at(keptBy(before).get('terraform_data.owned')?.value, 'input')),
  )?.[1];
  return held === undefined || held === 'unprotected'
    ? []
    : [`it is ${held}: a deploy refuses this, and no one deploy both gives that up and destroys it`];
}
