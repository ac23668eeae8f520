#!/usr/bin/env node
'use strict';
const fs = require('node:fs');
const path = require('node:path');

// In a clone the bundle is made anew when a source file changed; what was installed is a bundle already.
const builder = path.join(__dirname, '..', 'scripts', 'build.js');
if (fs.existsSync(builder)) {
  const { build, isStale } = require(builder);
  try {
    if (isStale()) build();
  } catch (error) {
    const missing = error.code === 'MODULE_NOT_FOUND';
    console.error(missing ? 'The packages are not installed: run `npm ci` first.' : error.message);
    process.exit(1);
  }
}
require('../dist/cli.js');
