import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { enterFolder, leaveFolder } from '../support/user-folder';

const { skippedSynth } = jest.requireActual<{
  skippedSynth: (root: string, environment: NodeJS.ProcessEnv) => string | undefined;
}>('../../scripts/skipped-synth.js');

let folder: string;
beforeEach(() => {
  folder = enterFolder();
});
afterEach(() => {
  leaveFolder(folder);
});

/** A stack, and an inventory that was edited so many seconds later. */
function synthesized(later: number, inventory = 'inventory.yml'): void {
  mkdirSync('cdktf.out/stacks/app-pote-dev', { recursive: true });
  writeFileSync('cdktf.out/stacks/app-pote-dev/cdk.tf.json', '{}');
  const at = Date.parse('2026-01-31T12:00:00Z') / 1000;
  utimesSync('cdktf.out/stacks/app-pote-dev/cdk.tf.json', at, at);
  utimesSync(inventory, at + later, at + later);
}
const SAID =
  'inventory.yml was edited after the last synthesis (2026-01-31T12:00:00.000Z), and --skip-synth uses the stacks of then: leave it out, or run pvestack synth first.';

test.each<[what: string, prepare: () => void, env: NodeJS.ProcessEnv, said: string | undefined]>([
  ['the inventory is older', () => synthesized(-1), {}, undefined],
  ['it was edited since', () => synthesized(60), {}, SAID],
  [
    'another one is named',
    () => {
      writeFileSync('other.yml', '');
      synthesized(60, 'other.yml');
    },
    { APP_INVENTORY: 'other.yml' },
    SAID.replace('inventory.yml', 'other.yml'),
  ],
  ['nothing was synthesized', () => undefined, {}, undefined],
])('--skip-synth where %s', (_what, prepare, env, said) => {
  prepare();
  expect(skippedSynth(folder, env)).toBe(said);
});
