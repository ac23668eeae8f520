import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { Report } from '../../cli/status/report';
import { AppRepository, BAKED, git, serveGit } from '../support/app-fixture';
import { realGuests, useRealLab } from '../support/real-lab';
import { describeWith, providers } from '../support/requirements';
import { type Outcome, runCommand } from '../support/workspace';

// The first test of a machine builds the base image.
jest.setTimeout(600_000);

const ROOT = path.join(__dirname, '..', '..');
const STACK = 'app-shop-dev';
const ADDRESS = '10.0.10.68';

describeWith([realGuests, providers, git], 'what people see and do, day by day', () => {
  const lab = useRealLab({ lab: BAKED });
  const repository = new AppRepository();
  const first = repository.git('rev-parse', 'HEAD');
  let second: string;
  let stop = (): void => undefined;

  const pvestack = (...args: string[]): Promise<Outcome> =>
    lab.exec(process.execPath, [path.join(ROOT, 'bin', 'pvestack.js'), ...args], {
      cwd: lab.workspace.root,
      env: {
        APP_INVENTORY: 'inventory.yml',
        TF_VAR_ssh_private_key_file: lab.privateKey,
        PVESTACK_BY: 'ann@example.lan',
      },
    });
  /** A command that has to succeed. @returns what it printed */
  const done = async (...args: string[]): Promise<string> => {
    const { code, output } = await pvestack(...args);
    expect([code, output]).toEqual([0, output]);
    return output.trimEnd();
  };
  const status = async (): Promise<Report[]> =>
    JSON.parse((await pvestack('status', '--json')).output) as Report[];
  const own = async (): Promise<Report | undefined> => (await status()).find(({ stack }) => stack === STACK);
  const apply = async (): Promise<void> => {
    const { code, output } = await lab.workspace.apply(STACK);
    expect([code, output]).toEqual([0, expect.stringContaining('Apply complete!')]);
  };
  const nothingToDo = async (): Promise<void> => {
    const { code, output } = await lab.workspace.plan(STACK);
    expect([code, output]).toEqual([0, expect.stringContaining('No changes.')]);
  };
  const answer = async (): Promise<string> =>
    (await lab.exec('curl', ['-sm', '5', `http://${ADDRESS}:3001/`])).output;

  beforeAll(async () => {
    execFileSync(process.execPath, [path.join(ROOT, 'scripts', 'build.js')], { stdio: 'ignore' });
    stop = await serveGit(lab, repository);
    lab.workspace.env['TF_VAR_ssh_private_key_file'] = lab.privateKey;
    lab.workspace.env['PVESTACK_BY'] = 'ci@example.lan';
    const env = (vmid: number, address: string): object => ({
      name: `shop-${vmid}`,
      ...{ vmid, ip: `${address}/24`, gateway: '10.0.10.1', branch: 'dev' },
    });
    lab.workspace.synth(
      JSON.stringify({
        proxmox_host: lab.emulator.url,
        ssh_public_keys: [lab.publicKey],
        guest: { lxc_ostemplate: 'local:vztmpl/debian-12-baked_1_amd64.tar.zst', protection: false },
        app_projects: {
          shop: {
            repo: 'git://10.0.10.1/app',
            backend_health_path: '/health',
            health_timeout: 8,
            env_vars: { LOG_LEVEL: 'info' },
            postgresql: {},
            run_jobs: true,
            jobs: { count: { run: 'echo counted', at: 'daily' } },
            envs: { dev: env(368, ADDRESS), gone: env(369, '10.0.10.69'), bare: env(370, '10.0.10.70') },
          },
        },
      }),
    );
    await lab.addGuest(370, '10.0.10.70/24');
    await apply();
  });
  afterAll(() => {
    stop();
    repository.remove();
  });

  test('status: a guest that is well, one that is new, one that is dead, which costs two seconds', async () => {
    const took = async (...args: string[]): Promise<number> => {
      const started = Date.now();
      await pvestack(...args);
      return Date.now() - started;
    };
    const { code, output } = await pvestack('status');
    expect([code, output.split('\n').map((line) => line.replace(/ +/g, ' ').trim())]).toEqual([
      1,
      [
        'stack state commit live by behind disk memory backup',
        'app-shop-bare new nothing is configured on it yet',
        expect.stringMatching(
          `^app-shop-dev well ${first.slice(0, 7)} one (just now|\\d min) ci@example.lan 0 \\d+ % \\d+ % (just now|\\d min)$`,
        ),
        expect.stringMatching(/^app-shop-gone dead (does not answer|cannot be reached: No route to host)$/),
        '',
      ],
    ]);
    // What a busy machine costs besides, the other one costs as well.
    expect((await took('status', 'app-shop-gone')) - (await took('list'))).toBeLessThan(4000);
    expect((await pvestack('status', STACK)).code).toBe(0);
  });

  test('status --watch asks again over one connection, and leaves neither that nor a file', async () => {
    const temporary = path.join(lab.workspace.root, 'tmp');
    mkdirSync(temporary);
    const [file = '', ...args] = lab.wrap([
      process.execPath,
      path.join(ROOT, 'bin', 'pvestack.js'),
      ...['status', STACK, '--watch', '1'],
    ]);
    const masters = async (): Promise<string> =>
      (
        await lab.exec('sh', ['-c', "ps -eo args | grep -c '[s]sh.*ControlPath.*pvestack-c-' || true"])
      ).output.trim();
    const logins = async (): Promise<number> =>
      Number((await lab.ssh(ADDRESS, 'journalctl -q -u ssh -o cat | grep -c "Accepted publickey"')).output);
    const before = await logins();
    let kill: ((signal: NodeJS.Signals) => void) | undefined;
    let rows = 0;
    const { code } = await runCommand(file, args, {
      cwd: lab.workspace.root,
      env: {
        ...process.env,
        ...lab.env,
        APP_INVENTORY: 'inventory.yml',
        TF_VAR_ssh_private_key_file: lab.privateKey,
        TMPDIR: temporary,
      },
      group: true,
      onStart: (signal) => (kill = signal),
      onOutput: (text) => {
        rows += text.split(`${STACK} `).length - 1;
        if (rows >= 3) kill?.('SIGINT');
      },
    });
    expect([code, rows >= 3]).toEqual([130, true]);
    // One for the watch, and one for each question of this test.
    expect((await logins()) - before).toBe(2);
    expect([await masters(), readdirSync(temporary)]).toEqual(['0', []]);
  });

  test('logs, and a name that is none', async () => {
    await lab.ssh(ADDRESS, "printf 'x\\033[31mred\\007\\n' | systemd-cat; systemctl start app-job-count");
    expect(await done('logs', STACK, 'backend', '-n', '5')).toContain('app-backend.service');
    expect(await done('logs', STACK, 'count')).toBe('counted');
    expect(await pvestack('logs', STACK, 'bakend')).toEqual({
      code: 1,
      output: 'There is no service or job bakend. There are: backend, frontend and the jobs count.\n',
    });
    expect(await pvestack('logs', 'app-shop-dve')).toEqual({
      code: 1,
      output: expect.stringContaining(
        '"app-shop-dve" is no stack and no project: did you mean app-shop-dev',
      ) as string,
    });
  });

  test('run: as the application, in its sandbox and release; arguments, input and exit code are passed on', async () => {
    expect(
      await pvestack(
        'run',
        STACK,
        '--',
        'sh',
        '-c',
        'id -un; pwd -P; echo "$LOG_LEVEL $1"; touch /etc/x',
        'sh',
        "it's $HOME",
      ),
    ).toEqual({
      code: 1,
      output: expect.stringMatching(
        /^app\n\/srv\/app\/releases\/n000001-.*\ninfo it's \$HOME\ntouch: cannot touch '\/etc\/x': Read-only file system\n$/,
      ) as string,
    });
  });

  test('run: the exit code, a service’s folder, a program that is not there', async () => {
    expect((await pvestack('run', STACK, '--', 'sh', '-c', 'exit 7')).code).toBe(7);
    expect(await done('run', STACK, '--service', 'backend', '--', 'sh', '-c', 'pwd; echo $PORT')).toMatch(
      /^\/srv\/app\/releases\/n000001-.*\/backend\n3001$/,
    );
    expect((await pvestack('run', STACK, '--', 'nonesuch')).code).toBe(127);
    expect(await done('ssh', STACK, '--', 'id', '-un')).toBe('root');
    expect(
      (await lab.ssh(ADDRESS, 'systemctl list-units --all "pvestack-run*" --no-legend | wc -l')).output,
    ).toBe('0\n');
  });

  test('restart: of one service or all; a service that is not well is said', async () => {
    expect(await done('restart', STACK, 'backend')).toMatch(/^restarted app-backend.service, \d+\.\d s$/);
    expect(await done('restart', STACK)).toMatch(/^restarted app-backend.service app-frontend.service, /);
    expect((await pvestack('restart', STACK, 'worker')).output).toBe(
      'deploy_app.sh: there is no service worker; there are: backend, frontend\n',
    );
  });

  test('db, backup and restore', async () => {
    expect(
      await done(
        'db',
        STACK,
        '--',
        '-Atc',
        'CREATE TABLE t AS SELECT 1 AS i',
        '-c',
        'SELECT current_user, tableowner FROM pg_tables WHERE tablename = $$t$$',
      ),
    ).toContain('app|app');
    // What the application put there has no more rights than the application, whoever reads it.
    const trap = `CREATE FUNCTION own() RETURNS int LANGUAGE plpgsql AS $$BEGIN
      PERFORM set_config('role', 'none', true); COPY (SELECT 1) TO PROGRAM 'touch /tmp/owned'; RETURN 1; END$$`;
    await done('db', STACK, '--', '-qc', trap, '-qc', 'CREATE VIEW people AS SELECT own()');
    const hostile = await pvestack('db', STACK, '--', '-c', 'SELECT * FROM people');
    expect([hostile.code, hostile.output]).toEqual([1, expect.stringMatching(/superuser|permission denied/)]);
    await done('db', STACK, '--', '-qc', 'DROP VIEW people', '-qc', 'DROP FUNCTION own');
    const dump = (await done('backup', STACK)).split('\n').at(-1) ?? '';
    expect(dump).toMatch(/^\/var\/backups\/pvestack\/shop-by-hand-n\d{6}-.*\.dump$/);
    await done('db', STACK, '--', '-qc', 'INSERT INTO t VALUES (2)');
    const name = path.basename(dump);
    expect(await done('restore', STACK)).toMatch(new RegExp(`^made +size +dump\n\\S+ +0.0 MiB +${name}\n`));
    expect(await pvestack('restore', STACK, name)).toEqual({
      code: 1,
      output: `This is no terminal to ask in: give --yes ${STACK} to go on.\n`,
    });
    expect((await pvestack('restore', STACK, name, '--yes', 'app-shop-gone')).output).toBe(
      `"app-shop-gone" is not ${STACK}: nothing was done.\n`,
    );
    expect(await done('restore', STACK, name, '--yes', STACK)).toContain(`restored ${dump}`);
    expect(await done('db', STACK, '--', '-Atc', 'SELECT count(*) FROM t')).toBe('1');
    expect((await own())?.backup).toMatch(/^20/);
  });

  test('releases, a failed one, rollback, unhold; status says each', async () => {
    second = repository.commit('two \u001b[31m!', { 'backend/version': 'two' });
    expect(await own()).toMatchObject({ state: 'well', commit: first, behind: 1 });
    await apply();
    expect(await answer()).toBe('two');
    const third = repository.commit('three', { 'backend/package.json': '{' });
    expect((await lab.workspace.apply(STACK)).code).toBe(1);
    expect(await own()).toMatchObject({ commit: second, subject: 'two !', behind: 1, failed: third });
    expect((await done('releases', STACK)).split('\n').map((line) => line.replace(/ +/g, ' '))).toEqual([
      ' when commit result by subject',
      expect.stringMatching(`^ \\S+Z ${third.slice(0, 7)} failed: (install|build) ci@example.lan three$`),
      expect.stringMatching(`^live \\S+Z ${second.slice(0, 7)} deployed ci@example.lan two !$`),
      expect.stringMatching(`^kept \\S+Z ${first.slice(0, 7)} deployed ci@example.lan one$`),
    ]);
    expect(await done('rollback', STACK)).toContain(`rollback ${second.slice(0, 7)} → ${first.slice(0, 7)}`);
    expect(await answer()).toBe('one');
    expect(await own()).toMatchObject({ commit: first, by: 'ann@example.lan', held: first });
    expect((await pvestack('rollback', STACK, 'fffffff')).output).toContain('there is no release fffffff');
    expect(await done('rollback', STACK, second.slice(0, 7))).toContain('held');
    expect(await answer()).toBe('two');
    expect(await done('unhold', STACK)).toBe('unheld   the next deploy follows the branch');
    expect((await own())?.held).toBeUndefined();
    repository.undo();
    await apply();
  });

  test('maintenance: the services stand still, which is no drift, also after a deploy and a restart of them', async () => {
    expect(await done('maintenance', 'status', STACK)).toBe('off');
    expect(await done('maintenance', 'on', STACK)).toMatch(
      /^paused {3}the services are paused since \S+Z by ann@example.lan$/,
    );
    expect(await answer()).toBe('');
    expect(await own()).toMatchObject({ state: 'paused', drift: [] });
    await nothingToDo();
    expect((await pvestack('restart', STACK)).output).toContain(
      'deploy_app.sh --pause off starts the services',
    );
    const fourth = repository.commit('four', { 'backend/version': 'four' });
    await apply();
    expect(await answer()).toBe('');
    expect(await done('maintenance', 'off', STACK)).toBe(`resumed  ${fourth.slice(0, 7)} answers`);
    expect(await answer()).toBe('four');
    await nothingToDo();
    expect(await own()).toMatchObject({ state: 'well', commit: fourth, drift: [] });
  });

  test('status: a service that ended, and a file that was edited, in words', async () => {
    await lab.ssh(ADDRESS, 'systemctl stop app-backend; echo >>/etc/pvestack/deploy.conf');
    const { code, output } = await pvestack('status', STACK);
    expect([code, output]).toEqual([1, expect.stringContaining('unwell')]);
    expect(output).toContain(
      'app-backend.service: it ended (success, status 0); drift app: edited /etc/pvestack/deploy.conf',
    );
    // Another stack's guest in its place is asked nothing and does nothing.
    const whose = (await lab.ssh(ADDRESS, 'cat /etc/pvestack/owner')).output.trim();
    for (const other of ['app-other-dev owner-0123456789ab', `${STACK} owner-0123456789ab`]) {
      await lab.ssh(ADDRESS, `echo ${other} >/etc/pvestack/owner`);
      expect((await pvestack('restart', STACK)).output).toBe(
        `Another host answers at ${ADDRESS}: it says that it belongs to the stack ${other}, and this is ${whose}. Nothing was done.\n`,
      );
      expect((await own())?.state).toBe('stranger');
    }
    expect((await pvestack('logs', 'app-shop-gone')).output).toMatch(
      /^app-shop-gone \(10\.0\.10\.69\) (does not answer|cannot be reached: No route to host)\.\n$/,
    );
  });
});
