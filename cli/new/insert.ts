import { type Document, isMap, type Pair, parseDocument, Scalar, stringify, YAMLMap } from 'yaml';
import { UserError } from '../../inventory/user-error';

/** What is new. */
export interface NewEnv {
  project: string;
  env: string;
  /** Keys of the project where that is new, in their order. */
  projectKeys: Readonly<Record<string, unknown>>;
  /** Keys of the env, in their order. */
  envKeys: Readonly<Record<string, unknown>>;
}

/**
 * The text of an inventory with one more env. All that is there stays as it is, byte for byte, where the maps that it
 * goes into are written in lines; a map in braces is written anew.
 * @param text the inventory
 * @param add what is new
 * @returns the text
 * @throws UserError where the env is there already
 */
export function withEnv(text: string, add: NewEnv): string {
  const document = parseDocument(text, { merge: true, keepSourceTokens: true });
  const { project, env } = add;
  if (document.hasIn(['app_projects', project, 'envs', env])) {
    throw new UserError(`The project ${project} has the env ${env} already.`);
  }
  const envs = document.getIn(['app_projects', project, 'envs'], true);
  const projects = document.getIn(['app_projects'], true);
  const exists = document.hasIn(['app_projects', project]);
  if (isMap(envs)) return inserted(text, document, envs, { [env]: envNode(add) });
  if (exists) throw new UserError(`The project ${project} has no map envs to add ${env} to.`);
  if (isMap(projects)) return inserted(text, document, projects, { [project]: projectNode(add) });
  const lines = stringify(mapOf({ app_projects: mapOf({ [project]: projectNode(add) }) }), { lineWidth: 0 });
  return `${text === '' || text.endsWith('\n') ? text : `${text}\n`}${lines}`;
}

/** A map behind the last entry of another one. */
function inserted(text: string, document: Document, map: YAMLMap, add: Record<string, YAMLMap>): string {
  const last = map.items.at(-1) as Pair<Scalar, Scalar> | undefined;
  const begin = (map.items[0] as Pair<Scalar> | undefined)?.key.range?.[0];
  const end = last?.value?.range?.[1] ?? last?.key.range?.[1];
  if (map.flow || begin === undefined || end === undefined) {
    for (const [name, value] of Object.entries(add)) map.set(new Scalar(name), value);
    map.flow = false;
    return document.toString({ lineWidth: 0 });
  }
  const column = begin - (text.lastIndexOf('\n', begin - 1) + 1);
  const crlf = text.includes('\r\n');
  const lines = stringify(mapOf(add), { lineWidth: 0 })
    .replace(/^(?=.)/gm, ' '.repeat(column))
    .replaceAll('\n', crlf ? '\r\n' : '\n');
  // Behind the line on which the last entry ends, with its comment.
  const ends = text[end - 1] === '\n' ? end : text.indexOf('\n', end) + 1;
  if (ends === 0) return `${text}\n${lines}`;
  return text.slice(0, ends) + lines + text.slice(ends);
}

function envNode({ envKeys }: NewEnv): YAMLMap {
  const map = mapOf(envKeys);
  comment(map, 'vmid', ' The next free ones of this inventory. All keys: docs/inventory.md.');
  return map;
}

function projectNode(add: NewEnv): YAMLMap {
  return mapOf({ ...add.projectKeys, envs: mapOf({ [add.env]: envNode(add) }) });
}

function mapOf(values: Readonly<Record<string, unknown>>): YAMLMap {
  const map = new YAMLMap();
  for (const [name, value] of Object.entries(values)) map.set(new Scalar(name), value);
  return map;
}

function comment(map: YAMLMap, name: string, text: string): void {
  const pair = map.items.find(({ key }) => (key as Scalar).value === name);
  if (pair) (pair.key as Scalar).commentBefore = text;
}
