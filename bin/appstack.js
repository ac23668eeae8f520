#!/usr/bin/env node
'use strict';
const { launch } = require('./launch.js');

launch('appstack').catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
