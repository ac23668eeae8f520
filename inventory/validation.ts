import { closest, distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import { dotted, type Path, type SourceDocument } from './document';
import type { Problem } from './problem';
import { FIX } from './schema/fields';
import { adviceFor, keyFor } from './synonyms';

/** Said of a top-level key that is near to none of ours. */
const OTHER_KEYS = 'in an Ansible group_vars file, APP_INVENTORY_ALLOW_OTHER_KEYS=1 ignores it';

/** Collects problems and knows where everything stands. */
export class Validation {
  /** All problems so far. */
  readonly problems: Problem[];
  /** Paths whose value, or something in it, was refused: nothing else is said about them. */
  readonly #refused = new Set<string>();
  /** Paths whose value itself was refused. */
  readonly #said = new Set<string>();
  /** Misspelt keys: by the path that they should have, how they are written. */
  readonly #misspelt = new Map<string, string>();

  /**
   * @param source the parsed file, for positions
   * @param problems what is known to be wrong already
   */
  constructor(
    private readonly source: Pick<SourceDocument, 'locate' | 'written'>,
    problems: readonly Problem[] = [],
  ) {
    this.problems = [...problems];
    // Of a key that is written twice, the value that counts is checked as any other.
    for (const { path, other } of problems) if (path !== '' && !other) this.#refuse(path.split('.'));
  }

  /**
   * Refuses a value.
   * @param path where it stands
   * @param what what is wrong, without any value that could be a secret
   * @param fix what to do
   * @param other for a duplicate, the path of the other one
   */
  error(path: Path, what: string, fix: string, other?: Path): void {
    this.#refuse(path);
    this.#add('error', path, what, fix, other);
  }

  /**
   * Says a doubt that does not refuse the inventory; parameters as for `error`.
   */
  warn(path: Path, what: string, fix: string): void {
    this.#add('warning', path, what, fix);
  }

  /**
   * From now on a key stands for the one that was meant; what is said of it names the one that is written.
   * @param path of the key that was meant
   * @param written its last part as the file has it
   */
  misspelt(path: Path, written: string): void {
    this.#misspelt.set(dotted(path), written);
  }

  /** Whether the value at a path, or something in it, was refused already. */
  isRefused(path: Path): boolean {
    return this.#refused.has(dotted(path));
  }

  /** Whether the value at a path itself was refused already. */
  isSaid(path: Path): boolean {
    return this.#said.has(dotted(path));
  }

  /** Whether anything was refused. */
  get failed(): boolean {
    return this.problems.some(({ severity }) => severity === 'error');
  }

  /** The text of a scalar as written, `1.10` rather than 1.1. */
  written(path: Path): string | undefined {
    return this.source.written(this.#inFile(path));
  }

  /** The path as the file has it. */
  #inFile(path: Path): Path {
    if (this.#misspelt.size === 0) return path;
    return path.map((step, index) => this.#misspelt.get(dotted(path.slice(0, index + 1))) ?? step);
  }

  #refuse(path: Path): void {
    this.#said.add(dotted(path));
    path.forEach((_step, index) => this.#refused.add(dotted(path.slice(0, index + 1))));
  }

  #add(severity: Problem['severity'], path: Path, what: string, fix: string, other?: Path): void {
    const written = this.#inFile(path);
    this.problems.push({
      severity,
      position: this.source.locate(written),
      path: dotted(written),
      what,
      fix,
      ...(other ? { other: this.source.locate(this.#inFile(other)) } : {}),
    });
  }
}

/**
 * The known word nearest to a wrong one.
 * @param word what was written
 * @param known what would be right
 * @returns ` (did you mean "x"?)`, or an empty text when nothing is near
 */
function didYouMean(word: string, known: readonly string[]): string {
  const near = keyFor(word, known) ?? nearest(word, known)[0];
  return near === undefined ? '' : ` (did you mean "${near}"?)`;
}

/**
 * The known word that a wrong one is a slip of: the nearest, with at most two letters added, missing or wrong.
 * @param word what was written
 * @param known what would be right
 * @returns the word, or undefined
 */
export function slipOf(word: string, known: readonly string[]): string | undefined {
  const [near] = nearest(word, known);
  // Of a short word most of the others are two letters away.
  const letters = word.length < 4 ? 1 : 2;
  return near !== undefined && distance(word.toLowerCase(), near) <= letters ? near : undefined;
}

/**
 * The known words near to a wrong one.
 * @param word what was written
 * @param known what would be right
 * @returns the near ones, nearest first; at most three
 */
export function nearest(word: string, known: readonly string[]): string[] {
  if (known.length === 0) return [];
  const lower = word.toLowerCase();
  const limit = Math.max(2, Math.floor(lower.length / 3));
  const scored = known
    .map((name) => ({
      name,
      score: name.toLowerCase().includes(lower) ? 0 : distance(lower, name.toLowerCase()),
    }))
    .filter(({ score }) => score <= limit)
    .sort((a, b) => a.score - b.score);
  const best = closest(word, [...known]);
  const names = scored.map(({ name }) => name);
  return names.includes(best)
    ? [best, ...names.filter((name) => name !== best)].slice(0, 3)
    : names.slice(0, 3);
}

/**
 * Says an issue of zod in the words of this tool.
 * @param issue the issue
 * @param data the whole data, to tell what stands there
 * @param knownKeys the keys allowed in the map at a path
 * @param validation takes the problems
 */
export function reportIssue(
  issue: z.core.$ZodIssue,
  data: unknown,
  knownKeys: (path: Path) => readonly string[],
  validation: Validation,
): void {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(path);
    for (const name of issue.keys) {
      // Said already, for every level.
      if (name === '__proto__') continue;
      if (known.includes('guest') && knownKeys([...path, 'guest']).includes(name)) {
        validation.error([...path, name], 'is a key of the guest', 'write it below guest:');
        continue;
      }
      const home = homeOf(name, path, knownKeys);
      if (home) {
        const fix = path.length === 0 ? `${home.fix}; ${OTHER_KEYS}` : home.fix;
        validation.error([...path, name], home.what, fix);
        continue;
      }
      // A word of the level itself first, then one of its guest, then one that no key stands for.
      const inGuest = known.includes('guest') && !keyFor(name, known);
      const ofGuest = inGuest ? keyFor(name, knownKeys([...path, 'guest'])) : undefined;
      const advice = keyFor(name, known) ? undefined : adviceFor(name, path);
      if (ofGuest !== undefined || advice !== undefined) {
        const fix = ofGuest === undefined ? (advice ?? '') : `write ${ofGuest}, below guest:`;
        validation.error([...path, name], 'is not a key of this tool here', fix);
        continue;
      }
      const near = didYouMean(name, known);
      // An Ansible file has many keys of its own; a typo has one neighbour.
      const ansible = path.length === 0 && near === '' ? `; ${OTHER_KEYS}` : '';
      validation.error(
        [...path, name],
        `is not a key of this tool here${near}`,
        `remove it or mend its name (docs/inventory.md lists all keys)${ansible}`,
      );
    }
    return;
  }
  if (issue.code === 'invalid_union' && describe(valueAt(data, path)) === 'a map') {
    // A map is meant to be the form that takes one: what is wrong in it is said, place by place.
    const meant = issue.errors.find((errors) =>
      errors.every((one) => one.path.length > 0 || one.code === 'unrecognized_keys'),
    );
    if (meant && meant.length > 0) {
      for (const one of meant)
        reportIssue({ ...one, path: [...path, ...one.path] }, data, knownKeys, validation);
      return;
    }
  }
  // One value, one error: the first says what to mend.
  if (validation.isSaid(path)) return;
  const [what = '', fix] = issue.message.split(FIX);
  if (fix !== undefined) {
    validation.error(path, what, fix);
    return;
  }
  if (issue.code === 'invalid_union') {
    const type = path.at(-1) === 'type' ? path : [...path, 'type'];
    validation.error(type, 'is missing or unknown', 'write one of: local, cloud, s3, http, pg');
    return;
  }
  const value = valueAt(data, path);
  if (value === undefined) {
    // Left out because it was refused: that is said already.
    if (validation.isRefused(path)) return;
    validation.error(path, 'is missing', 'write it (docs/inventory.md lists all keys)');
    return;
  }
  if (issue.code === 'invalid_value') {
    const allowed = issue.values.map(String);
    const word = typeof value === 'string' ? valueMeant(value, allowed) : '';
    validation.error(path, `is none of the allowed values${word}`, `write one of: ${allowed.join(', ')}`);
    return;
  }
  if (issue.code === 'invalid_type') {
    const expected = TYPE_NAMES[issue.expected] ?? issue.expected;
    const reference = typeof value === 'string' && value.includes('{{');
    validation.error(
      path,
      `is ${describe(value)}, not ${expected}`,
      reference
        ? 'a vault reference is a text and cannot stand here: write the value'
        : fixOf(issue.expected, value, path),
    );
    return;
  }
  validation.error(path, issue.message, 'mend it');
}

/** Other words for what a key may be. */
const VALUES: Readonly<Record<string, string>> = {
  ct: 'lxc',
  container: 'lxc',
  vm: 'kvm',
  qemu: 'kvm',
  js: 'node',
  nodejs: 'node',
  py: 'python',
  started: 'present',
  running: 'present',
  deleted: 'absent',
  removed: 'absent',
};

function valueMeant(word: string, allowed: readonly string[]): string {
  const known = VALUES[word.toLowerCase()];
  return known !== undefined && allowed.includes(known)
    ? ` (did you mean "${known}"?)`
    : didYouMean(word, allowed);
}

/** The levels of an inventory: a path of each, and what to say of a key that belongs there. */
const LEVELS: readonly { path: Path; what: string; fix: string }[] = [
  { path: [], what: 'is a key of the top level', fix: 'write it at the top, beside app_projects' },
  { path: ['app_projects', ''], what: 'is a key of a project', fix: 'write it on a project, beside envs' },
  {
    path: ['app_projects', '', 'envs', ''],
    what: 'is a key of an environment',
    fix: 'write it on an environment, below envs',
  },
];

/** The other level that has a key, when the key stands on a level at all. */
function homeOf(
  name: string,
  path: Path,
  knownKeys: (path: Path) => readonly string[],
): (typeof LEVELS)[number] | undefined {
  const onLevel = LEVELS.some((level) => level.path.length === path.length && level.path[0] === path[0]);
  return onLevel ? LEVELS.find((level) => knownKeys(level.path).includes(name)) : undefined;
}

const TYPE_NAMES: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

const TYPE_FIXES: Record<string, string> = {
  string: 'write a text, in quotes where YAML would read it as something else',
  number: 'write digits without quotes',
  int: 'write digits without quotes',
  boolean: 'write true or false without quotes',
  array: 'write a list: one "- item" per line',
  object: 'write a map: one "key: value" per line',
  record: 'write a map: one "key: value" per line',
};

/** What to do about a value of another type. */
function fixOf(expected: string, value: unknown, path: Path): string {
  if (expected === 'string' && ['number', 'boolean'].includes(typeof value)) return 'put it in quotes';
  if (expected === 'array' && typeof value === 'string')
    return 'write a list: [item, item], or one "- item" per line';
  if (path.at(-1) === 'backend') return 'write e.g. backend: {type: local}';
  if ((path.at(-1) === 'envs' || path.at(-1) === 'app_projects') && Array.isArray(value)) {
    return 'write a map: the name and a colon, and what belongs to it below, indented';
  }
  return TYPE_FIXES[expected] ?? 'mend it';
}

function describe(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'boolean') return 'true or false';
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return 'infinity or no number at all';
    return Number.isInteger(value) ? 'a number' : 'a fraction';
  }
  return 'a text';
}

/**
 * The value at a path of plain data.
 * @param data the data
 * @param path keys and indexes
 * @returns the value, or undefined
 */
export function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[step] : undefined,
    data,
  );
}
