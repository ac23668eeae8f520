import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildSync } from 'esbuild';
import { ProviderServers } from '../../cli/stacks/providers';

const PLATFORM = `${process.platform}_${process.arch === 'x64' ? 'amd64' : process.arch}`;
const REQUIRED = [
  { source: 'bpg/proxmox', version: '1.2.3' },
  { source: 'hashicorp/external', version: '2.0.0' },
];

/** What a provider does that is started by hand: it says where it is reached, and stays. */
const PROGRAM = `#!/bin/sh
[ "$1" = -debug ] || exit 1
echo "$$ $PWD $WHAT" >>"$STARTED"
printf 'Provider started.\\n\\n\\tTF_REATTACH_PROVIDERS=%s\\n' "'{\\"registry.terraform.io/x/y\\":{\\"Pid\\":$$}}'"
exec sleep 60
`;

describe('providers that run for the length of a command', () => {
  let root: string;
  let started: string;
  let servers: ProviderServers;

  /** A stack's folder as `terraform init` leaves it. */
  const stack = (name: string, change: { version?: string; sum?: string; program?: string } = {}): string => {
    const folder = path.join(root, name);
    const blocks = REQUIRED.map(({ source, version: required }) => {
      const version = change.version ?? required;
      const target = path.join(
        folder,
        '.terraform/providers/registry.terraform.io',
        source,
        version,
        PLATFORM,
      );
      const file = path.join(target, `terraform-provider-${path.basename(source)}_v${version}`);
      mkdirSync(target, { recursive: true });
      writeFileSync(file, change.program ?? PROGRAM);
      chmodSync(file, 0o755);
      const line = `${sha(readFileSync(file)).toString('hex')}  ${path.basename(file)}\n`;
      const sum = change.sum ?? `h1:${sha(line).toString('base64')}`;
      return `provider "registry.terraform.io/${source}" {\n  version = "${version}"\n  hashes = [\n    "zh:00",\n    "${sum}",\n  ]\n}\n`;
    });
    writeFileSync(path.join(folder, '.terraform.lock.hcl'), blocks.join('\n'));
    return folder;
  };
  const sha = (data: string | Buffer): Buffer => createHash('sha256').update(data).digest();
  const starts = (): string[][] =>
    existsSync(started)
      ? readFileSync(started, 'utf8')
          .trim()
          .split('\n')
          .map((line) => line.split(' '))
      : [];
  const gone = async (pid: string): Promise<boolean> => {
    for (let tries = 0; tries < 100; tries++) {
      try {
        execFileSync('kill', ['-0', pid], { stdio: 'ignore' });
      } catch {
        return true;
      }
      await sleep(20);
    }
    return false;
  };

  beforeEach(() => {
    root = mkdtempSync(path.join(os.tmpdir(), 'providers-'));
    started = path.join(root, 'started');
    process.env['STARTED'] = started;
    servers = new ProviderServers(root, REQUIRED);
  });
  afterEach(async () => {
    servers.stop();
    for (const [pid = ''] of starts()) expect(await gone(pid)).toBe(true);
    rmSync(root, { recursive: true });
  });

  test('one serves all stacks; the one that runs programs of a stack is of that stack', async () => {
    const [one, two] = [stack('one'), stack('two')];
    servers.begin(one);
    const first = await servers.environment(one, { WHAT: 'v1' });
    const second = await servers.environment(two);
    expect(await servers.environment(two)).toEqual(second);
    const pids = Object.fromEntries(
      starts().map(([pid, folder = '']) => [path.basename(folder), Number(pid)]),
    );
    expect(Object.keys(pids).sort()).toEqual([path.basename(root), 'one', 'two'].sort());
    const expected = (name: string): NodeJS.ProcessEnv => ({
      TF_REATTACH_PROVIDERS: JSON.stringify({
        'registry.terraform.io/bpg/proxmox': { Pid: pids[path.basename(root)] },
        'registry.terraform.io/hashicorp/external': { Pid: pids[name] },
      }),
    });
    expect([first, second]).toEqual([expected('one'), expected('two')]);
    expect(starts().map(([, , what]) => what)).toContain('v1');
  });

  test.each([
    ['of another version than the stacks require', { version: '1.2.2' }],
    ['that the lock file does not know', { sum: 'h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' }],
    ['that does not come up', { program: '#!/bin/sh\nexit 1\n' }],
    ['that says something else', { program: '#!/bin/sh\necho plugin; exec 1>&-; exit 0\n' }],
  ])('Terraform starts its own in the place of one %s', async (_what, change) => {
    expect(await servers.environment(stack('one', change))).toEqual({});
    expect(starts()).toEqual([]);
  });

  test('a stack with another provider than the one that runs has its own', async () => {
    await servers.environment(stack('one'));
    const other = stack('two', { sum: 'h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' });
    expect(await servers.environment(other)).toEqual({});
  });

  test.each(['TF_LOG', 'TF_LOG_PROVIDER', 'TF_REATTACH_PROVIDERS'])('none with %s', async (name) => {
    process.env[name] = 'x';
    try {
      expect(await servers.environment(stack('one'))).toEqual({});
    } finally {
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- one of three
      delete process.env[name];
    }
  });

  test('a stack that was never initialized has none', async () => {
    mkdirSync(path.join(root, 'new'));
    expect(await servers.environment(path.join(root, 'new'))).toEqual({});
  });

  test('they end with the command, also where that is killed', async () => {
    const bundle = path.join(root, 'providers.js');
    buildSync({
      entryPoints: [path.join(__dirname, '../../cli/stacks/providers.ts')],
      ...{ bundle: true, platform: 'node', outfile: bundle },
    });
    const command = `new (require(${JSON.stringify(bundle)}).ProviderServers)(${JSON.stringify(root)}, ${JSON.stringify(REQUIRED)}).begin(${JSON.stringify(stack('one'))})`;
    const killed = spawn(process.execPath, ['-e', command], { stdio: 'ignore', env: process.env });
    for (let tries = 0; tries < 250 && starts().length === 0; tries++) await sleep(20);
    killed.kill('SIGKILL');
    expect(starts()).toHaveLength(1);
    expect(await gone(starts()[0]?.[0] ?? '')).toBe(true);
  });
});
