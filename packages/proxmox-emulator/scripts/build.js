'use strict';
/** Bundles the package: `dist/cli.js` is its program, `dist/index.js` what others import. */
const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');
const changedAt = (file) => fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** @returns {boolean} whether the bundles are missing or older than their sources */
function isStale() {
  const sources = fs
    .readdirSync(path.join(root, 'src'), { recursive: true })
    .map((name) => path.join(root, 'src', name));
  const bundled = changedAt(path.join(root, 'dist', 'cli.js'));
  return [...sources, __filename].some((file) => changedAt(file) > bundled);
}

/** Bundles. */
function build() {
  require('esbuild').buildSync({
    absWorkingDir: root,
    entryPoints: ['src/index.ts', 'src/cli.ts'],
    outdir: 'dist',
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    legalComments: 'none',
    logLevel: 'warning',
  });
}

module.exports = { build, isStale };

if (require.main === module) build();
