'use strict';
const fs = require('node:fs');
const path = require('node:path');
const v8 = require('node:v8');
const { load } = require('./load.js');

const root = path.join(__dirname, '..');

/**
 * Runs a bundle of dist/, made anew first when a source file changed, and sets the exit code.
 * @param {string} name the bundle's name without `.js`
 * @param {(bundle: object) => Promise<number>} start runs what the bundle exports; gives the exit code
 */
async function launch(name, start) {
  // Telemetry of the libraries below: never.
  process.env.CHECKPOINT_DISABLE = '1';
  // V8 would learn from the constructs, which stay, to keep all that CDKTF throws away while it writes the JSON:
  // with 1,000 stacks half a gigabyte instead of 0.2, and a third more time (measured).
  v8.setFlagsFromString('--no-allocation-site-pretenuring');
  // Optimized code pays later than the V8 of Node.js 20 expects: a sixth of the CPU time of 100 stacks.
  if (process.version.startsWith('v20.')) v8.setFlagsFromString('--interrupt-budget=300000');
  try {
    await buildWhereStale();
    const bundle = load(path.join(root, 'dist', `${name}.js`));
    process.exitCode = await start(bundle.exports);
    bundle.keep();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}

/** In a clone; an installed package comes with its bundles. */
async function buildWhereStale() {
  const scripts = path.join(root, 'scripts');
  if (!fs.existsSync(scripts)) return;
  if (require(path.join(scripts, 'stale.js')).isStale())
    await require(path.join(scripts, 'build.js')).build();
}

module.exports = { launch };
