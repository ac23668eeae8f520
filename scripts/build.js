'use strict';
/**
 * Bundles the program: `dist/app.js` is what the cdktf CLI runs, `dist/pvestack.js` the tool's own commands.
 * A bundle starts several times faster than ts-node; types are checked by the test command.
 */
require('./installed.js');
const fs = require('node:fs');
const path = require('node:path');
const { get, pinnedProvider, schemaPath } = require('./get.js');

const root = path.join(__dirname, '..');
const dist = path.join(root, 'dist');
const record = path.join(dist, 'inputs.json');

/** Size and time of a file, which tell whether it changed. */
function mark(file) {
  const stat = fs.statSync(path.join(root, file), { throwIfNoEntry: false });
  return stat ? `${stat.size} ${stat.mtimeMs}` : 'missing';
}

/** @returns {boolean} whether anything that the bundles are made from has changed since they were made */
function isStale() {
  if (!fs.existsSync(record)) return true;
  const inputs = JSON.parse(fs.readFileSync(record, 'utf8'));
  return Object.entries(inputs).some(([file, was]) => mark(file) !== was);
}

/** Leaves out of the libraries what every run would pay for and none uses. */
const lighter = {
  name: 'lighter',
  setup({ onLoad }) {
    const replace = (filter, contents) => onLoad({ filter }, () => ({ contents }));
    const patch = (filter, changes) =>
      onLoad({ filter }, ({ path: file }) => {
        let contents = fs.readFileSync(file, 'utf8');
        for (const [from, to] of Object.entries(changes)) {
          if (!contents.includes(from)) throw new Error(`${file} has no ${from}: mend scripts/build.js`);
          contents = contents.replace(from, to);
        }
        return { contents };
      });
    // CDKTF takes an unlimited stack trace for every token: a quarter of the time.
    replace(
      /[\\/]cdktf[\\/]lib[\\/]tokens[\\/]private[\\/]stack-trace\.js$/,
      'exports.captureStackTrace = () => [];',
    );
    // Only CDKTF's assets are zipped; there are none here.
    replace(
      /[\\/]node_modules[\\/]archiver[\\/]index\.js$/,
      'module.exports = () => { throw new Error("archiver is not in this bundle"); };',
    );
    // The deprecated util.isArray warns on every run of Node 23 and later.
    patch(/[\\/]cdktf[\\/]lib[\\/]terraform-output\.js$/, { '(0, util_2.isArray)': 'Array.isArray' });
    // A text without the mark of a token (encoded numbers have an exponent) is what it is: CDKTF writes its path down,
    // makes five closures and runs three regular expressions over each.
    patch(/[\\/]cdktf[\\/]lib[\\/]tokens[\\/]private[\\/]resolve\.js$/, {
      'function resolve(obj, options) {':
        'function resolve(obj, options) { if (typeof obj === "boolean" || (typeof obj === "string" && !obj.includes("TfToken[") && !obj.includes("e+"))) return obj;',
      'const pathName = "/" + prefix.join("/");':
        'const pathName = { toString: () => "/" + prefix.join("/") };',
      'makeContext()[0].resolve(key)': 'resolve(key, options)',
    });
    // This tool has its own words for what is wrong; see inventory/validation.ts.
    replace(/[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/, 'export { default as en } from "./en.js";');
  },
};

/** Generates `.gen` and bundles. */
async function build() {
  await get();
  const esbuild = require('esbuild');
  const result = await esbuild.build({
    absWorkingDir: root,
    entryPoints: { app: 'cli/app.ts', pvestack: 'cli/pvestack.ts' },
    outdir: 'dist',
    bundle: true,
    platform: 'node',
    target: 'node20',
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
    plugins: [lighter],
  });
  const own = Object.keys(result.metafile.inputs).filter((file) => !file.startsWith('node_modules/'));
  const others = ['package-lock.json', 'scripts/build.js', 'scripts/get.js', 'scripts/installed.js'];
  const schema = path.relative(root, schemaPath(pinnedProvider()));
  const inputs = [...own, ...others, schema].sort();
  fs.writeFileSync(record, JSON.stringify(Object.fromEntries(inputs.map((file) => [file, mark(file)]))));
}

module.exports = { build, isStale, lighter };

if (require.main === module) {
  build().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
