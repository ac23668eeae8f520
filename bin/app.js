#!/usr/bin/env node
'use strict';
/** What `cdktf` runs: see "app" in cdktf.json. */
const { launch } = require('./launch.js');

launch('app', ({ app }) => app());
