'use strict';
/** Runs programs side by side and says how long they took. */
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const USAGE = path.join(__dirname, 'usage.js');

/**
 * @typedef {object} Contestant
 * @property {string} name
 * @property {string} command
 * @property {string[]} args
 * @property {string} cwd
 * @property {Record<string, string>} [env] beside the environment of the benchmark
 * @property {number} [rounds] how many rounds it takes part in; all by default
 */

/**
 * @typedef {object} Result
 * @property {number[]} seconds of each round, by the clock or of the processors
 * @property {number} memory most MB that one of its processes used in any round
 */

/**
 * Runs a program once.
 * @param {Contestant} contestant
 * @param {string} scratch an existing folder
 * @param {boolean} cpu the time of the processors instead of the clock's
 * @returns {{ seconds: number, memory: number }}
 */
function runOnce({ name, command, args, cwd, env }, scratch, cpu = false) {
  const usage = fs.mkdtempSync(path.join(scratch, 'usage-'));
  const start = performance.now();
  const { status, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: {
      ...process.env,
      CHECKPOINT_DISABLE: '1',
      NODE_OPTIONS: `--require ${JSON.stringify(USAGE)}`,
      BENCH_USAGE: usage,
      ...env,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const elapsed = (performance.now() - start) / 1000;
  if (status !== 0) throw new Error(`${name} failed: ${error?.message ?? stderr}`);
  const used = fs
    .readdirSync(usage)
    .map((file) => JSON.parse(fs.readFileSync(path.join(usage, file), 'utf8')));
  return {
    seconds: cpu ? used.reduce((sum, { seconds }) => sum + seconds, 0) : elapsed,
    memory: Math.max(...used.map(({ megabytes }) => megabytes)),
  };
}

/**
 * Runs programs alternately, in both orders, so that a busy machine slows all of them down alike.
 * @param {Contestant[]} contestants
 * @param {number} rounds
 * @param {string} scratch an existing folder
 * @param {boolean} cpu the time of the processors instead of the clock's
 * @returns {Map<string, Result>} by name
 */
function measure(contestants, rounds, scratch, cpu = false) {
  const results = new Map(contestants.map(({ name }) => [name, { seconds: [], memory: 0 }]));
  for (let round = 0; round < rounds; round++) {
    const part = contestants.filter((contestant) => round < (contestant.rounds ?? rounds));
    for (const contestant of round % 2 === 0 ? part : part.reverse()) {
      const { seconds, memory } = runOnce(contestant, scratch, cpu);
      const result = results.get(contestant.name);
      result.seconds.push(seconds);
      result.memory = Math.max(result.memory, memory);
    }
  }
  return results;
}

/** @returns {number} the median */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * How many times as long one takes as the other: the median over the rounds, whose runs are neighbours in time.
 * @param {Result} one
 * @param {Result} other
 * @returns {number}
 */
function ratio(one, other) {
  const rounds = Math.min(one.seconds.length, other.seconds.length);
  return median(one.seconds.slice(0, rounds).map((seconds, i) => seconds / other.seconds[i]));
}

/**
 * Prints a table with aligned columns.
 * @param {string[][]} rows the first one is the head
 */
function printTable(rows) {
  const widths = rows[0].map((_cell, i) => Math.max(...rows.map((row) => row[i].length)));
  for (const row of rows) console.log(row.map((cell, i) => cell.padStart(widths[i])).join('   '));
}

module.exports = { measure, median, printTable, ratio, runOnce };
