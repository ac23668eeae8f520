import type { Value } from '../plan/plan-json';

/** A block of a synthesized stack. */
export type Block = Readonly<Record<string, Value>>;

/** What is read of a stack's cdk.tf.json. */
export interface StackJson {
  terraform?: Block;
  variable?: Readonly<Record<string, Block>>;
  locals?: Block;
  resource?: Readonly<Record<string, Readonly<Record<string, Block>>>>;
}

/** One resource that a stack keeps, in the shape in which a plan has it. */
export interface Kept {
  type: string;
  name: string;
  value: Block;
}

/** A layer, as `local.layers` has it. */
interface LayerData {
  version?: Value;
  lists?: Readonly<Record<string, readonly string[]>>;
  files?: Readonly<Record<string, readonly string[]>>;
  modes?: Readonly<Record<string, string>>;
}

/** What a resource has besides its attributes. */
const META = ['count', 'depends_on', 'lifecycle', 'provisioner', 'connection', 'provider'];

/**
 * The resources of a stack whose change people have to know: its guest, its layers, and what keeps it.
 * @param json the stack
 * @returns them by address
 */
export function keptBy(json: StackJson): ReadonlyMap<string, Kept> {
  const all = Object.entries(json.resource ?? {}).flatMap(([type, named]) =>
    Object.entries(named).flatMap(([name, block]): [string, Kept][] => {
      const value = block['count'] === 0 ? undefined : valueOf(json, type, name, block);
      return value ? [[`${type}.${name}`, { type, name, value }]] : [];
    }),
  );
  return new Map(all);
}

function valueOf(json: StackJson, type: string, name: string, block: Block): Block | undefined {
  if (type.startsWith('proxmox_')) return guestValue(json, block);
  if (type === 'null_resource') return layerValue(json, name, block);
  // What the state notes of the host key and of the preflight follows from the rest, and so does VMID and owner.
  const input = String(block['input'] ?? '');
  if (type !== 'terraform_data' || !['owner', 'owned'].includes(name)) return undefined;
  return { input: name === 'owned' ? input.replace(/^\S+ \S+/, '- -') : '' };
}

/** Terraform writes a block that stands once as an object in JSON, and as a list in a plan. */
function guestValue({ locals }: StackJson, block: Block): Block {
  const tags = Array.isArray(block['tags']) ? block['tags'] : locals?.['tags'];
  const attributes = Object.entries({ ...block, tags: tags ?? [] }).filter(([name]) => !META.includes(name));
  return Object.fromEntries(
    attributes.map(([name, value]) => [name, listed(name === 'tags' ? own(value) : value)]),
  );
}

/** Tags that are written, without those that are made. */
function own(tags: Value): Value {
  return (tags as readonly string[]).filter((tag) => !/\$\{|^(created|owner|hostkey)-/.test(tag));
}

function listed(value: Value): Value {
  if (Array.isArray(value))
    return (value as readonly Value[]).map((one) => (isObject(one) ? blockOf(one) : readable(one)));
  return isObject(value) ? [blockOf(value)] : readable(value);
}

const blockOf = (value: Block): Block =>
  Object.fromEntries(Object.entries(value).map(([name, one]) => [name, listed(one)]));

const isObject = (value: Value): value is Block =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is Terraform's own writing, as the inventory writes it. */
function readable(value: Value): Value {
  if (typeof value !== 'string') return value;
  return value
    .replace(/^\$\{var\.(vault_\w+)\}$/, '{{ $1 }}')
    .replace(/\$\{var\.(vault_\w+)\}/g, '{{ $1 }}')
    .replace(/([$%])\1\{/g, '$1{');
}

/** As `local.triggers` and the layer's resource make them of `local.layers`. */
function layerValue({ locals }: StackJson, name: string, { connection }: Block): Block | undefined {
  const layer = (locals?.['layers'] as Readonly<Record<string, LayerData>> | undefined)?.[name];
  if (!layer) return undefined;
  const { lists = {}, files = {}, modes = {}, version } = layer;
  const lines: Readonly<Record<string, readonly string[]>> = {
    ...lists,
    ...files,
    modes: Object.keys(modes)
      .sort()
      .map((file) => `${modes[file] ?? ''} ${file}`),
    version: version === undefined ? [] : [String(version)],
  };
  const triggers = Object.entries(lines).flatMap(([key, texts]): [string, string][] =>
    texts.join('') === '' && !key.startsWith('/') ? [] : [[key, String(readable(texts.join('\n')))]],
  );
  const secrets = (locals?.['secrets'] as Readonly<Record<string, Block>> | undefined)?.[name] ?? {};
  const host = name === 'kit' && isObject(connection ?? null) ? (connection as Block)['host'] : undefined;
  return {
    triggers: {
      ...Object.fromEntries(triggers),
      ...secrets,
      ...(host === undefined ? {} : { address: host }),
    },
  };
}

/**
 * What is no difference for a standing guest.
 * @param json the stack
 * @param address the guest's
 * @returns ways into its value, e.g. `initialization.user_account`
 */
export function ignoredIn(json: StackJson, { type, name }: Kept): readonly string[] {
  const lifecycle = json.resource?.[type]?.[name]?.['lifecycle'];
  const ignored = isObject(lifecycle ?? null) ? (lifecycle as Block)['ignore_changes'] : undefined;
  return Array.isArray(ignored) ? ignored.map((way) => String(way).replaceAll('[0]', '')) : [];
}
