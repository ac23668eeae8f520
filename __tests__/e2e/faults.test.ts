import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { FaultRule } from 'proxmox-emulator';
import { clusterView } from '../support/cluster-view';
import {
  courseOf,
  deploy,
  DEPLOYMENTS,
  forgetCourses,
  QUICK,
  settle,
  STACK,
  type Step,
  stepOf,
} from '../support/deployments';
import { openLab } from '../support/lab';
import { command, describeWith, providers } from '../support/requirements';
import { readTables, type Table, writeTables } from '../support/tables';
import { unwrapped } from '../support/workspace';

jest.setTimeout(900_000);

const PAGE = path.join(__dirname, '..', '..', 'docs', 'faults.md');
/** Writes what the cases came to into the page, to be read as a diff. */
const UPDATE = process.env['UPDATE_DOCS'] === '1';

/** The steps at which the provider asks again and again, for up to half an hour. */
const WAITS = /^wait for the lock/;

/** A fault that begins with this step, and stays; where the provider waits, it ends after a while. */
const at = (step: Step, fault: Pick<FaultRule, 'kind' | 'when' | 'spread'>): FaultRule => ({
  method: step.method,
  path: step.path,
  skip: step.nth - 1,
  ...(WAITS.test(step.name) ? { count: 8 } : {}),
  ...fault,
});

interface Kind {
  fault: Pick<FaultRule, 'kind' | 'when' | 'spread'>;
  /** What a person reads of it. */
  said: RegExp;
  /** Whether it can happen to a request. */
  applies(step: Step): boolean;
}

const always = (): boolean => true;
const changes = (step: Step): boolean => step.method !== 'GET';
/** A change of the configuration is done at once; all others start a task. */
const startsTask = (step: Step): boolean => changes(step) && !/\/(config|cloudinit)$/.test(step.path);

/** The columns of docs/faults.md. A read that is dropped is the same before and after its work. */
const KINDS: Record<string, Kind> = {
  'HTTP 500': { fault: { kind: 'error' }, said: /emulated failure/, applies: always },
  dropped: { fault: { kind: 'drop' }, said: /EOF|Empty reply/, applies: always },
  'dropped, done': { fault: { kind: 'drop', when: 'after' }, said: /EOF/, applies: changes },
  locked: { fault: { kind: 'lock' }, said: /is locked|can't lock/, applies: changes },
  'task failed': { fault: { kind: 'task' }, said: /emulated failure/, applies: startsTask },
  'task failed, done': {
    fault: { kind: 'task', when: 'after' },
    said: /emulated failure/,
    applies: startsTask,
  },
  'HTTP 401': { fault: { kind: 'unauthorized', spread: true }, said: /HTTP 401/, applies: always },
};

/** The guests' lists are read by two data sources at the same time, node by node. */
const LISTS = /^GET \/nodes(\/\*\/(lxc|qemu))?$/;
/** The other guests' configurations are asked for at once; 500 stands for them all. */
const OTHERS = /^GET \/nodes\/\*\/qemu\/(600|900)\/config$/;
const POLL = /\/tasks\//;

/** The steps of a deploy as its log shows them, as `METHOD /path nth`. */
function stepsOf(log: readonly string[]): string[] {
  const requests = log.map((request) =>
    request
      .replace(/\/$/, '')
      .replace(/ \/nodes\/[^/]+/, ' /nodes/*')
      .replace(/UPID:.*?:(\w+):\d+:.*\//, '*:$1:*/'),
  );
  const counts = new Map<string, number>();
  return requests.flatMap((request, position) => {
    const again = POLL.test(request) && requests[position - 1] === request;
    if (again || OTHERS.test(request) || (LISTS.test(request) && counts.has(request))) return [];
    const nth = (counts.get(request) ?? 0) + 1;
    counts.set(request, nth);
    return [`${request} ${nth}`];
  });
}

const page = readTables(readFileSync(PAGE, 'utf8'));
const deployments = DEPLOYMENTS.map((deployment) => {
  const table: Table = page.find(({ title }) => title === deployment.title) ?? {
    title: deployment.title,
    columns: [],
    rows: [],
  };
  return { ...deployment, table };
});
const cases = deployments.flatMap(({ type, operation, title, table }) =>
  table.rows.flatMap((row) =>
    Object.entries(KINDS).map(([name, kind]) => ({
      title: `${title}: ${row[0] ?? ''}, ${name}`,
      type,
      operation,
      step: stepOf(row),
      kind,
      row,
      column: table.columns.indexOf(name),
    })),
  ),
);
/** A request that only reads has these kinds; without REQUIRE_ALL=1 it gets one of them, each its turn. */
const READ_KINDS = 3;
const ALL = UPDATE || process.env['REQUIRE_ALL'] === '1';
let reads = 0;
const possible = cases
  .filter(({ kind, step }) => kind.applies(step))
  .filter(({ step }) => {
    if (changes(step)) return true;
    const read = reads++;
    return ALL || Math.floor(read / READ_KINDS) % READ_KINDS === read % READ_KINDS;
  });

describe('docs/faults.md', () => {
  test.each(deployments)('$title: has a column for every kind of fault', ({ table }) => {
    expect(table.columns).toEqual(['Step', 'Request', ...Object.keys(KINDS)]);
  });

  test('has a dash where a fault cannot happen, and nowhere else', () => {
    const wrong = cases.filter(({ row, column, kind, step }) => (row[column] === '–') === kind.applies(step));
    expect(wrong.map(({ title }) => title)).toEqual([]);
  });
});

describeWith([providers, command('curl')], 'faults, with the real provider against the emulator', () => {
  afterAll(() => {
    if (UPDATE) writeFileSync(PAGE, writeTables(readFileSync(PAGE, 'utf8'), page));
    forgetCourses();
  });

  test.concurrent.each(deployments)(
    '$title: the table holds every step',
    async ({ type, operation, table }) => {
      const { log } = await courseOf(type);
      // Of a VM only what changes something: its reads are those of a container.
      const steps = stepsOf(log[operation]).filter((step) => type === 'lxc' || !step.startsWith('GET'));
      const rows = table.rows.map(stepOf).map(({ method, path: where, nth }) => `${method} ${where} ${nth}`);
      expect(rows.sort()).toEqual(steps.sort());
    },
  );

  test.concurrent.each(deployments)('$title: every answer is slow', async ({ type, operation }) => {
    const { before, after } = await courseOf(type);
    const lab = await openLab(QUICK, before[operation]);
    try {
      lab.emulator.faults.add({ kind: 'slow', delayMs: 300 });
      const run = await deploy(lab);
      expect([run.code, run.output]).toEqual([0, expect.stringContaining('Apply complete!')]);
      expect(lab.emulator.log.list().filter(({ faults }) => !faults.includes('slow'))).toEqual([]);
      expect(clusterView(lab.emulator.state)).toEqual(after[operation]);
      lab.emulator.faults.remove();
      expect((await lab.workspace.plan(STACK)).code).toBe(0);
    } finally {
      await lab.close();
    }
  });

  test.concurrent.each(possible)('$title', async ({ type, operation, step, kind, row, column }) => {
    const { before } = await courseOf(type);
    const lab = await openLab(QUICK, before[operation]);
    try {
      lab.emulator.faults.add(at(step, kind.fault));
      const run = await deploy(lab);
      expect(lab.emulator.faults.list()[0]?.hits).toBeGreaterThan(0);
      if (run.code !== 0) {
        expect(run.code).toBe(1);
        expect(unwrapped(run.output)).toMatch(kind.said);
        // The message, not the script that found it.
        expect(run.output).not.toContain('set -eu');
      }
      const came = await settle(lab, type, operation, run);
      if (UPDATE) row[column] = came;
      expect(came).toBe(row[column]);
    } finally {
      await lab.close();
    }
  });
});
