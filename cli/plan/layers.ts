import type { Item } from './item';
import { lineDiff } from './line-diff';
import { at, changesOf, type PlanJson, type ResourceChange, type Value } from './plan-json';
import { choiceOf, type Commits, ends, releaseItem } from './release';

/** A resource of this type that is no layer. */
const NO_LAYER = 'preflight';

/**
 * Whether a resource is a layer.
 * @param change the change of a resource
 * @returns whether it is
 */
export function isLayer({ type, name }: ResourceChange): boolean {
  return type === 'null_resource' && name !== NO_LAYER;
}

/** The order in which the layers of a guest run, and the plan is read. */
const ORDER = ['kit', 'base_os', 'postgresql', 'app', 'release'];

/**
 * Layers in the order in which they run.
 * @param changes the changes of layers
 * @returns the same, ordered; `app` and `release` come last
 */
export function inOrder(changes: readonly ResourceChange[]): ResourceChange[] {
  const place = ({ name }: ResourceChange): number => (ORDER.includes(name) ? ORDER.indexOf(name) : 2);
  return [...changes].sort((a, b) => place(a) - place(b) || (a.name < b.name ? -1 : 1));
}

type Triggers = Readonly<Record<string, string | undefined>>;

/** What else the words of a layer depend on. */
interface LayerContext {
  plan: PlanJson;
  commits: Commits;
  /** Whether the guest is another one after this deploy, so that all runs again. */
  isNewGuest: boolean;
}

/**
 * What a layer does on the guest.
 * @param change the change of its resource
 * @param context what else the words depend on
 * @returns an item for each file, list and deviation
 */
export function layerItems(change: ResourceChange, context: LayerContext): Item[] {
  const { name } = change;
  const { actions, before, after } = change.change;
  const [old, fresh] = [triggersOf(before), triggersOf(after)];
  if (actions.join() === 'delete') return [{ sign: '-', text: `layer ${name}: no longer kept` }];
  if (name === 'release') return releaseItems(change, old, fresh, context);
  if (actions.join() === 'create') return [{ sign: '+', text: `layer ${name}`, lines: contents(fresh) }];
  const items = [
    ...keysOf(old, fresh).flatMap((key) =>
      old[key] === fresh[key] ? [] : triggerItems(name, key, old[key], fresh[key]),
    ),
    ...driftItems(change, old, fresh, context.plan),
  ];
  const lines =
    old['guest'] !== fresh['guest'] && !context.isNewGuest ? ['the guest is another one than it ran on'] : [];
  if (change.action_reason === 'replace_because_tainted') lines.push('its last run failed');
  if (change.action_reason === 'replace_by_request') lines.push('as asked');
  if (lines.length > 0 || (items.length === 0 && !context.isNewGuest)) {
    items.push({ sign: '~', text: [`layer ${name}: runs again`, ...lines].join(', ') });
  }
  return items;
}

/** Which guest it is and what was found there, which are one trigger: `301 BC:24:11:00:00:31, <token>`. */
const FOUND = /^(\d+ [^ ,]+)(?:, (.*))?$/s;

function triggersOf(value: Value): Triggers {
  const triggers = (at(value, 'triggers') ?? {}) as unknown as Triggers;
  const { guest } = triggers;
  if (guest === undefined) return triggers;
  const found = FOUND.exec(guest);
  return found ? { ...triggers, guest: found[1], drift: found[2] } : { ...triggers, guest: '', drift: guest };
}

function keysOf(...all: readonly Triggers[]): string[] {
  return [...new Set(all.flatMap((triggers) => Object.keys(triggers)))].sort();
}

function triggerItems(
  layer: string,
  key: string,
  old: string | undefined,
  fresh: string | undefined,
): Item[] {
  const sign = old === undefined ? '+' : fresh === undefined ? '-' : '~';
  const lines = lineDiff(old ?? '', fresh ?? '');
  if (['drift', 'guest'].includes(key)) return [];
  if (key.startsWith('/')) return [{ sign, text: key, ...(fresh === undefined ? {} : { lines }) }];
  if (key.startsWith('secret ')) return [{ sign, text: `${key}${sign === '~' ? ' is another one' : ''}` }];
  const one = LISTS[key];
  if (one) return lines.map((line) => ({ sign: line.startsWith('-') ? '-' : '+', text: one(line.slice(2)) }));
  if (key === 'values') return valueItems(old ?? '', fresh ?? '');
  if (key === 'address') return [{ sign, text: `${layer}: address ${old ?? 'none'} → ${fresh ?? 'none'}` }];
  if (key === 'programs') return [{ sign: '~', text: 'kit: other programs on the guest' }];
  if (key === 'version')
    return [{ sign: '~', text: `layer ${layer}: runs again, as its program does more now` }];
  return [{ sign, text: `${layer}: ${key.replaceAll('_', ' ')}`, lines }];
}

/** Lists that people read item by item. */
const LISTS: Readonly<Record<string, (line: string) => string>> = {
  packages: (name) => `package ${name}`,
  firewall: (rule) => `firewall ${rule}`,
  keys: (key) => `key ${shortKey(key)}`,
  timers: (timer) => `timer ${timer}`,
};

/** Of a public key what tells it from others. */
function shortKey(key: string): string {
  const [type = '', body = '', ...comment] = key.split(' ');
  return [type, body.length > 12 ? `…${body.slice(-8)}` : body, ...comment].join(' ').trim();
}

/** Settings of base_os: `timezone=Etc/UTC`. */
function valueItems(old: string, fresh: string): Item[] {
  const read = (text: string): Map<string, string> =>
    new Map(
      text
        .split('\n')
        .flatMap((line) =>
          line.includes('=') ? [[line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]] : [],
        ),
    );
  const [before, after] = [read(old), read(fresh)];
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name): Item[] => {
    const [was, is] = [before.get(name) ?? 'none', after.get(name) ?? 'none'];
    return was === is || name === 'layers' ? [] : [{ sign: '~', text: `${name} ${was} → ${is}` }];
  });
}

/** Of a layer that is new: what it brings, by name. */
function contents(triggers: Triggers): string[] {
  const lines = (key: string): string[] => (triggers[key] ?? '').split('\n').filter((line) => line !== '');
  const keys = Object.keys(triggers).sort();
  return [
    ...(lines('packages').length > 0 ? [`packages ${lines('packages').join(', ')}`] : []),
    ...(lines('firewall').length > 0 ? [`firewall ${lines('firewall').join(', ')}`] : []),
    ...lines('keys').map((key) => `key ${shortKey(key)}`),
    ...keys.filter((key) => key.startsWith('/')),
    ...keys.filter((key) => key.startsWith('secret ')),
  ];
}

/**
 * What the guest answered to a plan's look.
 * @param plan the plan
 * @param name what was asked
 * @returns the answer; empty where there is none
 */
export function lookOf(plan: PlanJson, name: string): string {
  const resources = plan.prior_state?.values?.root_module?.resources ?? [];
  const look = resources.find(({ address }) => address === 'data.external.guest[0]');
  const value = at(look?.values, 'result', name);
  return typeof value === 'string' ? value : '';
}

/** A token that the look made: the time, and what deviates. */
const DEVIATES = /^\d{4}-\d\d-\d\dT[\d:]+Z: (.*)$/s;

/**
 * What deviates on the guest. The token of a plan names one reason; what the look has seen besides stands in its answer.
 */
function driftItems({ name }: ResourceChange, old: Triggers, fresh: Triggers, plan: PlanJson): Item[] {
  const said = (token: Value | undefined): string =>
    DEVIATES.exec(typeof token === 'string' ? token : '')?.[1] ?? '';
  const planned = old['drift'] === fresh['drift'] ? '' : said(fresh['drift']);
  const seen = said(lookOf(plan, name));
  const older = planned.startsWith('other ') ? planned.slice('other '.length).split(', ') : [];
  // What changes in the inventory is asked for otherwise than last time as well.
  const restored = older.filter((key) => old[key] === fresh[key]);
  const whole = seen !== '' && seen !== said(old['drift']) ? seen : older.length > 0 ? '' : planned;
  return [
    ...(whole === ''
      ? []
      : whole.split('; ').map((what): Item => ({ sign: '!', text: `on the guest: ${what}` }))),
    ...(restored.length > 0
      ? [{ sign: '!', text: `on the guest: older than the last deploy: ${restored.join(', ')}` } as const]
      : []),
  ];
}

/**
 * The commit that runs and the one that a plan deploys in its place.
 * @param plan the plan
 * @returns both; undefined where it deploys none, the same one, or one where none runs
 */
export function commitsOf(plan: PlanJson): { from: string; to: string } | undefined {
  const change = changesOf(plan).find((each) => isLayer(each) && each.name === 'release');
  if (!change) return undefined;
  const [old, fresh] = [triggersOf(change.change.before), triggersOf(change.change.after)];
  const { runs, target } = ends(lookOf(plan, 'runs') || old['commit'], fresh['commit'] ?? '');
  return runs === undefined || target === undefined || runs === target
    ? undefined
    : { from: runs, to: target };
}

function releaseItems(
  change: ResourceChange,
  old: Triggers,
  fresh: Triggers,
  { plan, commits, isNewGuest }: LayerContext,
): Item[] {
  const builtWith = lineDiff(old['built_with'] ?? '', fresh['built_with'] ?? '');
  const token = fresh['commit'] ?? '';
  const isBuiltAgain = old['commit'] === token && !isNewGuest && change.change.actions.join() !== 'create';
  const why = change.action_reason === 'replace_because_tainted' ? ', after a deploy that failed' : '';
  const runs = lookOf(plan, 'runs');
  // Terraform notes the commit that failed; the guest knows which one runs.
  if (why !== '' && runs !== '' && token.startsWith(runs))
    return [{ sign: '~', text: `commit ${runs.slice(0, 7)} stays${why}` }];
  if (!isBuiltAgain) {
    const item = releaseItem(runs === '' ? old['commit'] : runs, token, commits, choiceOf(plan));
    return [{ ...item, text: `${item.text}${why}` }];
  }
  const commit = /^[0-9a-f]{7}/.exec(token)?.[0] ?? token;
  if (builtWith.length > 0) return [{ sign: '~', text: `commit ${commit} is built again`, lines: builtWith }];
  return [{ sign: '~', text: `commit ${commit} is deployed again${why}` }];
}
