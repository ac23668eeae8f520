#!/usr/bin/env node
'use strict';
/** What `cdktf` runs: see "app" in cdktf.json. */
const { launch } = require('./launch.js');

launch('app').catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
