'use strict';
/**
 * Refreshes the pinned schema of the Proxmox provider for the version that cdktf.json names:
 * `terraform providers schema -json`, without descriptions, so that a diff shows what changed.
 * Needs terraform and a way to the provider (registry or mirror).
 */
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { pinnedProvider, schemaPath } = require('./get.js');

/** Keeps names and types; drops texts and what only documentation uses. */
function strip(value) {
  if (Array.isArray(value)) return value.map(strip);
  if (typeof value !== 'object' || value === null) return value;
  // Some resources have an attribute named description: that one is an object, and stays.
  const isText = ([key, item]) =>
    typeof item === 'string' && (key === 'description' || key === 'description_kind');
  const entries = Object.entries(value).filter((entry) => !isText(entry));
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, strip(item)]),
  );
}

/** Runs terraform in a folder of its own; its messages go to the terminal. */
function terraform(binary, args, cwd) {
  return execFileSync(binary, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, CHECKPOINT_DISABLE: '1' },
  });
}

/**
 * Refreshes the file.
 * @returns {string} what was written, and what to do with it
 * @throws {Error} that says why it was not
 */
function refresh() {
  const binary = process.env.TERRAFORM_BINARY_NAME || 'terraform';
  const provider = pinnedProvider();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'schema-'));
  try {
    const { name, source, version } = provider;
    const config = { terraform: { required_providers: { [name]: { source, version } } } };
    fs.writeFileSync(path.join(folder, 'main.tf.json'), JSON.stringify(config));
    terraform(binary, ['init', '-input=false', '-no-color'], folder);
    const schema = JSON.parse(terraform(binary, ['providers', 'schema', '-json'], folder));
    const address = `registry.terraform.io/${source}`;
    const { resource_schemas, data_source_schemas, provider: block } = schema.provider_schemas[address];
    const pinned = {
      format_version: schema.format_version,
      provider_schemas: { [address]: strip({ data_source_schemas, provider: block, resource_schemas }) },
      provider_versions: { [address]: version },
    };
    const file = schemaPath(provider);
    fs.writeFileSync(file, JSON.stringify(pinned, null, 1) + '\n');
    return `${path.relative(process.cwd(), file)}: written. Review its diff, run the tests, commit it.`;
  } catch (error) {
    throw new Error(
      error.code === 'ENOENT'
        ? `${binary} is not installed: the schema can only be refreshed on a machine that has it (or name it in TERRAFORM_BINARY_NAME).`
        : `The schema was not refreshed: ${error.message.split('\n')[0]}`,
      { cause: error },
    );
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

module.exports = { refresh };

if (require.main === module) {
  try {
    console.log(refresh());
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
