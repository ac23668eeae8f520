'use strict';
/**
 * Bundles the program: `dist/app.js` is what the cdktf CLI runs, `dist/pvestack.js` the tool's own commands.
 * A bundle starts several times faster than ts-node; types are checked by the test command.
 */
require('./installed.js');
const fs = require('node:fs');
const path = require('node:path');
const { get, pinnedProvider, schemaPath } = require('./get.js');
const { mark, record } = require('./stale.js');

const root = path.join(__dirname, '..');

/** Leaves out of the libraries what every run would pay for and none uses. */
const lighter = {
  name: 'lighter',
  setup({ onLoad }) {
    const replace = (filter, contents) => onLoad({ filter }, () => ({ contents }));
    const patch = (filter, changes) =>
      onLoad({ filter }, ({ path: file }) => {
        let contents = fs.readFileSync(file, 'utf8');
        for (const [from, to] of Object.entries(changes)) {
          if (contents.includes(from)) contents = contents.replace(from, to);
          // The fork has some of them mended (docs/cdktf.md).
          else if (!contents.includes(to)) throw new Error(`${file} has no ${from}: mend scripts/build.js`);
        }
        return { contents };
      });
    // CDKTF takes an unlimited stack trace for every token: a quarter of the time.
    replace(
      /[\\/]cdktf[\\/]lib[\\/]tokens[\\/]private[\\/]stack-trace\.js$/,
      // The second is the fork's (docs/cdktf.md).
      'exports.captureStackTrace = exports.captureCreationStack = () => [];',
    );
    // Only CDKTF's assets are zipped; there are none here.
    replace(
      /[\\/]node_modules[\\/]archiver[\\/]index\.js$/,
      'module.exports = () => { throw new Error("archiver is not in this bundle"); };',
    );
    // CDKTF runs terraform to learn its version; a stack says itself which one it needs.
    replace(
      /[\\/]cdktf[\\/]lib[\\/]validations[\\/]validate-binary-version\.js$/,
      'exports.ValidateBinaryVersion = class { validate() { throw new Error("it is not in this bundle"); } };',
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
    // One inventory is parsed once: code made for its objects costs more than it saves.
    patch(/[\\/]zod[\\/]v4[\\/]core[\\/]core\.js$/, {
      '(_a.__zod_globalConfig = {})': '(_a.__zod_globalConfig = { jitless: true })',
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
  const others = [
    'package-lock.json',
    'scripts/build.js',
    'scripts/get.js',
    'scripts/installed.js',
    'scripts/stale.js',
  ];
  const schema = path.relative(root, schemaPath(pinnedProvider()));
  const inputs = [...own, ...others, schema].sort();
  fs.writeFileSync(record, JSON.stringify(Object.fromEntries(inputs.map((file) => [file, mark(file)]))));
}

module.exports = { build, lighter };

if (require.main === module) {
  build().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
