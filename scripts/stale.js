'use strict';
/** Whether the bundles are as old as their sources; every run asks, so it loads nothing else. */
require('./installed.js');
const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');

/** Where the build writes down what the bundles were made from: by file its mark. */
const record = path.join(root, 'dist', 'inputs.json');

/**
 * Size and time of a file, which tell whether it changed.
 * @param {string} file its path from the root
 * @returns {string}
 */
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

module.exports = { isStale, mark, record };
