import { quote, template } from '../expression';
import type { GuestFile, Layer, SecretFile } from './layer';

/** Ends a here-document; longer where a line of the file is the same. */
const END = 'PVESTACK_END';

/** How the locals of a layer are named in the JSON. */
function localNames(layer: Layer): Record<'settings' | 'files' | 'before' | 'after' | 'prove', string> {
  const { name } = layer;
  return {
    settings: `${name}_settings`,
    files: `${name}_files`,
    before: `${name}_before`,
    after: `${name}_after`,
    prove: `${name}_prove`,
  };
}

/** All lines of a list of lines in locals. */
function joined(local: string, key?: string): string {
  return `join("\\n", local.${local}${key === undefined ? '' : `[${quote(key)}]`})`;
}

/**
 * The script of a layer, as the `inline` of a remote-exec: what is fixed stands in locals as arrays of lines.
 * @param layer the layer
 * @param token expression of what the plan asked for
 * @param others the other layers of the env: what moved to one of them must not be taken away
 * @returns lines and expressions of lines
 */
export function layerScript(layer: Layer, token: string, others: readonly Layer[] = []): string[] {
  const names = localNames(layer);
  const entries = [
    `layer=${layer.name}`,
    `token='${template(`replace(${token}, "'", "")`)}'`,
    ...Object.entries(layer.variables ?? {}).map(
      ([name, value]) => `${name}='${template(`replace(${value}, "'", "")`)}'`,
    ),
    ...layer.libraries.map((library) => template(joined(`layer_${library}`))),
    ...wantedElsewhere(others),
  ];
  for (const [name, { lines, dynamic }] of Object.entries(layer.settings)) {
    entries.push(...hereDocument(`settings ${name}`, joined(names.settings, name), lines, dynamic));
  }
  if (layer.before) entries.push(template(joined(names.before)));
  for (const file of layer.files) {
    entries.push(...hereDocument(putCommand(file), joined(names.files, file.path), file.lines, file.dynamic));
  }
  for (const file of layer.secrets) entries.push(...secretCommands(file));
  if (layer.after) entries.push(template(joined(names.after)));
  return [...entries, 'finish'];
}

/**
 * What other layers will keep on the guest, as lines of a manifest. Not a trigger: it changes nothing that this
 * layer does to a guest that has run all of them.
 */
function wantedElsewhere(others: readonly Layer[]): string[] {
  const lists = others.flatMap((other) => {
    const names = localNames(other);
    const packages = other.settings['packages.wanted'];
    return [
      ...(other.files.length + other.secrets.length > 0
        ? [`formatlist("file\t%s", keys(local.${names.files}))`]
        : []),
      ...(packages && !packages.dynamic
        ? [`formatlist("package\t%s", local.${names.settings}["packages.wanted"])`]
        : []),
    ];
  });
  if (lists.length === 0) return [];
  return [
    `base64 -d >"$work/elsewhere" <<'${END}'`,
    template(`base64encode("\${join("\\n", concat(${lists.join(', ')}))}\\n")`),
    END,
  ];
}

function putCommand({ mode, owner, path, check }: GuestFile): string {
  return `put ${mode} ${owner} ${path}${check === undefined ? '' : ` ${check}`}`;
}

function secretCommands({ name, mode, owner, path }: SecretFile): string[] {
  // Not a pipe: a secret that is missing must stop the script, not leave an empty file.
  return [`secret ${name} >"$work/secret"`, `put ${mode} ${owner} ${path} <"$work/secret"`];
}

/** A command with lines on its standard input. What Terraform fills in arrives encoded. */
function hereDocument(
  command: string,
  expression: string,
  lines: readonly string[],
  dynamic: boolean,
): string[] {
  if (lines.length === 0) return [`${command} </dev/null`];
  if (dynamic) {
    return [
      `base64 -d >"$work/decoded" <<'${END}'`,
      template(`base64encode("\${${expression}}\\n")`),
      END,
      `${command} <"$work/decoded"`,
    ];
  }
  const all = new Set(lines.flatMap((line) => line.split('\n')));
  let end = END;
  while (all.has(end)) end += '_';
  return [`${command} <<'${end}'`, template(expression), end];
}

/**
 * What makes a layer run again: all that it does, so that the plan shows each change as lines.
 * @param layer the layer
 * @param stack the stack, part of the hash of each secret
 * @returns triggers by name
 */
export function layerTriggers(layer: Layer, stack: string): Record<string, string> {
  const names = localNames(layer);
  const steps = [names.before, names.after, names.prove].filter((_name, index) =>
    [layer.before, layer.after, layer.prove].at(index),
  );
  const modes = [...layer.files, ...layer.secrets].map(
    ({ mode, owner, path, ...rest }) =>
      `${mode} ${owner} ${path}${'check' in rest && rest.check ? ` (${rest.check})` : ''}`,
  );
  return {
    ...(steps.length > 0
      ? { steps: template(`join("\\n", concat(${steps.map((name) => `local.${name}`).join(', ')}))`) }
      : {}),
    // Its lines are those of the locals layer_…; as lines they would stand here once for every layer.
    library: template(
      `sha256(join("\\n", concat(${layer.libraries.map((library) => `local.layer_${library}`).join(', ')})))`,
    ),
    ...(modes.length > 0 ? { files: modes.join('\n') } : {}),
    ...Object.fromEntries(
      Object.keys(layer.settings).map((name) => [
        name.replace('.wanted', ''),
        template(joined(names.settings, name)),
      ]),
    ),
    ...Object.fromEntries(layer.files.map(({ path }) => [path, template(joined(names.files, path))])),
    ...Object.fromEntries(layer.secrets.map(({ path }) => [path, template(joined(names.files, path))])),
    ...Object.fromEntries(
      // A hash that stays sensitive: the plan shows which secret changed, and nothing to crack.
      layer.secretVariables.map((name) => [
        `secret ${name}`,
        template(`sha256("${stack}/${name}/\${var.${name}}")`),
      ]),
    ),
  };
}

/**
 * The locals of a layer.
 * @param layer the layer
 * @returns arrays of lines by name, those of files and settings in maps
 */
export function layerLocals(layer: Layer): Record<string, unknown> {
  const names = localNames(layer);
  const settings = Object.entries(layer.settings).map(([name, { lines }]) => [name, lines]);
  const files = [
    ...layer.files.map(({ path, lines }) => [path, lines]),
    ...layer.secrets.map(({ path, shown }) => [path, shown]),
  ];
  return {
    ...(settings.length > 0 ? { [names.settings]: Object.fromEntries(settings) } : {}),
    ...(layer.before ? { [names.before]: layer.before.lines } : {}),
    ...(files.length > 0 ? { [names.files]: Object.fromEntries(files) } : {}),
    ...(layer.after ? { [names.after]: layer.after.lines } : {}),
    ...(layer.prove ? { [names.prove]: layer.prove.lines } : {}),
  };
}

/**
 * What brings a layer's secrets to the guest: one line for each file, its name and its content encoded.
 * @param layer the layer
 * @returns the content of the upload; undefined where there is none
 */
export function secretsUpload(layer: Layer): string | undefined {
  const contents = [
    ...layer.secrets.map(({ name, content }) => [name, content] as const),
    ...Object.entries(layer.uploads ?? {}),
  ];
  if (contents.length === 0) return undefined;
  return contents.map(([name, content]) => `${name} ${template(`base64encode(${content})`)}\n`).join('');
}
