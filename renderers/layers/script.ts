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
 * @returns local values: `layers`, and by layer `scripts`, `triggers`, `secrets` and `sums`
 */
export function layerLocals(layers: readonly Layer[], stack: string): Record<string, unknown> {
  return {
    layers: Object.fromEntries(layers.map((layer) => [layer.name, layerData(layer)])),
    scripts: template(`{for name, layer in local.layers : name => ${SCRIPT}}`),
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
    sums: template(SUMS),
    triggers: template(`{for name, layer in local.layers : name => ${TRIGGERS}}`),
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

/** A list of lines as a word of the shell; base64 needs no quotes and has no delimiter. */
const encoded = (lines: string): string =>
  `length(${lines}) == 0 ? "''" : base64encode("\${join("\\n", ${lines})}\\n")`;

/** One of a layer's objects, which may be left out. */
const part = (name: string, of = 'layer'): string => `try(${of}.${name}, {})`;

/**
 * The words of a layer's script, see kit/lib/: the library (the kit brings it itself), what other layers keep (so that
 * what moved to one of them is not taken away), lists, files, and around them the steps of kit/layers/<name>.sh.
 */
const SCRIPT = `join("\\n", concat(
  ["layer=\${name}", "token='\${replace(local.facts[name], "'", "")}'", "sums=\${join(",", values(local.sums[name]))}", name == "kit" ? file("\${path.module}/${KIT_FILE}") : ". ${KIT}/lib/layer.sh"],
  ["elsewhere_too '\${base64encode(join("\\n", flatten([for other, theirs in local.layers : other == name ? [] : concat([for path in keys(${part('files', 'theirs')}) : "file\\t\${path}"], [for package in try(theirs.lists.packages, []) : "package\\t\${split("=", package)[0]}"])])))}'"],
  [for list, lines in ${part('lists')} : "settings \${list} \${${encoded('lines')}}"],
  ["before_files"],
  [for path, lines in ${part('files')} : can(layer.uploads[path]) ? "put_secret \${try(layer.modes[path], "${USUAL_MODE}")} '\${path}' \${try(layer.uploads[path], "")}" : "put \${try(layer.modes[path], "${USUAL_MODE}")} '\${path}' \${${encoded('lines')}} \${try(layer.checks[path], "")}"],
  ["after_files", "finish"]))`.replace(/\n\s*/g, ' ');

/** What makes a layer run again: all that it is made of, so that the plan shows each change as lines. */
const TRIGGERS = `merge(
  {for key, version in {version = try(layer.version, "")} : key => version if version != ""},
  {for list, lines in ${part('lists')} : list => join("\\n", lines)},
  {for key, lines in {modes = [for path, mode in ${part('modes')} : "\${mode} \${path}"]} : key => join("\\n", lines) if length(lines) > 0},
  {for path, lines in ${part('files')} : path => join("\\n", lines)})`.replace(/\n\s*/g, ' ');

/**
 * What a layer is asked for, as a short sum for each of its triggers, which the guest keeps. Of a secret 16 bits of the
 * sum of its hash: enough to see that it is another one, too few to tell which one it is.
 */
const SUMS = `{for name, layer in local.layers : name => merge(
  {for key, lines in local.triggers[name] : key => substr(sha256("\${key}\\n\${lines}"), 0, 8)},
  {for key, hash in try(local.secrets[name], {}) : key => nonsensitive(sensitive(substr(sha256("\${key}\\n\${hash}"), 0, 4)))})}`.replace(
  /\n\s*/g,
  ' ',
);

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
 * @param isGuest whether Proxmox knows the guest
 * @returns an expression of triggers by name
 */
export function layerTriggers(layer: Layer, isGuest: boolean): string {
  const own = [
    `${layer.name === 'release' ? 'commit' : 'drift'} = ${of('facts', layer)}`,
    // The MAC tells a re-created guest from the one before; the id alone stays the same.
    ...(isGuest ? ['guest = local.guest'] : []),
  ];
  const secrets = layer.secretVariables.length > 0 ? [of('secrets', layer)] : [];
  return template(`merge(${[of('triggers', layer), ...secrets, `{${own.join(', ')}}`].join(', ')})`);
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
