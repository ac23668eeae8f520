import { spawn } from 'node:child_process';
import path from 'node:path';
import { FakeTerraform } from '../support/fake-terraform';
import { changed, container, planOf } from '../support/plan-json';
import { command, describeWith } from '../support/requirements';
import { enterFolder, leaveFolder } from '../support/user-folder';

jest.setTimeout(60_000);

const BIN = path.join(__dirname, '..', '..', 'bin', 'pvestack.js');
const [DEV, PROD] = ['app-pote-dev', 'app-pote-prod'] as const;
const GUEST = 'proxmox_virtual_environment_container.guest';
const CHANGE = planOf([changed(GUEST, container(), container({ cpu: [{ cores: 4 }] }))]);

let folder: string;
let terraform: FakeTerraform;
beforeEach(() => {
  folder = enterFolder();
  terraform = new FakeTerraform(folder);
});
afterEach(() => {
  leaveFolder(folder);
});

/** Runs a command at a terminal of its own, and types keys whenever it asks. */
function typed(
  args: readonly string[],
  keys: readonly string[],
): Promise<[code: number | null, said: string]> {
  const line = [process.execPath, BIN, ...args].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['--quiet', '--return', '--command', line, '/dev/null'], {
    env: { ...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}`, TERM: 'dumb', NO_COLOR: '1' },
  });
  const left = [...keys];
  let [said, seen] = ['', 0];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (!/ is a yes: $/.test(said.slice(seen))) return;
    seen = said.length;
    child.stdin.write(left.shift() ?? '\u0003');
  });
  return new Promise((resolve) => {
    child.on('close', (code) => {
      resolve([code, said.replaceAll('\r', '')]);
    });
  });
}

const [CTRL_C, CTRL_D] = ['\u0003', '\u0004'] as const;

describeWith([command('script')], 'questions at a terminal', () => {
  beforeEach(() => {
    for (const stack of [DEV, PROD]) terraform.plan(stack, CHANGE);
  });

  test.each<[what: string, keys: string[], done: string[], said: string[]]>([
    ['yes to all, and prod by its name', ['yes\r', `${PROD}\r`], [DEV, PROD], []],
    ['Yes in capitals', ['YES\r', `${PROD}\r`], [DEV, PROD], []],
    ['yes is not the name of prod', ['yes\r', 'yes\r'], [DEV], [`${PROD}  not done: its name was not given`]],
    ['y is no yes', ['y\r', `${PROD}\r`], [PROD], [`${DEV}   not done: nobody said yes`]],
    ['Ctrl-C is a no to what is asked', [CTRL_C, CTRL_C], [], ['nobody said yes', 'its name was not given']],
    ['and so is the end of input', [CTRL_D, CTRL_D], [], ['nobody said yes', 'its name was not given']],
  ])('%s', async (_what, keys, done, words) => {
    const [code, said] = await typed(['deploy', 'pote:dev', 'pote:prod'], keys);
    expect(said).toContain(`Deploy ${DEV}? Only yes is a yes: `);
    expect(said).toContain(`${PROD} is prod. Deploy it? Its name is a yes: `);
    for (const word of words) expect(said).toContain(word);
    const applied = terraform.calls().filter((call) => / apply /.test(call));
    expect(applied.map((call) => call.split(' ')[0]).sort()).toEqual(done);
    expect(code).toBe(done.length === 2 ? 0 : 1);
  });
});
