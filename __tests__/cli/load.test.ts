import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runCommand } from '../support/workspace';

const LOAD = path.join(__dirname, '..', '..', 'bin', 'load.js');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'load-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Loads the bundle in a process of its own, as a command does. */
async function run(): Promise<string> {
  const program = `const bundle = require(${JSON.stringify(LOAD)}).load(${JSON.stringify(path.join(folder, 'b.js'))});
    console.log(bundle.exports.say());
    bundle.keep();`;
  const { code, output } = await runCommand(process.execPath, ['-e', program], {
    cwd: folder,
    env: { ...process.env, NODE_COMPILE_CACHE: path.join(folder, 'node') },
  });
  expect([code, output]).toEqual([0, output]);
  return output.trim();
}
const bundle = (word: string): void => {
  writeFileSync(
    path.join(folder, 'b.js'),
    `exports.say = () => '${word} ' + require('node:path').basename(__filename);`,
  );
};

test('a bundle says the same with and without what V8 kept of it', async () => {
  bundle('one');
  for (let time = 0; time < 3; time++) expect(await run()).toBe('one b.js');
});

test('another bundle of the same length is not taken for the one before, and one cache is kept', async () => {
  bundle('one');
  await run();
  bundle('two');
  utimesSync(path.join(folder, 'b.js'), new Date(), new Date(Date.now() + 5000));
  expect(await run()).toBe('two b.js');
  expect(readdirSync(folder).filter((name) => name.endsWith('.cache')).length).toBeLessThanOrEqual(1);
});

test('what was kept and is broken harms nobody', async () => {
  bundle('one');
  await run();
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.cache'))) {
    writeFileSync(path.join(folder, name), 'no code');
  }
  expect(await run()).toBe('one b.js');
});
