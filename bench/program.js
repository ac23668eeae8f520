'use strict';
/**
 * Writes the program that this app is compared with: what somebody would write by hand who needs exactly these
 * stacks and nothing else, no inventory, no checks, no templates. It is made from a stack that this app
 * synthesized, so it always has the same resources; the benchmark compares the results of both.
 */
const { environment } = require('./inventory.js');

/** Attributes whose keys are free, not names of the provider. */
const MAPS = new Set(['triggers', 'query', 'environment', 'metadata']);

/** What CDKTF has no (or no harmless) property for; this app writes it by an override, too. */
const OVERRIDDEN = new Set(['count', 'provisioner', 'connection', 'for_each']);

/**
 * @param {Record<string, any>} stack the first stack of the generated inventory
 * @returns {string} the program in TypeScript; the environment variable STACKS says how many stacks it makes
 */
function programFor(stack) {
  const imports = new Map([['cdktf', new Set(['App', 'TerraformStack'])]]);
  const body = [];
  const ids = new Set();

  const use = (module, name, as = name) => {
    if (!imports.has(module)) imports.set(module, new Set());
    imports.get(module).add(as === name ? name : `${name} as ${as}`);
    return as;
  };
  // Ids of constructs are unique in a stack, whatever they are.
  const add = (type, kind, name, config, overrides = {}) => {
    const taken = ids.has(name);
    const id = taken ? `${kind} ${name}` : name;
    ids.add(id);
    const follow = [
      ...(taken ? [`.overrideLogicalId(${code(name)})`] : []),
      ...Object.entries(overrides).map(([key, value]) => `.addOverride(${code(key)}, ${code(value)})`),
    ];
    const made = `new ${type}(stack, ${code(id)}${config === undefined ? '' : `, ${config}`})`;
    if (follow.length < 2) body.push(`${made}${follow.join('')};`);
    else body.push('{', `const element = ${made};`, ...follow.map((call) => `element${call};`), '}');
  };

  const known = ['//', 'terraform', 'provider', 'variable', 'locals', 'output', 'data', 'resource'];
  const { path } = stack.terraform.backend.local;
  body.push(`new ${use('cdktf', 'LocalBackend')}(stack, { path: ${code(path)} });`);
  for (const [type, [config]] of Object.entries(stack.provider)) {
    add(use(...providerClass(type)), 'provider', type, code(camel(config)));
  }
  for (const [name, { default: fallback, ...config }] of Object.entries(stack.variable ?? {})) {
    const some = fallback === undefined || fallback === null ? {} : { default: fallback };
    const type = use('cdktf', 'TerraformVariable');
    add(
      type,
      'variable',
      name,
      code({ ...camel(config), ...some }),
      fallback === null ? { default: null } : {},
    );
  }
  for (const kind of ['data', 'resource']) {
    for (const [type, elements] of Object.entries(stack[kind] ?? {})) {
      for (const [name, attributes] of Object.entries(elements)) {
        const { depends_on: needs, ...others } = attributes;
        const dependsOn = needs ? { dependsOn: needs.map((fqn) => ({ fqn })) } : {};
        const isBound = type !== 'terraform_data';
        const isOverridden = (key) => OVERRIDDEN.has(key) || (!isBound && key !== 'lifecycle');
        const pick = (wanted) =>
          Object.fromEntries(Object.entries(others).filter(([key]) => isOverridden(key) === wanted));
        const config = { ...camel(pick(false)), ...dependsOn };
        if (isBound) add(use(...elementClass(kind, type)), type, name, code(config), pick(true));
        else {
          const all = code({ terraformResourceType: type, ...config });
          add(use('cdktf', 'TerraformResource'), type, name, all, pick(true));
        }
      }
    }
  }
  for (const [name, value] of Object.entries(stack.locals ?? {})) {
    add(use('cdktf', 'TerraformLocal'), 'local', name, code(value));
  }
  for (const [name, config] of Object.entries(stack.output ?? {})) {
    add(use('cdktf', 'TerraformOutput'), 'output', name, code(camel(config, 1)));
  }
  body.push(`stack.addOverride('terraform.required_version', ${code(stack.terraform.required_version)});`);
  for (const key of Object.keys(stack).filter((name) => !known.includes(name))) {
    body.push(`stack.addOverride(${code(key)}, ${code(stack[key])});`);
  }

  const head = [...imports].map(([from, names]) => `import { ${[...names].join(', ')} } from '${from}';`);
  return [
    ...head,
    '',
    `function addStack(app: App, index: number): void {`,
    'const project = `project${String(Math.ceil(index / 10)).padStart(4, "0")}`;',
    'const env = `env${String(index).padStart(5, "0")}`;',
    'const vmid = 100000 + index;',
    'const address = `10.64.${1 + Math.floor(index / 250)}.${1 + (index % 250)}`;',
    'const stack = new TerraformStack(app, `app-${project}-${env}`);',
    ...body,
    '}',
    '',
    'const app = new App();',
    'for (let index = 1; index <= Number(process.env.STACKS); index++) addStack(app, index);',
    'app.synth();',
    '',
  ].join('\n');
}

/** The module, class and local name of a provider's binding. */
function providerClass(type) {
  const name = `${pascal(type)}Provider`;
  return [
    type === 'proxmox' ? './.gen/providers/proxmox/provider' : `@cdktf/provider-${type}/lib/provider`,
    name,
  ];
}

/** The module, class and local name of the binding of a resource or data source. */
function elementClass(kind, type) {
  const data = kind === 'data' ? 'data-' : '';
  if (type.startsWith('proxmox_')) {
    const file = `${data}${(kind === 'data' ? type : type.replace('proxmox_', '')).replaceAll('_', '-')}`;
    return [`./.gen/providers/proxmox/${file}`, pascal(file)];
  }
  // `external` is the one data source of its provider, `null_resource` the one resource of its.
  const [provider, rest] = type.split(/_(.*)/s);
  const file = `${data}${rest ?? type}`.replaceAll('_', '-');
  return [`@cdktf/provider-${provider}/lib/${file}`, pascal(file), pascal(`${provider}-${file}`)];
}

function pascal(name) {
  return name.replace(/(^|[-_])([a-z0-9])/g, (_all, _dash, first) => first.toUpperCase());
}

/** Names of attributes as the bindings have them, down to `depth` levels. */
function camel(value, depth = Infinity) {
  if (depth <= 0 || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => camel(item, depth));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key.replace(/_([a-z0-9])/g, (_all, first) => first.toUpperCase()),
      MAPS.has(key) ? item : camel(item, depth - 1),
    ]),
  );
}

/** A value as TypeScript, with the parameters of `addStack` where it holds what differs from stack to stack. */
function code(value) {
  const first = environment(1);
  if (value === first.vmid) return 'vmid';
  if (typeof value === 'string') {
    const marks = Object.entries(first).map(([name, mark]) => [name, String(mark)]);
    if (!marks.some(([, mark]) => value.includes(mark))) return JSON.stringify(value);
    const literal = value.replace(/[\\`]|\$(?=\{)/g, '\\$&').replaceAll('\n', '\\n');
    return `\`${marks.reduce((text, [name, mark]) => text.replaceAll(mark, () => `\${${name}}`), literal)}\``;
  }
  if (Array.isArray(value)) return `[${value.map(code).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const pairs = Object.entries(value).map(([key, item]) => {
      const name = code(key);
      return `${name.startsWith('`') ? `[${name}]` : name}: ${code(item)}`;
    });
    return `{ ${pairs.join(', ')} }`;
  }
  return JSON.stringify(value);
}

module.exports = { programFor };
