import { guestItems, guestName, isGuest } from './guest';
import type { Item, Words } from './item';
import { inOrder, isLayer, layerItems } from './layers';
import { plain } from '../plain';
import { at, changesOf, type PlanJson, type ResourceChange, type Value } from './plan-json';
import type { Commits } from './release';

/** Terraform's words for the actions of a change. */
const ACTIONS: Readonly<Record<string, string>> = {
  create: 'made',
  update: 'changed',
  delete: 'removed',
  'delete,create': 'made anew',
  'create,delete': 'made anew',
};

/** Resources that destroying takes nothing from anybody: notes of Terraform's own, and what runs on a guest. */
const OWN_TYPES = ['terraform_data', 'null_resource'];

/**
 * What a plan does, in people's words. Terraform's plan is the only source.
 * @param plan `terraform show -json` of it
 * @param commits what is known of the commits that it names
 * @returns the words; what is empty in them the plan does not do
 */
export function wordsOf(plan: PlanJson, commits: Commits = { subjects: new Map() }): Words {
  const changes = changesOf(plan);
  const guests = changes.filter(isGuest);
  const layers = inOrder(changes.filter(isLayer));
  const others = changes.filter((change) => !isGuest(change) && !isLayer(change));
  const drift = plan.resource_drift ?? [];
  const isGone =
    guests.some(({ change }) => change.actions.join() === 'delete') ||
    changes.some(
      ({ address, change }) => address === 'terraform_data.owner' && change.actions.join() === 'delete',
    );
  const isNewGuest = guests.some(({ change }) => change.actions.length > 1 || change.actions[0] === 'create');
  const context = { plan, commits, isNewGuest };
  const items: Item[] = [
    ...guests.flatMap((guest) =>
      guestItems(
        guest,
        drift.find(({ address }) => address === guest.address),
      ),
    ),
    ...(isGone && guests.length === 0
      ? [{ sign: '-', text: 'Terraform forgets the stack; its host stays as it is' } as const]
      : []),
    ...(isGone ? [] : layers.flatMap((layer) => layerItems(layer, context))),
    ...(isGone || isNewGuest ? [] : others.map(otherItem)),
  ];
  return {
    dangers: changes.flatMap(dangerOf).map(plain),
    items: items.map(({ text, lines, ...item }) => ({
      ...item,
      text: plain(text),
      ...(lines ? { lines: lines.map(plain) } : {}),
    })),
    notes: notesOf(plan).map(plain),
  };
}

/** What Terraform does beside the guest, in words where it has some. */
function otherItem({ address, change }: ResourceChange): Item {
  const did = ACTIONS[change.actions.join()] ?? change.actions.join(' and ');
  const held = (value: Value): string => /^\S+ \S+ (.*)$/.exec(String(at(value, 'input')))?.[1] ?? 'nothing';
  switch (address) {
    case 'null_resource.preflight':
      return { sign: '~', text: 'checks before a create: run' };
    case 'terraform_data.owned':
      return { sign: '~', text: `against destruction: ${held(change.before)} → ${held(change.after)}` };
    default:
      return { sign: '~', text: `Terraform's ${address}: ${did}` };
  }
}

/** What is lost. */
function dangerOf(resource: ResourceChange): string[] {
  const { type, address, change, action_reason: why } = resource;
  if (OWN_TYPES.includes(type) || !change.actions.includes('delete')) return [];
  const what = isGuest(resource) ? guestName(resource) : address;
  const disk = isGuest(resource) ? ' with its disk and all that is on it' : '';
  if (change.actions.length === 1) return [`DESTROYS ${what}${disk}`];
  const tainted = why === 'replace_because_tainted' ? ', as its create had failed' : '';
  return [`REPLACES ${what}: destroys it${disk}, and makes a new one${tainted}`];
}

function notesOf(plan: PlanJson): string[] {
  const problems = (plan.checks ?? [])
    .filter(({ status }) => status === 'fail')
    .flatMap(({ instances = [] }) =>
      instances.flatMap(({ problems: found = [] }) => found.map(({ message }) => message)),
    );
  return [...new Set(problems.map((text) => text.replace(/\s+/g, ' ').trim()))];
}
