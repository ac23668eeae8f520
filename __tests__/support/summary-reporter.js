/** Ends a run with what was skipped, by the name that says what is missing, and with one line of what ran. */
module.exports = class SummaryReporter {
  /** @param {unknown} _contexts @param {{ testResults: object[] }} results what Jest counted */
  onRunComplete(_contexts, results) {
    const skipped = new Map();
    for (const { testResults } of results.testResults) {
      for (const { status, ancestorTitles, title } of testResults) {
        if (status !== 'pending' && status !== 'skipped') continue;
        const suite = ancestorTitles.find((name) => name.includes('(missing: ')) ?? title;
        skipped.set(suite, (skipped.get(suite) ?? 0) + 1);
      }
    }
    const lines = [...skipped].map(
      ([suite, count]) => `skipped: ${suite}, ${count} test${count > 1 ? 's' : ''}`,
    );
    const { numPassedTests, numFailedTests, numPendingTests } = results;
    const totals = `tests: ${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`;
    process.stderr.write(['', ...lines, totals, ''].join('\n'));
  }
};
