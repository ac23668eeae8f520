import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { courseOf, deploy, DEPLOYMENTS, forgetCourses, QUICK, settle } from '../support/deployments';
import { openLab } from '../support/lab';
import { command, describeWith, providers } from '../support/requirements';
import { readTables, writeTables } from '../support/tables';

jest.setTimeout(900_000);

const PAGE = path.join(__dirname, '..', '..', 'docs', 'faults.md');
const UPDATE = process.env['UPDATE_DOCS'] === '1';

/** How Terraform is told to end. Ctrl-C and SIGKILL reach its providers as well, as from a terminal or a cgroup. */
const SIGNALS: Record<string, { signals: NodeJS.Signals[]; group: boolean }> = {
  'Ctrl-C': { signals: ['SIGINT'], group: true },
  'Ctrl-C twice': { signals: ['SIGINT', 'SIGINT'], group: true },
  SIGTERM: { signals: ['SIGTERM'], group: false },
  SIGKILL: { signals: ['SIGKILL'], group: true },
};

const page = readTables(readFileSync(PAGE, 'utf8'));
const table = page.find(({ title }) => title === 'When Terraform is killed') ?? {
  title: '',
  columns: [],
  rows: [],
};
const cases = table.rows.flatMap((row) =>
  Object.entries(SIGNALS).map(([name, how]) => {
    const [title = '', step = '', request = ''] = row;
    const [, method = '', where = '', nth = '1'] = /^`(\w+) (.+)`(?:, (\d)\.)?$/.exec(request) ?? [];
    const deployment = DEPLOYMENTS.find((one) => one.title === title);
    if (!deployment) throw new Error(`docs/faults.md: there is no "${title}"`);
    const fault = { method, path: where, skip: Number(nth) - 1, count: 1 };
    return {
      name: `${title}: ${step}, ${name}`,
      ...deployment,
      fault,
      how,
      row,
      column: table.columns.indexOf(name),
    };
  }),
);

describeWith([providers, command('curl')], 'Terraform is killed', () => {
  afterAll(() => {
    if (UPDATE) writeFileSync(PAGE, writeTables(readFileSync(PAGE, 'utf8'), page));
    forgetCourses();
  });

  test.concurrent.each(cases)('$name', async ({ type, operation, fault, how, row, column }) => {
    const { before } = await courseOf(type);
    const lab = await openLab(QUICK, before[operation]);
    try {
      // The request is on its way when Terraform gets the signal, and is answered after it.
      const { faults, log } = lab.emulator;
      faults.add({ kind: 'slow', delayMs: 1200, ...fault });
      let kill: (signal: NodeJS.Signals) => void = () => undefined;
      const ended = deploy(lab, {
        group: how.group,
        onStart: (send) => {
          kill = send;
        },
      });
      while (faults.list()[0]?.hits === 0) await sleep(10);
      for (const signal of how.signals) {
        kill(signal);
        await sleep(300);
      }
      const run = await ended;
      while (!log.list().some((entry) => entry.faults.includes('slow'))) await sleep(10);
      const came = await settle(lab, type, operation, run);
      if (UPDATE) row[column] = came;
      expect(came).toBe(row[column]);
    } finally {
      await lab.close();
    }
  });
});
