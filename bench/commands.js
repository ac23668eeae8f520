'use strict';
/** How long do people wait? `npx cdktf synth` and `pvestack synth` on the example inventory, side by side. */
require('../scripts/installed.js');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { measure, median, printTable, ratio } = require('./measure.js');

const root = path.join(__dirname, '..');
const ROUNDS = 9;

function main() {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'pvestack-bench-'));
  try {
    const config = {
      app: `node ${path.join(root, 'bin/app.js')}`,
      language: 'typescript',
      sendCrashReports: 'false',
    };
    fs.writeFileSync(path.join(scratch, 'cdktf.json'), JSON.stringify(config));
    fs.symlinkSync(path.join(root, 'node_modules'), path.join(scratch, 'node_modules'));
    const env = {
      APP_INVENTORY: path.join(root, 'examples/inventory.yml'),
      CI: '1',
    };
    const node = (name, script, ...args) => ({
      name,
      command: process.execPath,
      args: [script, ...args],
      cwd: scratch,
      env,
    });
    const all = [
      node('node bin/app.js', path.join(root, 'bin/app.js')),
      node('pvestack synth', path.join(root, 'bin/pvestack.js'), 'synth'),
      { name: 'npx cdktf synth', command: 'npx', args: ['cdktf', 'synth'], cwd: scratch, env },
    ];
    const results = measure(all, ROUNDS, scratch);
    const app = results.get('node bin/app.js');
    printTable([
      ['command', 'seconds', 'app', 'MB'],
      ...[...results].map(([name, result]) => [
        name,
        median(result.seconds).toFixed(2),
        `${ratio(result, app).toFixed(1)}×`,
        result.memory.toFixed(0),
      ]),
    ]);
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

main();
