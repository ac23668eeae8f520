import {
  type Alias,
  type Document,
  LineCounter,
  type Node,
  type Pair,
  type YAMLError,
  type YAMLMap,
  parseDocument,
  isAlias,
  isMap,
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
  if (/^\s*\$ANSIBLE_VAULT;/.test(text)) {
    return broken(
      'is encrypted by ansible-vault',
      'write an inventory without secrets: decrypt it (ansible-vault decrypt), write "{{ vault_name }}" in the place of each secret, and give it as TF_VAR_vault_name',
    );
  }
  const nul = text.indexOf('\0');
  if (nul >= 0) {
    return broken(
      'holds a NUL character',
      'remove it; where every second one is NUL, save the file as UTF-8',
      positionAt(text, nul),
    );
  }

  const lines = new LineCounter();
  const document = parseYaml(text, lines);
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
  const isTag = ({ code, message }: YAMLError): boolean =>
    message.startsWith('tag:') || code === 'TAG_RESOLVE_FAILED';
  const complaints = [...document.errors, ...document.warnings].filter(
    (error) => !(isTag(error) && isIgnored(error.pos[0])),
  );
  const isStructural = (error: YAMLError): boolean => !isTag(error) && STRUCTURAL.has(error.code);
  const tooDeep = complaints.find(({ message }) => TOO_DEEP.test(message));
  const said = tooDeep
    ? [tooDeep]
    : [
        ...complaints.filter((error) => !isStructural(error)),
        ...independent(text, complaints.filter(isStructural), (offset) => at(offset).line),
      ];
  const problems: Problem[] = said.map((error) => {
    const opening = /closing ["']quote/.test(error.message) ? quoteBefore(document, error.pos[0]) : undefined;
    return {
      severity: 'error' as const,
      position: at(opening ?? error.pos[0]),
      path: isTag(error) ? dotted(pathAt(document, error.pos[0])) : '',
      ...(opening === undefined
        ? explainSyntax(error.code, error.message, text, error.pos[0])
        : openQuote(text.charAt(opening))),
    };
  });
  let isReadable = complaints.every(isTag);
  for (const { offset, breaks, other, ...words } of checkNodes(document)) {
    if (isIgnored(offset) && breaks !== 'data') continue;
    isReadable &&= !breaks;
    problems.push({
      severity: 'error',
      position: at(offset),
      path: dotted(pathAt(document, offset)),
      ...words,
      ...(other === undefined ? {} : { other: at(other) }),
    });
  }

  const locate = (path: Path): Position => {
    const node = find(document, path);
    const range = node?.range;
    return range ? at(range[0]) : START;
  };
  let data: unknown;
  if (isReadable) {
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

function parseYaml(text: string, lineCounter: LineCounter): Document.Parsed {
  return parseDocument(text, {
    lineCounter,
    merge: true,
    prettyErrors: false,
    uniqueKeys: false,
    // The library would print keys that are no texts on standard error; here they are problems.
    logLevel: 'error',
    customTags: (tags) => [...tags, ...['!vault', '!vault-encrypted', '!unsafe'].map(refusedTag)],
  });
}

/**
 * The errors of the structure that do not follow from one another. After the first one the parser guesses, and what it
 * says then may be about its guesses: another one counts where it stays when the line of the one before is taken out.
 */
function independent(
  text: string,
  errors: readonly YAMLError[],
  lineOf: (offset: number) => number,
): YAMLError[] {
  const found: YAMLError[] = [];
  const lines = text.split('\n');
  let left = errors;
  while (found.length < 20) {
    const [first] = left;
    if (!first) break;
    found.push(first);
    const line = lineOf(first.pos[0]);
    // As long as it was: what stands behind it keeps its place.
    lines[line - 1] = ' '.repeat(lines[line - 1]?.length ?? 0);
    const counter = new LineCounter();
    const stays = new Set(
      parseYaml(lines.join('\n'), counter).errors.map(({ pos }) => counter.linePos(pos[0]).line),
    );
    left = left.filter(({ pos }) => lineOf(pos[0]) > line && stays.has(lineOf(pos[0])));
  }
  return found;
}

/** Where the last quoted text begins that begins before an offset. */
function quoteBefore(document: Document, offset: number): number | undefined {
  let found: number | undefined;
  visit(document, {
    Scalar(_key, { type, range }) {
      if (type?.startsWith('QUOTE_') && range && range[0] <= offset) found = Math.max(found ?? 0, range[0]);
    },
  });
  return found;
}

function openQuote(quote: string): { what: string; fix: string } {
  return {
    what: `YAML: the ${quote} that opens here is not closed`,
    fix: `close it on this line; ${WITHIN[quote] ?? ''}`,
  };
}

/** How a quote is written within quotes. */
const WITHIN: Readonly<Record<string, string>> = {
  "'": "a ' within is written ''",
  '"': 'a " within is written \\"',
};

/** What the engine says where the parser has called itself too often. */
const TOO_DEEP = /^Maximum call stack/;

/** Codes of yaml that follow from one another. Source: yaml, "Errors", ErrorCode. */
const STRUCTURAL: ReadonlySet<string> = new Set([
  'BAD_INDENT',
  'BLOCK_AS_IMPLICIT_KEY',
  'BLOCK_IN_FLOW',
  'IMPOSSIBLE',
  'KEY_OVER_1024_CHARS',
  'MISSING_CHAR',
  'MULTILINE_IMPLICIT_KEY',
  'TAB_AS_INDENT',
  'UNEXPECTED_TOKEN',
]);

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

function explainSyntax(
  code: string,
  message: string,
  text: string,
  offset: number,
): { what: string; fix: string } {
  const line = lineAround(text, offset);
  const before = text.slice(0, offset).trimEnd().at(-1) ?? '';
  if (TOO_DEEP.test(message)) {
    return { what: 'YAML: is nested too deeply', fix: 'close the brackets before, or nest less' };
  }
  if (message.startsWith('Unexpected scalar at node end') && before in WITHIN) {
    return {
      what: 'YAML: text stands behind the closing quote',
      fix: `put it within the quotes (${WITHIN[before] ?? ''}), or remove it`,
    };
  }
  if (message.startsWith('tag:!vault')) {
    return {
      what: 'is encrypted by ansible-vault (!vault), and Terraform cannot decrypt it',
      fix: 'write "{{ vault_name }}" and give the value, decrypted, as TF_VAR_vault_name',
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
  if (code === 'MULTILINE_IMPLICIT_KEY' || code === 'BLOCK_AS_IMPLICIT_KEY') {
    return {
      what: 'YAML: a colon is missing here or is one too many, or this line or the next is indented differently from its neighbours',
      fix: 'write "key: value", with the same indentation as the keys beside it, and quotes around a value that holds ": "',
    };
  }
  if (/^Flow (sequence|map)/.test(message)) {
    return {
      what: 'YAML: a [list] or {map} is not closed, or goes on without indentation',
      fix: 'close it, or indent its lines',
    };
  }
  if (code === 'BAD_INDENT') {
    return {
      what: 'YAML: this line is indented differently from its neighbours',
      fix: 'give all keys of one map the same indentation',
    };
  }
  const first = message.split('\n')[0] ?? message;
  // The library's text may quote what it found, and what it found may be a secret.
  const safe = first.replace(/:\s.*$/, '').replace(/"[^"]*"|'[^']*'/g, '…');
  const fix = /(:|-)\s+\{\{/.test(line)
    ? 'put quotes around a value that begins with {{'
    : /cannot start with/.test(message)
      ? 'put quotes around the value'
      : 'mend the syntax here';
  return { what: `YAML: ${safe}`, fix };
}

/** Something that is fine in YAML and not here. */
interface NodeProblem {
  offset: number;
  what: string;
  fix: string;
  /** `data`: plain data cannot be made of the document. `rules`: nothing helpful could be said of that data. */
  breaks?: 'data' | 'rules';
  /** For a duplicate: where the first one stands. */
  other?: number;
}

/** The tags of YAML's core schema; others make values that are no plain data. */
const CORE_TAG = /^tag:yaml\.org,2002:(str|int|float|bool|null|map|seq)$/;

/** Duplicate keys, keys that are no texts, and aliases and merge keys that lead nowhere; no value is quoted. */
function checkNodes(document: Document): NodeProblem[] {
  const problems: NodeProblem[] = [];
  const checkTag = (node: Node): void => {
    const { tag } = node as { tag?: string };
    if (tag?.startsWith('tag:yaml.org,2002:') && !CORE_TAG.test(tag)) {
      problems.push({
        offset: node.range?.[0] ?? 0,
        what: `has the tag !!${tag.slice(18)}, which is not supported`,
        fix: 'write the value without a tag',
      });
    }
  };
  visit(document, {
    Scalar(_key, scalar) {
      checkTag(scalar);
    },
    Seq(_key, seq) {
      checkTag(seq);
    },
    Alias(_key, alias, ancestors) {
      const offset = alias.range?.[0] ?? 0;
      const target = alias.resolve(document);
      if (!target) {
        problems.push({
          offset,
          what: 'is an alias (*) whose anchor (&) does not stand before it',
          fix: 'write the anchor, or put quotes around a text that begins with *',
          breaks: 'data',
        });
      } else if (ancestors.includes(target)) {
        problems.push({
          offset,
          what: 'is an alias (*) of what it stands in',
          fix: 'remove it',
          breaks: 'data',
        });
      }
    },
    Map(_key, map) {
      checkTag(map);
      const seen = new Map<string, number>();
      for (const { key, value } of map.items as readonly Pair[]) {
        const offset = asNode(key)?.range?.[0] ?? 0;
        if (isMergeKey(key)) {
          if (!isMergeable(value, document)) {
            problems.push({
              offset,
              what: 'merges (<<) something that is not a map',
              fix: 'write <<: *name, where &name stands at a map',
              breaks: 'data',
            });
          }
        } else if (isMap(key) && key.flow && map.flow) {
          problems.push({
            offset: map.range?.[0] ?? offset,
            what: 'holds {{ }} without quotes, which YAML reads as a map',
            fix: 'write "{{ vault_name }}", in quotes',
          });
        } else if (!isAlias(key) && (!isScalar(key) || key.value === null)) {
          problems.push({
            offset: key === null ? (map.range?.[0] ?? 0) : offset,
            what: 'has a key that is not a text',
            fix: 'write a text before the colon, in quotes where YAML would read it as something else',
            breaks: 'rules',
          });
        } else if (isScalar(key)) {
          const name = String(key.value);
          const first = seen.get(name);
          if (first === undefined) seen.set(name, offset);
          else problems.push({ offset, what: 'is written twice', fix: 'keep one of the two', other: first });
        }
      }
    },
  });
  return problems;
}

function isMergeable(value: unknown, document: Document): boolean {
  const merged = unalias(value, document);
  const sources: readonly unknown[] = isSeq(merged) ? merged.items : [merged];
  // An alias that leads nowhere is a problem of its own.
  return sources.every((source) => {
    const map = unalias(source, document);
    return map === undefined || isMap(map);
  });
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
      path.push(isMergeKey(pair.key) ? '<<' : String(pair.key.value));
      node = pair.value;
    } else if (isSeq(node) && (node.range?.[0] ?? 0) <= offset) {
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

/** The node of the key (or of the value) at a path; the nearest parent where the path ends early. */
function find(document: Document, path: Path, want: 'key' | 'value' = 'key'): Node | undefined {
  let value: unknown = document.contents;
  let key: unknown = document.contents;
  for (const step of path) {
    const node = unalias(value, document);
    if (isMap(node)) {
      const pair = findPair(node, String(step), document);
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

/** The pairs of a map by key, so that thousands of envs are found in linear time. */
const pairs = new WeakMap<YAMLMap, Map<string, Pair>>();

function pairsOf(map: YAMLMap): Map<string, Pair> {
  let known = pairs.get(map);
  if (!known) {
    // Of a key that is written twice the last one counts, as in the data.
    known = new Map(map.items.map((pair) => [isScalar(pair.key) ? String(pair.key.value) : '', pair]));
    pairs.set(map, known);
  }
  return known;
}

function findPair(map: YAMLMap, name: string, document: Document): Pair | undefined {
  const own = pairsOf(map).get(name);
  if (own) return own;
  for (const { key, value } of map.items) {
    if (!isMergeKey(key)) continue;
    const merged = unalias(value, document);
    for (const source of isSeq(merged) ? merged.items : [merged]) {
      const node = unalias(source, document);
      const found = isMap(node) ? findPair(node, name, document) : undefined;
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

function lineAround(text: string, offset: number): string {
  const end = text.indexOf('\n', offset);
  return text.slice(text.lastIndexOf('\n', offset - 1) + 1, end < 0 ? undefined : end);
}

function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
