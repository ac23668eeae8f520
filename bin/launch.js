'use strict';
const fs = require('node:fs');
const path = require('node:path');
const v8 = require('node:v8');
const { enableCompileCache } = require('node:module');

/**
 * Runs a bundle of dist/, made anew first when a source file changed.
 * @param {string} name the bundle's name without `.js`
 * @param {string} root the package
 */
async function launch(name, root = path.join(__dirname, '..')) {
  // Telemetry of the libraries below: never.
  process.env.CHECKPOINT_DISABLE = '1';
  // V8 would learn from the constructs, which stay, to keep all that CDKTF throws away while it writes the JSON:
  // with 1,000 stacks half a gigabyte instead of 0.2, and a third more time (measured).
  v8.setFlagsFromString('--no-allocation-site-pretenuring');
  enableCompileCache?.();
  const builder = path.join(root, 'scripts', 'build.js');
  if (fs.existsSync(builder)) {
    if (!fs.existsSync(path.join(root, 'node_modules', 'esbuild'))) {
      console.error('The packages are not installed: run `npm ci` first.');
      process.exitCode = 1;
      return;
    }
    const { build, isStale } = require(builder);
    if (isStale()) await build();
  }
  require(path.join(root, 'dist', `${name}.js`));
}

module.exports = { launch };
