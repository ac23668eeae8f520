import {
  type Alias,
  type Document,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  visit,
} from 'yaml';
import type { Position, Problem } from './problem';

/** The keys and indexes that lead to a value. */
export type Path = readonly PropertyKey[];

/** An inventory file as parsed: its plain data, and where each value stands. */
export interface SourceDocument {
  /** The plain data; `undefined` when the text could not be parsed. */
  data: unknown;
  /** What is wrong with the text itself. Where there is data none the less, its other rules can be checked. */
  problems: Problem[];
  /** Where the key (or item) at a path stands; for a missing one, the nearest parent. */
  locate(path: Path): Position;
  /** The text of a scalar as it was written (`1.10`, `yes`), or undefined where there is none. */
  written(path: Path): string | undefined;
}

const START: Position = { line: 1, column: 1 };

/**
 * Writes a path with dots: `app_projects.pote.envs.dev.ip`.
 * @param path keys and indexes
 * @returns the dotted path
 */
export function dotted(path: Path): string {
  return path.map(String).join('.');
}

/**
 * Parses the text of an inventory, YAML 1.2 with merge keys, and finds everything that is wrong with the text.
 * @param bytes the file's content
 * @param ignoredTop tells whether a top-level key is none of ours: Ansible's tags are fine below it
 * @returns data, problems and positions; never throws for a wrong text
 */
export function parseInventoryText(
  bytes: Uint8Array,
  ignoredTop: (key: string) => boolean = () => false,
): SourceDocument {
  const broken = (what: string, fix: string, position = START): SourceDocument => ({
    data: undefined,
    problems: [{ severity: 'error', position, path: '', what, fix }],
    locate: () => START,
    written: () => undefined,
  });

  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return broken('is not UTF-8 text', 'save the file as UTF-8');
  }
  if (text.startsWith('\uFEFF')) {
    return broken('starts with a byte order mark', 'save the file as UTF-8 without BOM');
  }
  const nul = text.indexOf('\0');
  if (nul >= 0) return broken('holds a NUL character', 'remove it', positionAt(text, nul));

  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    merge: true,
    prettyErrors: false,
    uniqueKeys: false,
    customTags: (tags) => [...tags, ...['!vault', '!vault-encrypted', '!unsafe'].map(refusedTag)],
  });
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };

  const ignored = isMap(document.contents)
    ? document.contents.items.filter(({ key }) => isScalar(key) && ignoredTop(String(key.value)))
    : [];
  const isIgnored = (offset: number): boolean =>
    ignored.some(({ key, value }) => {
      const end = asNode(value)?.range?.[2] ?? 0;
      return offset >= (asNode(key)?.range?.[0] ?? Infinity) && offset < end;
    });
  const complaints = [...document.errors, ...document.warnings].filter(
    ({ code, message, pos }) =>
      !((message.startsWith('tag:') || code === 'TAG_RESOLVE_FAILED') && isIgnored(pos[0])),
  );
  const problems: Problem[] = complaints.map((error) => ({
    severity: 'error' as const,
    position: at(error.pos[0]),
    path:
      error.message.startsWith('tag:') || error.code === 'TAG_RESOLVE_FAILED'
        ? dotted(pathAt(document, error.pos[0]))
        : '',
    ...explainSyntax(error.code, error.message),
  }));
  const unknown = unknownAliases(document, at);
  problems.push(...unknown, ...duplicateKeys(document, at));

  const locate = (path: Path): Position => {
    const node = find(document, path);
    const range = node?.range;
    return range ? at(range[0]) : START;
  };
  let data: unknown;
  if (unknown.length === 0 && complaints.every(({ message }) => message.startsWith('tag:'))) {
    try {
      data = document.toJS();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return broken(`cannot be read: ${message}`, 'use fewer or simpler anchors');
    }
    if (data === null || data === undefined) {
      return broken('is empty', 'write an inventory: examples/inventory.yml is a start');
    }
  }
  return {
    data,
    problems,
    locate,
    written: (path) => {
      const node = find(document, path, 'value');
      return isScalar(node) ? node.source : undefined;
    },
  };
}

/** An Ansible tag whose content this tool must not see or cannot read. */
function refusedTag(tag: string): {
  tag: string;
  resolve(value: string, onError: (message: string) => void): string;
} {
  return {
    tag,
    resolve(_value, onError): string {
      onError(`tag:${tag}`);
      // Something that no other rule refuses: this value's error is said already.
      return '{{ vault_inline }}';
    },
  };
}

function explainSyntax(code: string, message: string): { what: string; fix: string } {
  if (message.startsWith('tag:!vault')) {
    return {
      what: 'is an inline vault value, which Terraform cannot decrypt',
      fix: 'write "{{ vault_name }}" and give the value as TF_VAR_vault_name',
    };
  }
  if (message.startsWith('tag:')) {
    return {
      what: `has the tag ${message.slice(4)}, which is not supported`,
      fix: 'write the value without a tag',
    };
  }
  if (code === 'TAG_RESOLVE_FAILED') {
    return { what: 'has an unknown tag (!)', fix: 'write the value without a tag, or in quotes' };
  }
  if (code === 'TAB_AS_INDENT' || /\btabs?\b/i.test(message)) {
    return { what: 'YAML: a tab stands where only spaces may', fix: 'indent with spaces' };
  }
  if (code === 'MULTIPLE_DOCS') {
    return { what: 'YAML: the file holds several documents', fix: 'keep one; remove the "---" between them' };
  }
  const first = message.split('\n')[0] ?? message;
  // The library's text may quote what it found, and what it found may be a secret.
  const safe = first.replace(/:\s.*$/, '').replace(/"[^"]*"|'[^']*'/g, '…');
  return { what: `YAML: ${safe}`, fix: 'mend the syntax here' };
}

function duplicateKeys(document: Document, at: (offset: number) => Position): Problem[] {
  const problems: Problem[] = [];
  visit(document, {
    Map(_key, map, ancestors) {
      const seen = new Map<string, Position>();
      for (const { key } of map.items) {
        if (!isScalar(key) || !key.range || isMergeKey(key)) continue;
        const name = String(key.value);
        const position = at(key.range[0]);
        const first = seen.get(name);
        if (first) {
          problems.push({
            severity: 'error',
            position,
            path: dotted([...pathOf(ancestors), name]),
            what: 'is written twice',
            fix: 'keep one of the two',
            other: first,
          });
        } else seen.set(name, position);
      }
    },
  });
  return problems;
}

/** Aliases whose anchor does not stand before them; their names are not quoted, they may be a password's text. */
function unknownAliases(document: Document, at: (offset: number) => Position): Problem[] {
  const problems: Problem[] = [];
  visit(document, {
    Alias(_key, alias) {
      if (!alias.range || alias.resolve(document)) return;
      problems.push({
        severity: 'error',
        position: at(alias.range[0]),
        path: dotted(pathAt(document, alias.range[0])),
        what: 'is an alias (*) whose anchor (&) does not stand before it',
        fix: 'write the anchor, or put quotes around a text that begins with *',
      });
    },
  });
  return problems;
}

/** The keys and indexes that lead to the innermost value around an offset. */
function pathAt(document: Document, offset: number): Path {
  const path: PropertyKey[] = [];
  let node: unknown = document.contents;
  for (;;) {
    if (isMap(node)) {
      const items: readonly Pair[] = node.items;
      // A value's range begins after its tag: the pair is the last one that begins before the offset.
      const pair = items.findLast(({ key }) => (asNode(key)?.range?.[0] ?? Infinity) <= offset);
      if (!pair || !isScalar(pair.key)) return path;
      path.push(String(pair.key.value));
      node = pair.value;
    } else if (isSeq(node)) {
      const items: readonly unknown[] = node.items;
      const index = items.findIndex((item) => (asNode(item)?.range?.[1] ?? 0) > offset);
      if (index < 0) return path;
      path.push(index);
      node = items[index];
    } else return path;
  }
}

/** Whether a key is `<<` without quotes, which the YAML library reads as a symbol. */
function isMergeKey(key: unknown): boolean {
  return isScalar(key) && typeof key.value === 'symbol' && key.value.description === '<<';
}

function pathOf(ancestors: readonly (Document | Node | Pair)[]): string[] {
  return ancestors.flatMap((node) => (isPair(node) && isScalar(node.key) ? [String(node.key.value)] : []));
}

/** The node of the key (or of the value) at a path; the nearest parent where the path ends early. */
function find(document: Document, path: Path, want: 'key' | 'value' = 'key'): Node | undefined {
  let value: unknown = document.contents;
  let key: unknown = document.contents;
  for (const step of path) {
    const node = unalias(value, document);
    if (isMap(node)) {
      const pair = findPair(node.items, String(step), document);
      if (!pair) return want === 'value' ? undefined : asNode(key);
      key = pair.key;
      value = pair.value;
    } else if (isSeq(node)) {
      const item = node.items[Number(step)];
      if (item === undefined) return want === 'value' ? undefined : asNode(key);
      key = value = item;
    } else return want === 'value' ? undefined : asNode(key);
  }
  return asNode(want === 'value' ? unalias(value, document) : key);
}

function findPair(items: readonly Pair[], name: string, document: Document): Pair | undefined {
  const own = items.find(({ key }) => isScalar(key) && String(key.value) === name);
  if (own) return own;
  for (const { key, value } of items) {
    if (!isMergeKey(key)) continue;
    const merged = unalias(value, document);
    for (const source of isSeq(merged) ? merged.items : [merged]) {
      const map = unalias(source, document);
      const found = isMap(map) ? findPair(map.items, name, document) : undefined;
      if (found) return found;
    }
  }
  return undefined;
}

function unalias(node: unknown, document: Document): unknown {
  return isAlias(node) ? (node as Alias).resolve(document) : node;
}

function asNode(node: unknown): Node | undefined {
  return typeof node === 'object' && node !== null && 'range' in node ? (node as Node) : undefined;
}

function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
