#!/usr/bin/env node
'use strict';
const { launch } = require('./launch.js');

launch('pvestack', ({ pvestack }) => pvestack(process.argv.slice(2)));
