'use strict';
/** Loaded into every measured process by NODE_OPTIONS: leaves what it used in the folder BENCH_USAGE. */
const fs = require('node:fs');
const path = require('node:path');

process.once('exit', () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  const used = { megabytes: maxRSS / 1024, seconds: (userCPUTime + systemCPUTime) / 1e6 };
  fs.writeFileSync(path.join(process.env.BENCH_USAGE, String(process.pid)), JSON.stringify(used));
});
