#!/usr/bin/env node
'use strict';
const { launch } = require('./launch.js');

// What holds the emulator is a bundle of its own, so that the other commands start without its certificate library.
const own = ['emulator', 'demo'];
launch(
  own.includes(process.argv[2]) && (process.argv[2] === 'emulator' || process.argv.length === 3)
    ? process.argv[2]
    : 'pvestack',
).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
