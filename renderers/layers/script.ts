import { template } from '../expression';
import { KIT_FILE } from '../kit';
import type { GuestFile, Layer } from './layer';
import { KIT } from './paths';

/** Where a layer's part of an object in locals is. */
const of = (local: string, { name }: Layer): string => `local.${local}.${name}`;

/**
 * What layers are made of, for review, and what is derived from it: the same expressions for every layer.
 * @param layers the layers
 * @param stack the stack, part of the hash of each secret
 * @returns local values: `layers`, and by layer what is made of them
 */
export function layerLocals(layers: readonly Layer[], stack: string): Record<string, unknown> {
  const each = (expression: string): string =>
    template(`{for name, layer in local.parts : name => ${expression}}`);
  return {
    layers: Object.fromEntries(layers.map((layer) => [layer.name, layerData(layer)])),
    // With what is left out above.
    parts: template(
      '{for name, layer in local.layers : name => merge({version = "", lists = {}, files = {}, modes = {}, checks = {}, uploads = {}}, layer)}',
    ),
    secrets: Object.fromEntries(
      layers
        .filter(({ secretVariables }) => secretVariables.length > 0)
        .map(({ name, secretVariables }) => [
          name,
          Object.fromEntries(
            // A hash that stays sensitive: the plan shows which secret changed, and nothing to crack.
            secretVariables.map((variable) => [
              `secret ${variable}`,
              template(`sha256("${stack}/${variable}/\${var.${variable}}")`),
            ]),
          ),
        ]),
    ),
    // What makes a layer run again: all that it is made of, so that the plan shows each change as lines.
    triggers: each(
      '{for key, lines in merge(layer.lists, layer.files, {modes = [for path, mode in layer.modes : "${mode} ${path}"], version = [layer.version]}) : key => join("\\n", lines) if join("", lines) != "" || startswith(key, "/")}',
    ),
    // What a layer is asked for, as a short sum for each of its triggers, which the guest keeps. Of a secret 16 bits of
    // the sum of its hash: enough to see that it is another one, too few to tell which one it is.
    sums: each(
      'merge({for key, lines in local.triggers[name] : key => substr(sha256("${key}\\n${lines}"), 0, 8)}, local.secret_sums[name])',
    ),
    secret_sums: each(
      '{for key, hash in try(local.secrets[name], {}) : key => nonsensitive(sensitive(substr(sha256("${key}\\n${hash}"), 0, 4)))}',
    ),
    // The words of a layer's script, see kit/lib/: the library (the kit brings it itself), what other layers keep (so
    // that what moved to one of them is not taken away), lists, files, and around them the steps of kit/layers/<name>.sh.
    scripts: each(
      'join("\\n", concat(local.begin[name], local.lists[name], ["before_files"], local.files[name], ["after_files", "finish"]))',
    ),
    begin: each(
      `["layer=\${name}", "token='\${replace(local.facts[name], "'", "")}'", "sums=\${join(",", values(local.sums[name]))}", name == "kit" ? file("\${path.module}/${KIT_FILE}") : ". ${KIT}/lib/layer.sh", "elsewhere_too '\${base64encode(join("\\n", flatten([for other, kept in local.kept : kept if other != name])))}'"]`,
    ),
    kept: each(
      'concat([for path in keys(layer.files) : "file\\t${path}"], [for package in try(layer.lists.packages, []) : "package\\t${split("=", package)[0]}"])',
    ),
    lists: each(`[for list, lines in layer.lists : "settings \${list} ${ENCODED}"]`),
    files: each(
      `[for path, lines in layer.files : "\${can(layer.uploads[path]) ? "put_secret" : "put"} \${try(layer.modes[path], "${USUAL_MODE}")} '\${path}' \${try(layer.uploads[path], "${ENCODED} \${try(layer.checks[path], "")}")}"]`,
    ),
  };
}

/** A layer in the JSON: what is empty, or as nearly always (mode and owner of a file), is left out. */
function layerData({ version, lists, files }: Layer): Record<string, unknown> {
  const byPath = (value: (file: GuestFile) => string | undefined): Record<string, string> =>
    Object.fromEntries(
      files.flatMap((file) => {
        const found = value(file);
        return found === undefined ? [] : [[file.path, found]];
      }),
    );
  const data = {
    lists: Object.fromEntries(Object.entries(lists).filter(([, lines]) => lines.length > 0)),
    files: Object.fromEntries(files.map(({ path, lines }) => [path, lines])),
    modes: byPath(({ mode, owner }) => (`${mode} ${owner}` === USUAL_MODE ? undefined : `${mode} ${owner}`)),
    checks: byPath(({ check }) => check),
    uploads: byPath(({ secret }) => secret?.name),
  };
  return {
    ...(version === undefined ? {} : { version: String(version) }),
    ...Object.fromEntries(Object.entries(data).filter(([, value]) => Object.keys(value).length > 0)),
  };
}

const USUAL_MODE = '0644 root:root';

/** Lines as a word of the shell. */
const ENCODED = `'\${base64encode(join("", [for line in lines : "\${line}\\n"]))}'`;

/**
 * The script of a layer, as the `inline` of a remote-exec.
 * @param layer the layer
 * @returns lines and expressions of lines
 */
export function layerScript(layer: Layer): string[] {
  return [
    ...Object.entries(layer.variables ?? {}).map(
      ([name, value]) => `${name}='${template(`replace(${value}, "'", "")`)}'`,
    ),
    template(of('scripts', layer)),
  ];
}

/**
 * What makes a layer run again.
 * @param layer the layer
 * @param further what else does, as expressions by name
 * @param isGuest whether Proxmox knows the guest
 * @returns an expression of triggers by name
 */
export function layerTriggers(
  layer: Layer,
  further: Readonly<Record<string, string>>,
  isGuest: boolean,
): string {
  const isRelease = layer.name === 'release';
  const own = Object.entries({
    ...further,
    ...(isRelease ? { commit: of('facts', layer) } : { guest: of('found', layer) }),
    ...(isRelease && isGuest ? { guest: 'local.guest' } : {}),
  });
  const secrets = layer.secretVariables.length > 0 ? [of('secrets', layer)] : [];
  const object = `{${own.map(([name, value]) => `${name} = ${value}`).join(', ')}}`;
  return template(`merge(${[of('triggers', layer), ...secrets, object].join(', ')})`);
}

/**
 * What brings a layer's secrets to the guest: one line for each, its name and its content encoded.
 * @param layer the layer
 * @returns the content of the upload; undefined where there is none
 */
export function secretsUpload(layer: Layer): string | undefined {
  const contents = [
    ...layer.files.flatMap(({ secret }) => (secret ? [[secret.name, secret.content] as const] : [])),
    ...Object.entries(layer.uploads ?? {}),
  ];
  if (contents.length === 0) return undefined;
  return contents.map(([name, content]) => `${name} ${template(`base64encode(${content})`)}\n`).join('');
}
