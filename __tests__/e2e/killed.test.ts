import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_TOKEN } from 'proxmox-emulator';
import {
  courseOf,
  deploy,
  DEPLOYMENTS,
  forgetCourses,
  QUICK,
  settle,
  STACK,
  stepOf,
} from '../support/deployments';
import { openLab } from '../support/lab';
import { command, describeWith, providers } from '../support/requirements';
import { readTables, writeTables } from '../support/tables';
import { unwrapped, Workspace } from '../support/workspace';

jest.setTimeout(900_000);

const ROOT = path.join(__dirname, '..', '..');
const PAGE = path.join(ROOT, 'docs', 'faults.md');
const UPDATE = process.env['UPDATE_DOCS'] === '1';

/** How Terraform is told to end. Ctrl-C and SIGKILL reach its providers as well, as from a terminal or a cgroup. */
const SIGNALS: Record<string, { signals: NodeJS.Signals[]; group: boolean }> = {
  'Ctrl-C': { signals: ['SIGINT'], group: true },
  'Ctrl-C twice': { signals: ['SIGINT', 'SIGINT'], group: true },
  SIGTERM: { signals: ['SIGTERM'], group: false },
  SIGKILL: { signals: ['SIGKILL'], group: true },
};

const page = readTables(readFileSync(PAGE, 'utf8'));

/** The rows of a table whose cells say which deployment, and which step of it. */
function rowsOf(title: string) {
  const table = page.find((one) => one.title === title);
  if (!table) throw new Error(`docs/faults.md has no table "${title}"`);
  return table.rows.map((row) => {
    const deployment = DEPLOYMENTS.find((one) => one.title === row[0]);
    if (!deployment) throw new Error(`docs/faults.md: there is no "${row[0] ?? ''}"`);
    return { ...deployment, row, columns: table.columns, step: stepOf(row.slice(1)) };
  });
}

const kills = rowsOf('When Terraform is killed').flatMap(({ title, columns, ...rest }) =>
  Object.entries(SIGNALS).map(([name, how]) => ({
    ...rest,
    title: `${title}: ${rest.step.name}, ${name}`,
    how,
    column: columns.indexOf(name),
  })),
);
const crashes = rowsOf('When Proxmox goes away').map(({ title, columns, ...rest }) => ({
  ...rest,
  title: `${title}: ${rest.step.name}`,
  column: columns.indexOf('Second deploy'),
}));

afterAll(() => {
  if (UPDATE) writeFileSync(PAGE, writeTables(readFileSync(PAGE, 'utf8'), page));
  forgetCourses();
});

/** Says what a case came to, or writes it into the page. */
function compare(row: string[], column: number, came: string): void {
  if (UPDATE) row[column] = came;
  expect(came).toBe(row[column]);
}

describeWith([providers, command('curl')], 'Terraform is killed', () => {
  test.concurrent.each(kills)('$title', async ({ type, operation, step, how, row, column }) => {
    const { before } = await courseOf(type);
    const lab = await openLab(QUICK, before[operation]);
    try {
      // The request is on its way when Terraform gets the signal, and is answered after it.
      const { faults, log } = lab.emulator;
      const { method, path: where, nth } = step;
      faults.add({ kind: 'slow', delayMs: 1200, method, path: where, skip: nth - 1, count: 1 });
      let kill: (signal: NodeJS.Signals) => void = () => undefined;
      let running = true;
      const ended = deploy(lab, {
        group: how.group,
        onStart: (send) => {
          kill = send;
        },
      }).finally(() => {
        running = false;
      });
      while (running && faults.list()[0]?.hits === 0) await sleep(10);
      expect(faults.list()[0]?.hits).toBe(1);
      for (const signal of how.signals) {
        kill(signal);
        await sleep(300);
      }
      const run = await ended;
      while (!log.list().some((entry) => entry.faults.includes('slow'))) await sleep(10);
      compare(row, column, await settle(lab, type, operation, run));
    } finally {
      await lab.close();
    }
  });
});

/** Terraform writes the file of the local state anew, not beside it: a second Ctrl-C may come in the middle. */
describeWith([providers, command('curl')], 'The state is cut off while it is written', () => {
  test.concurrent.each(DEPLOYMENTS.filter(({ operation }) => operation !== 'delete'))(
    '$title',
    async ({ type, operation }) => {
      const { before } = await courseOf(type);
      const lab = await openLab(QUICK, before[operation]);
      try {
        expect((await deploy(lab)).code).toBe(0);
        const file = lab.workspace.stateFile(STACK);
        truncateSync(file, 4096);
        lab.emulator.log.clear();
        const run = await deploy(lab);
        expect([run.code, lab.writes()]).toEqual([1, []]);
        expect(unwrapped(run.output)).toContain('The state file could not be parsed as JSON');
        const came = await settle(lab, type, operation, run);
        expect(came).toBe(operation === 'create' ? 'taken up' : 'finished');
      } finally {
        await lab.close();
      }
    },
  );
});

/** An emulator in a process of its own, to be killed. */
interface Process {
  url: string;
  port: string;
  /** Resolves when the log shows this text. */
  shows(text: string): Promise<void>;
  end(signal: NodeJS.Signals): Promise<void>;
}

async function startProcess(folder: string, port: string): Promise<Process> {
  const files = ['--state', path.join(folder, 'cluster.json'), '--cert', path.join(folder, 'ca.pem')];
  const options = ['--nodes', 'pve,pve2', '--port', port, '--task-ms', '1500', ...files];
  const child = spawn(process.execPath, [path.join(ROOT, 'bin', 'pvestack.js'), 'emulator', ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const ended = new Promise<void>((resolve) => {
    child.on('close', () => {
      resolve();
    });
  });
  const shows = async (text: string): Promise<void> => {
    const until = Date.now() + 90_000;
    while (!output.includes(text) && child.exitCode === null && Date.now() < until) await sleep(10);
    expect(output).toContain(text);
  };
  await shows('logs in with the password');
  const [, url = '', actual = ''] = /at (https:\/\/\S+:(\d+))/.exec(output) ?? [];
  return {
    url,
    port: actual,
    shows,
    end: async (signal) => {
      child.kill(signal);
      await ended;
    },
  };
}

describeWith(
  [providers, command('curl')],
  'Proxmox goes away in the middle of a task, and comes back',
  () => {
    test.concurrent.each(crashes)('$title', async ({ type, operation, step, row, column }) => {
      const { before } = await courseOf(type);
      const folder = mkdtempSync(path.join(os.tmpdir(), 'pve-'));
      const stateFile = path.join(folder, 'cluster.json');
      writeFileSync(stateFile, before[operation].cluster);
      let node = await startProcess(folder, '0');
      const workspace = new Workspace(
        {
          PROXMOX_VE_ENDPOINT: node.url,
          PROXMOX_VE_API_TOKEN: DEFAULT_TOKEN,
          SSL_CERT_FILE: path.join(folder, 'ca.pem'),
        },
        undefined,
        before[operation].root,
      );
      try {
        const ended = deploy({ workspace });
        await node.shows(`${step.method} ${step.path.replace('*', 'pve')}`);
        // Its state is written a moment after each change.
        await sleep(200);
        await node.end('SIGKILL');
        await sleep(300);
        node = await startProcess(folder, node.port);
        const run = await ended;
        await node.end('SIGTERM');
        const scene = { root: workspace.root, cluster: readFileSync(stateFile, 'utf8') };
        const lab = await openLab(QUICK, scene);
        try {
          compare(row, column, await settle(lab, type, operation, run));
        } finally {
          await lab.close();
        }
      } finally {
        await node.end('SIGKILL');
        workspace.remove();
        rmSync(folder, { recursive: true, force: true });
      }
    });
  },
);
