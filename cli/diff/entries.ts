import type { Env } from '../../inventory/types';
import type { Item, Words } from '../plan/item';
import { anonymous, asThatOf } from './identity';
import { wordsBetween } from './planned';
import type { StackJson } from './stack-json';
import type { Stack, Stacks } from './stacks';

/** One change, of one stack or of several. */
export interface Entry {
  /** Sorted; more than one where they change alike. */
  stacks: readonly string[];
  kind: 'changed' | 'new' | 'removed';
  /** Of a new env: the stack that it is compared with. */
  like?: string;
  words: Words;
  /** The JSON of the first of the stacks, before and after; of a new env before is what it would be if it were like that other one. */
  before: string;
  after: string;
}

/** How an entry is sorted: what is lost first, then what changes, then what comes. */
const ORDER: Readonly<Record<Entry['kind'], number>> = { changed: 1, removed: 2, new: 3 };

/**
 * What differs between two inventories' stacks.
 * @param before the older ones
 * @param after the newer ones
 * @returns the changes, the most dangerous first; what is alike in several stacks once
 */
export function entriesOf(before: Stacks, after: Stacks): Entry[] {
  const changed = [...after].flatMap(([name, stack]) => {
    const old = before.get(name);
    return old === undefined || old.text === stack.text ? [] : [changedEntry(old, stack)];
  });
  const removed = [...before]
    .filter(([name]) => !after.has(name))
    .map(([name, { text }]): Entry => ({
      stacks: [name],
      kind: 'removed',
      words: wordsBetween({}, undefined),
      before: text,
      after: '',
    }));
  return [...together(changed), ...removed, ...newEntries(before, after)].sort(
    (a, b) => rank(a) - rank(b) || ((a.stacks[0] ?? '') < (b.stacks[0] ?? '') ? -1 : 1),
  );
}

const rank = ({ words, kind }: Entry): number => (words.dangers.length > 0 ? 0 : ORDER[kind]);

interface Changed {
  entry: Entry;
  env: Env;
}

function changedEntry(old: Stack, { env, text, json }: Stack): Changed {
  const words = wordsBetween(old.json, json);
  return { env, entry: { stacks: [env.stack], kind: 'changed', words, before: old.text, after: text } };
}

/** Entries that say the same but for whose they are. */
function together(all: readonly Changed[]): Entry[] {
  const groups = new Map<string, [Changed, ...Changed[]]>();
  for (const one of all) {
    const { words, before, after } = one.entry;
    const key = anonymous(JSON.stringify([words, linesApart(before, after)]), one.env);
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return [...groups.values()].map((group): Entry => {
    const [{ entry, env }, ...others] = group;
    if (others.length === 0) return entry;
    const stacks = group.flatMap(({ entry: { stacks: names } }) => names).sort();
    // Each is named by what it loses.
    const dangers = group.flatMap(({ entry: { words } }) => words.dangers);
    const said = JSON.stringify(entry.words.items);
    const isAlike = others.every(({ entry: { words } }) => JSON.stringify(words.items) === said);
    const items = isAlike ? entry.words.items : (JSON.parse(anonymous(said, env)) as Item[]);
    return { ...entry, stacks, words: { ...entry.words, dangers, items } };
  });
}

/** The lines that only one of two texts has. */
function linesApart(before: string, after: string): string[] {
  const counts = new Map<string, number>();
  for (const line of before.split('\n')) counts.set(line, (counts.get(line) ?? 0) - 1);
  for (const line of after.split('\n')) counts.set(line, (counts.get(line) ?? 0) + 1);
  return [...counts].filter(([, count]) => count !== 0).map(([line, count]) => `${count} ${line}`);
}

/** At most so many stacks of other projects are looked at for one that a new env is like. */
const STRANGERS = 10;

function newEntries(before: Stacks, after: Stacks): Entry[] {
  // What was there before is the nearer to what people know.
  const known = [...after.values()].filter(({ env }) => before.has(env.stack));
  return [...after.values()]
    .filter(({ env }) => !before.has(env.stack))
    .map((stack): Entry => {
      const { env, text, json } = stack;
      const sibling = nearest(known, stack);
      known.push(stack);
      if (!sibling) {
        return {
          stacks: [env.stack],
          kind: 'new',
          words: wordsBetween(undefined, json),
          before: '',
          after: text,
        };
      }
      const made = wordsBetween(undefined, json);
      const words = wordsBetween(JSON.parse(sibling.text) as StackJson, json);
      return {
        stacks: [env.stack],
        kind: 'new',
        like: sibling.stack.env.stack,
        // That it is made, and in what it differs: no guest stands that it has an effect on.
        words: {
          dangers: [],
          items: [
            ...made.items.slice(0, 1),
            ...words.items.map(({ sign, text, lines }) => ({ sign, text, lines })),
          ],
          notes: [],
        },
        before: sibling.text,
        after: text,
      };
    });
}

/** The stack that a new one is most like, and its JSON as if it were that one's. */
function nearest(known: readonly Stack[], { env, text }: Stack): { stack: Stack; text: string } | undefined {
  const fitting = known.filter(
    ({ env: other }) =>
      other.present && other.guest.type === env.guest.type && other.app.type === env.app.type,
  );
  const siblings = fitting.filter(({ env: other }) => other.project === env.project);
  const [best] = (siblings.length > 0 ? siblings : fitting.slice(0, STRANGERS))
    .map((stack) => ({ stack, text: asThatOf(stack.text, stack.env, env) }))
    .map((one) => ({ ...one, apart: linesApart(one.text, text).length }))
    .sort((a, b) => a.apart - b.apart);
  return best;
}
