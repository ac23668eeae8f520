#!/usr/bin/env node
'use strict';
const { launch } = require('./launch.js');

// The emulator is a bundle of its own, so that the other commands start without its certificate library.
launch(process.argv[2] === 'emulator' ? 'emulator' : 'appstack').catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
