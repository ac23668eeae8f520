import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { envOf, layersIn } from '../renderers/envs';
import { KIT_FOLDER, kitPart, sh } from '../support/shell';

const TABLE = path.join(__dirname, 'versions.json');

/** What is known of a layer: its version, and the sum of the programs that are its steps. */
type Versions = Record<string, { version: number; steps: string }>;

/** The parts of the kit that are a layer's steps: its own file, and what that reads. */
function partsOf(layer: string): string[] {
  const { status, stdout, stderr } = sh('library() { echo "$1.sh"; . "$1.sh"; }; library "layers/$1"', {
    cwd: KIT_FOLDER,
    args: [layer],
  });
  expect([status, stderr]).toEqual([0, '']);
  return stdout.trim().split('\n');
}

function present(): Versions {
  const everything =
    'app_type: python\nservice_start: x\nweb: {}\npostgresql: {}\nrun_jobs: true\njobs: {a: {run: x, at: daily}}';
  const layers = layersIn(envOf({ project: everything }));
  return Object.fromEntries(
    layers
      // A change of the kit runs its own layer again by itself.
      .filter(({ name }) => name !== 'kit')
      .map(({ name, version = 1 }): [string, Versions[string]] => {
        const steps = partsOf(name).map(kitPart).join('');
        return [name, { version, steps: createHash('sha256').update(steps).digest('hex') }];
      })
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

const WHAT_TO_DO = `
Do standing guests have to run the layer again, because the change mends or adds something there?
- Yes: raise its \`version\` in renderers/ or features/, and list it in the CHANGELOG under "Runs again".
- No, it says the same in other words, or concerns only what runs next anyway: leave \`version\`.
Then: UPDATE_VERSIONS=1 npx jest versions (CONTRIBUTING.md, "A change of a layer's program")`;

test('whoever changes the program of a layer decides whether standing guests run it again', () => {
  const now = present();
  const known = JSON.parse(readFileSync(TABLE, 'utf8')) as Versions;
  for (const [layer, { version }] of Object.entries(now)) {
    // Triggers would see a change, but the CHANGELOG and people count upwards.
    expect(version).toBeGreaterThanOrEqual(known[layer]?.version ?? 1);
  }
  if (process.env['UPDATE_VERSIONS'] === '1') {
    writeFileSync(TABLE, `${JSON.stringify(now, undefined, 2)}\n`);
    return;
  }
  const changed = [...new Set([...Object.keys(now), ...Object.keys(known)])].filter(
    (layer) => JSON.stringify(now[layer]) !== JSON.stringify(known[layer]),
  );
  if (changed.length > 0) throw new Error(`The program of ${changed.join(', ')} has changed.${WHAT_TO_DO}`);
});

test('the steps of a layer are its file and what that reads', () => {
  expect(partsOf('postgresql')).toEqual([
    'layers/postgresql.sh',
    'lib/apt.sh',
    'lib/quote.sh',
    'lib/timers.sh',
    'postgresql/cluster.sh',
    'postgresql/role.sh',
    'postgresql/database.sh',
  ]);
  expect(partsOf('release')).toEqual(['layers/release.sh']);
});
