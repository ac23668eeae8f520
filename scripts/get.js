'use strict';
/**
 * Generates the typed bindings of the Proxmox provider into `.gen`, as `cdktf get` does, from the pinned
 * `schemas/proxmox@<version>.json`: no network, no terraform, the same bytes every time.
 *
 * Only what the constructs use is generated (the whole provider is 13 MB of TypeScript).
 */
require('./installed.js');
const crypto = require('node:crypto');
const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');

// A library of the generator asks for it, of which Node.js 26 warns.
Object.defineProperty(globalThis, 'localStorage', { value: undefined, configurable: true });

const root = path.join(__dirname, '..');
const GEN = path.join(root, '.gen');

/** What the constructs use; add a resource here when a construct needs it. */
const USED = {
  resource_schemas: ['proxmox_virtual_environment_container', 'proxmox_virtual_environment_vm'],
  data_source_schemas: ['proxmox_virtual_environment_containers', 'proxmox_virtual_environment_vms'],
};

/**
 * The Proxmox provider that cdktf.json pins.
 * @returns {{ source: string, name: string, version: string }}
 */
function pinnedProvider() {
  const { terraformProviders } = JSON.parse(fs.readFileSync(path.join(root, 'cdktf.json'), 'utf8'));
  const [source, version] = terraformProviders[0].split('@');
  return { source, name: source.split('/').pop(), version };
}

/** @returns {string} the path of the pinned schema for the provider's version in cdktf.json */
function schemaPath({ name, version }) {
  return path.join(root, 'schemas', `${name}@${version}.json`);
}

/** What `.gen` was made from; when it is unchanged nothing is generated again. */
function inputStamp(schema) {
  const generator = require('@cdktf/provider-generator/package.json').version;
  const digest = crypto.createHash('sha256').update(schema).update(JSON.stringify(USED)).digest('hex');
  return JSON.stringify({ generator, inputs: digest }) + '\n';
}

/**
 * CDKTF's libraries run `terraform version` as soon as they are loaded, and terraform then asks its maker for news.
 * Only their command line needs the answer: the module that asks is replaced before it can.
 */
function keepTerraformOut() {
  const file = require.resolve('@cdktf/commons/src/terraform.js');
  const exports = { terraformBinaryName: 'terraform', terraformVersion: Promise.resolve('unknown') };
  require.cache[file] = Object.assign(new Module(file), { exports, loaded: true });
}

/**
 * Generates `.gen` where it is missing or was made from something else.
 * @param {{ force?: boolean, out?: string }} [options] force: generate in any case; out: another folder than .gen
 * @returns {Promise<boolean>} whether anything was generated
 */
async function get(options = {}) {
  const out = options.out ?? GEN;
  const stampFile = path.join(out, 'stamp.json');
  const provider = pinnedProvider();
  const file = schemaPath(provider);
  if (!fs.existsSync(file)) {
    const have = fs.readdirSync(path.dirname(file)).filter((name) => name.includes('@'));
    throw new Error(
      `cdktf.json pins ${provider.source}@${provider.version}, but schemas/ holds ${have.join(', ') || 'no schema'}.\n` +
        'Run `npm run schema:refresh` on a machine with terraform and a network, and commit its result.',
    );
  }
  const text = fs.readFileSync(file, 'utf8');
  const stamp = inputStamp(text);
  if (!options.force && fs.existsSync(stampFile) && fs.readFileSync(stampFile, 'utf8') === stamp)
    return false;

  keepTerraformOut();
  const { TerraformProviderGenerator } = require('@cdktf/provider-generator');
  const { ConstructsMakerProviderTarget, LANGUAGES, TerraformProviderConstraint } = require('@cdktf/commons');
  const { CodeMaker } = require('codemaker');

  const schema = JSON.parse(text);
  for (const provided of Object.values(schema.provider_schemas)) {
    for (const [kind, names] of Object.entries(USED)) {
      provided[kind] = Object.fromEntries(names.map((name) => [name, provided[kind][name]]));
    }
  }
  const code = new CodeMaker();
  code.indentation = 2;
  const generator = new TerraformProviderGenerator(code, schema);
  generator.generate(
    ConstructsMakerProviderTarget.from(
      new TerraformProviderConstraint(`${provider.source}@${provider.version}`),
      LANGUAGES[0],
    ),
  );
  fs.rmSync(out, { recursive: true, force: true });
  await code.save(out);
  fs.writeFileSync(stampFile, stamp);
  return true;
}

module.exports = { get, pinnedProvider, schemaPath };

if (require.main === module) {
  get({ force: process.argv.includes('--force') }).then(
    (made) => console.log(made ? '.gen: generated from the pinned schema' : '.gen: up to date'),
    (error) => {
      console.error(error.message);
      process.exitCode = 1;
    },
  );
}
