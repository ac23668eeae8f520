'use strict';
/**
 * How fast is synthesis? Compares what `cdktf` runs (`node bin/app.js`) with a minimal CDKTF program that makes
 * the same stacks from literals: bundled, and under the default template (`npx ts-node main.ts`); and with a bare
 * one, whose stacks hold only what any stack of this kind would. See README.md.
 */
require('../scripts/installed.js');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { isDeepStrictEqual, parseArgs } = require('node:util');
const esbuild = require('esbuild');
const { inventoryOf } = require('./inventory.js');
const { measure, median, printTable, ratio, runOnce } = require('./measure.js');
const { programFor } = require('./program.js');
const { lighter } = require('../scripts/build.js');

const root = path.join(__dirname, '..');
const TEMPLATE = path.join(root, 'node_modules/@cdktf/cli-core/templates/typescript');
const TS_NODE = 'ts-node@10.9.2';

/** How many rounds for how many stacks, of all and of the slow template. */
const ROUNDS = { 1: [21, 3], 10: [15, 3], 100: [9, 3], 1000: [5, 1] };
const QUICK_ROUNDS = { 1: [7, 1], 10: [5, 1], 100: [3, 1], 1000: [3, 0] };

/** At most so many times as long as another program, for so many stacks. */
const TARGETS = { minimal: { 1: 1.5, 1000: 1.3 }, bare: { 1: 1.5, 1000: 1.6 } };

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    cpu: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    'no-template': { type: 'boolean', default: false },
  },
});

/** How all are bundled. */
const BUNDLE = { bundle: true, platform: 'node', target: 'node20', logLevel: 'warning' };

/** A contestant that writes its stacks to a folder of its own. */
function contestant(name, command, args, folder, env = {}) {
  return { name, command, args, cwd: folder, env: { CDKTF_OUTDIR: path.join(folder, 'cdktf.out'), ...env } };
}

/** This app with a generated inventory. */
function thisApp(scratch, stacks) {
  const folder = path.join(scratch, 'app');
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'cdktf.json'), '{}');
  const inventory = path.join(folder, `inventory-${stacks}.yml`);
  fs.writeFileSync(inventory, inventoryOf(stacks));
  return contestant('this app', process.execPath, [path.join(root, 'bin/app.js')], folder, {
    APP_INVENTORY: inventory,
    APP_INVENTORY_ALLOW_OTHER_KEYS: '0',
  });
}

/** The program of literals, bundled as this app is. */
function minimalApp(scratch) {
  const folder = path.join(scratch, 'minimal');
  const app = thisApp(scratch, 1);
  runOnce(app, scratch);
  const [stack] = stacksIn(app).values();
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, 'main.ts'), programFor(stack));
  for (const name of ['.gen', 'node_modules']) fs.symlinkSync(path.join(root, name), path.join(folder, name));
  esbuild.buildSync({ ...BUNDLE, absWorkingDir: folder, entryPoints: ['main.ts'], outfile: 'main.js' });
  return contestant('minimal', process.execPath, ['main.js'], folder);
}

/** What CDKTF itself costs, with a bundle that is as light as this app's. */
async function bareApp(scratch) {
  const folder = path.join(scratch, 'bare');
  const outfile = path.join(folder, 'main.js');
  await esbuild.build({
    ...BUNDLE,
    absWorkingDir: root,
    entryPoints: ['bench/bare.ts'],
    outfile,
    minifySyntax: true,
    plugins: [lighter],
  });
  return contestant('bare', process.execPath, [outfile], folder);
}

/** The same program under the default template, or undefined where that cannot be installed. */
function templateApp(scratch) {
  const folder = path.join(scratch, 'template');
  const modules = path.join(folder, 'node_modules');
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, 'package.json'), '{"name": "template", "private": true}');
  const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--legacy-peer-deps', '--prefer-offline'];
  const { status, stderr } = spawnSync('npm', ['install', TS_NODE, ...flags], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (status !== 0) {
    console.log(
      `Without the template: npm cannot install ${TS_NODE} (${String(stderr).trim().split('\n')[0]}).\n`,
    );
    return undefined;
  }
  for (const name of ['cdktf', 'constructs', '@cdktf', '@types', 'typescript']) {
    fs.rmSync(path.join(modules, name), { recursive: true, force: true });
    fs.symlinkSync(path.join(root, 'node_modules', name), path.join(modules, name));
  }
  fs.cpSync(path.join(root, '.gen'), path.join(folder, '.gen'), { recursive: true });
  fs.copyFileSync(path.join(scratch, 'minimal', 'main.ts'), path.join(folder, 'main.ts'));
  const config = JSON.parse(fs.readFileSync(path.join(TEMPLATE, 'tsconfig.json'), 'utf8'));
  // TypeScript 6 no longer finds the types of Node by itself.
  config.compilerOptions.types = ['node'];
  fs.writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(config));
  return contestant('template', 'npx', ['ts-node', 'main.ts'], folder);
}

/** The stacks that a contestant wrote, by name, as CDKTF would write them, without its comments. */
function stacksIn({ env }) {
  const folder = path.join(env.CDKTF_OUTDIR, 'stacks');
  const read = (name) =>
    JSON.parse(fs.readFileSync(path.join(folder, name, 'cdk.tf.json'), 'utf8'), longForm);
  return new Map(fs.readdirSync(folder).map((name) => [name, read(name)]));
}

/** Where this app writes a block that stands alone as a map, CDKTF writes a list of one. */
const BLOCKS = new Set([
  ...['provisioner', 'validation', 'precondition', 'postcondition', 'assert'],
  ...['ip_config', 'network_interface'],
]);

function longForm(key, value) {
  if (key === '//') return undefined;
  return BLOCKS.has(key) && !Array.isArray(value) ? [value] : value;
}

/** Both make the same stacks, or the comparison would mean nothing. */
function compareResults(app, minimal, stacks) {
  const ours = stacksIn(app);
  for (const [name, stack] of stacksIn(minimal)) {
    const section = Object.keys({ ...stack, ...ours.get(name) }).find(
      (key) => !isDeepStrictEqual(stack[key], ours.get(name)?.[key]),
    );
    if (section) {
      throw new Error(
        `"${section}" of ${name} differs: bench/program.js cannot write it, or this app changed during the run`,
      );
    }
  }
  if (ours.size !== stacks) throw new Error(`${ours.size} stacks instead of ${stacks}`);
}

async function main() {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'pvestack-bench-'));
  try {
    const minimal = minimalApp(scratch);
    const bare = await bareApp(scratch);
    const template = options['no-template'] ? undefined : templateApp(scratch);
    const cpus = os.cpus();
    const clock = options.cpu ? 'seconds of CPU time' : 'seconds by the clock';
    console.log(
      `Node ${process.versions.node}, ${cpus.length} × ${cpus[0]?.model.trim() ?? 'unknown'}, ${clock}\n`,
    );

    const times = {};
    const missed = [];
    const names = ['this app', 'minimal', 'bare', ...(template ? ['template'] : [])];
    const over = names.slice(1);
    const rows = [
      ['stacks', ...names, ...over.map((name) => `app / ${name}`), ...names.map((name) => `MB ${name}`)],
    ];
    for (const [size, [rounds, slow]] of Object.entries(options.quick ? QUICK_ROUNDS : ROUNDS)) {
      const stacks = Number(size);
      const app = thisApp(scratch, stacks);
      const all = [app, ...[minimal, bare].map((one) => ({ ...one, env: { ...one.env, STACKS: size } }))];
      for (const each of all) {
        fs.rmSync(each.env.CDKTF_OUTDIR, { recursive: true, force: true });
        runOnce(each, scratch);
      }
      compareResults(app, minimal, stacks);
      if (template) all.push({ ...template, rounds: slow, env: { ...template.env, STACKS: size } });

      const results = measure(all, rounds, scratch, options.cpu);
      const cell = (name, text) => (results.get(name).seconds.length === 0 ? '-' : text(results.get(name)));
      const ours = results.get('this app');
      times[stacks] = names.slice(0, 3).map((name) => median(results.get(name).seconds));
      for (const [name, targets] of Object.entries(TARGETS)) {
        const factor = ratio(ours, results.get(name));
        if (factor > (targets[stacks] ?? Infinity))
          missed.push(`${factor.toFixed(2)}× of ${name} for ${size}`);
      }
      rows.push([
        stacks.toLocaleString('en'),
        ...names.map((name) => cell(name, ({ seconds }) => `${median(seconds).toFixed(2)} s`)),
        ...over.map((name) => cell(name, (other) => `${ratio(ours, other).toFixed(2)}×`)),
        ...names.map((name) => cell(name, ({ memory }) => memory.toFixed(0))),
      ]);
    }
    printTable(rows);

    const perStack = (from, to, i) => ((times[to][i] - times[from][i]) / (to - from)) * 1000;
    console.log('');
    names.slice(0, 3).forEach((name, i) => {
      const [small, large] = [perStack(10, 100, i), perStack(100, 1000, i)];
      console.log(
        `${name}: ${small.toFixed(1)} ms for each further stack up to 100, ${large.toFixed(1)} ms from 100 to 1,000`,
      );
    });
    const targets = Object.entries(TARGETS).map(([name, sizes]) => {
      const factors = Object.entries(sizes).map(([size, factor]) => `${factor}× for ${size}`);
      return `${factors.join(', ')} of ${name}`;
    });
    const result = missed.length > 0 ? `missed (${missed.join(', ')})` : 'met';
    console.log(`Targets: ${targets.join('; ')}: ${result}.`);
    if (options.check && missed.length > 0) process.exitCode = 1;
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
