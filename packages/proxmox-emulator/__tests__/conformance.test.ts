import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  nodeOf,
  readTraces,
  replay,
  startForReplay,
  summary,
  type Difference,
  type ReplayResult,
} from './replay';

const ROOT = join(__dirname, '..', '..', '..');
const FIXTURE = join(__dirname, 'fixtures', 'containers.jsonl');
const TRACES = process.env.PVE_TRACES ?? join(ROOT, '..', 'shared', 'facts', 'pve-traces.jsonl');

async function replayFile(name: string, file: string): Promise<ReplayResult> {
  const traces = readTraces(file);
  const emulator = await startForReplay(nodeOf(traces));
  try {
    const result = await replay(emulator, traces);
    process.stdout.write(`${summary(name, result)}\n`);
    return result;
  } finally {
    await emulator.stop();
  }
}

function readable(differences: readonly Difference[]): string[] {
  return differences.map(
    (one) => `${String(one.at)} ${one.label}: ${one.request}: ${one.aspect} ${one.expected} is ${one.actual}`,
  );
}

/**
 * Where the recorded machine differs for reasons of its own: a loop device failed, a guest was still
 * starting or stopping when it was looked at, a guest that was made by hand is in a list.
 */
const OF_THE_RECORDING =
  /^(tf: M4 create|tf: N5 (three|destroy)|api: (lxc list|resources) at the end|api: node tasks of the vmid)/;

describe('answers like the recorded Proxmox VE', () => {
  it('in the distilled fixture', async () => {
    const { differences } = await replayFile('fixture', FIXTURE);
    expect(readable(differences)).toEqual([]);
  }, 120_000);

  const present = existsSync(TRACES);
  if (!present && process.env.REQUIRE_ALL === '1')
    throw new Error(`the recorded traces are missing: ${TRACES}`);
  (present ? it : it.skip)(
    'in all recorded traces (PVE_TRACES)',
    async () => {
      const { differences, compared, agreed } = await replayFile('traces', TRACES);
      const lines = readable(differences.filter((one) => !OF_THE_RECORDING.test(one.label)));
      const sum = (counts: Record<string, number>): number =>
        Object.values(counts).reduce((a, b) => a + b, 0);
      if (process.env.PVE_TRACES === undefined) {
        // Whether a task still runs when it is asked for is a matter of time, on a busy machine.
        expect(lines.filter((line) => !/\/tasks\/UPID\S*\/status: (types|values) /.test(line))).toEqual([]);
        return;
      }
      // Other recordings have timing and hand-made changes of their own: say all, tolerate few.
      process.stdout.write(lines.map((line) => `  differs: ${line}\n`).join(''));
      expect(sum(agreed) / sum(compared)).toBeGreaterThan(0.97);
    },
    300_000,
  );
});
