'use strict';
/** `--skip-synth` of the cdktf CLI uses the stacks that lie there: says so where the inventory was edited since. */
const fs = require('node:fs');
const path = require('node:path');

/**
 * @param {string} root the folder of cdktf.json
 * @param {NodeJS.ProcessEnv} environment the environment variables
 * @returns {string | undefined} what to say, if anything
 */
function skippedSynth(root, environment) {
  if (!fs.existsSync(path.join(root, 'cdktf.json'))) return undefined;
  const { output = 'cdktf.out', context = {} } = JSON.parse(
    fs.readFileSync(path.join(root, 'cdktf.json'), 'utf8'),
  );
  const inventory = environment['APP_INVENTORY']
    ? path.resolve(environment['APP_INVENTORY'])
    : path.resolve(root, context.inventory ?? 'inventory.yml');
  const stacks = path.resolve(root, environment['CDKTF_OUTDIR'] ?? output, 'stacks');
  if (!fs.existsSync(inventory) || !fs.existsSync(stacks)) return undefined;
  const written = fs
    .readdirSync(stacks)
    .map((stack) => fs.statSync(path.join(stacks, stack, 'cdk.tf.json'), { throwIfNoEntry: false })?.mtime)
    .filter((time) => time !== undefined)
    .sort((a, b) => b - a)[0];
  if (written === undefined || fs.statSync(inventory).mtime <= written) return undefined;
  return `${path.relative(process.cwd(), inventory)} was edited after the last synthesis (${written.toISOString()}), and --skip-synth uses the stacks of then: leave it out, or run pvestack synth first.`;
}

module.exports = { skippedSynth };
