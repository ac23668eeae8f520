'use strict';
/** Required by, or run before, all that needs the packages: says so where they are not installed, and ends. */
const fs = require('node:fs');
const path = require('node:path');

if (!fs.existsSync(path.join(__dirname, '..', 'node_modules', 'esbuild'))) {
  console.error('The packages are not installed: run `npm ci` first.');
  // In a clone npx first links the clone and runs its `prepare`, silently, and then the program, which says so.
  process.exit(process.env.npm_lifecycle_event === 'prepare' ? 0 : 1);
}
