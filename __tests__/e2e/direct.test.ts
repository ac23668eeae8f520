import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { useLab } from '../support/lab';
import { command, describeWith, providers } from '../support/requirements';
import { type Outcome, runCommand, type Watch } from '../support/workspace';

jest.setTimeout(300_000);

const ROOT = path.join(__dirname, '..', '..');
const DEV = 'app-shop-dev';

/** Three envs; `guest` is the guest map of dev. */
const inventory = (guest = '{}', more = ''): string => `configure: false
app_projects:
  shop:
    app_type: none
    envs:
      dev: {name: shop-dev, vmid: 301, ip: 10.0.10.31/24, gateway: 10.0.10.1, guest: ${guest}${more}}
      qa: {name: shop-qa, vmid: 302, ip: 10.0.10.32/24, gateway: 10.0.10.1}
      prod: {name: shop-prod, vmid: 303, ip: 10.0.10.33/24, gateway: 10.0.10.1}
`;
const NEW = (env: string, vmid: number): string =>
  `app-shop-${env}\n  + guest ${vmid} (shop-${env}): a container, on pve, 2 cores, 2048 MiB, 8 GiB on local-lvm, 10.0.10.${vmid - 270}/24\n`;

describeWith([providers, command('curl')], 'the direct way, with the real provider', () => {
  const lab = useLab();
  let temporary: string;

  beforeAll(() => {
    execFileSync(process.execPath, [path.join(ROOT, 'scripts', 'build.js')], { stdio: 'ignore' });
  });
  beforeEach(() => {
    temporary = mkdtempSync(path.join(os.tmpdir(), 'direct-'));
  });
  // Saved plans hold the values of variables.
  afterEach(() => {
    expect(readdirSync(temporary).filter((name) => name.startsWith('pvestack-'))).toEqual([]);
    rmSync(temporary, { recursive: true });
  });

  const write = (text: string): void => {
    writeFileSync(path.join(lab.workspace.root, 'inventory.yml'), text);
  };
  const run = (args: readonly string[], watch: Watch = {}): Promise<Outcome> =>
    runCommand(process.execPath, [path.join(ROOT, 'bin', 'pvestack.js'), ...args], {
      ...watch,
      cwd: lab.workspace.root,
      env: { ...process.env, ...lab.workspace.env, APP_INVENTORY: 'inventory.yml', TMPDIR: temporary },
    });
  const pvestack = (...args: string[]): Promise<Outcome> => run(args);
  /** Without how long it took, and what the checks before a create say. */
  const calm = ({ code, output }: Outcome): [number | null, string] => [
    code,
    output.replace(/\d+\.\d s/g, 'T s').replace(/^(\S+ {2})?preflight: .*\n/gm, ''),
  ];

  test('from nothing to nothing: plan, deploy, change, drift, replace, destroy', async () => {
    write(inventory());
    expect(calm(await pvestack('plan', 'all', '--detailed-exitcode'))).toEqual([
      2,
      NEW('dev', 301) + NEW('prod', 303) + NEW('qa', 302),
    ]);
    expect(calm(await pvestack('deploy', 'shop', '--auto-approve'))).toEqual([
      1,
      `${NEW('dev', 301)}${NEW('prod', 303)}${NEW('qa', 302)}  app-shop-dev   done, T s
  app-shop-qa    done, T s
  app-shop-prod  not done: it is prod, so it asks for itself, and here is no terminal: --yes app-shop-prod
`,
    ]);
    expect([...lab.emulator.state.guests.keys()].sort()).toEqual([301, 302]);
    expect(calm(await pvestack('plan', 'shop:dev', '--detailed-exitcode'))).toEqual([
      0,
      `${DEV}: nothing to do\n`,
    ]);
    // Terraform and the cdktf CLI find the same folders and states.
    expect((await lab.workspace.plan(DEV)).code).toBe(0);

    write(inventory('{memory: 3072, cores: 3, tags: [blue]}'));
    const change = `${DEV}
  ~ guest: cores 2 → 3
  ~ guest: memory 2048 → 3072 (restarts it)
  ~ guest: tags
      + blue
`;
    expect(calm(await pvestack('deploy', DEV, '--auto-approve'))).toEqual([
      0,
      `${change}  ${DEV}  done, T s\n`,
    ]);

    lab.emulator.changeGuest(301, { running: false, config: { cores: 7 } });
    expect(calm(await pvestack('plan', DEV))).toEqual([
      0,
      `${DEV}
  ! guest: cores 7 → 3, as somebody changed it in Proxmox
  ! guest: runs false → true, as somebody changed it in Proxmox
`,
    ]);
    expect((await pvestack('deploy', DEV, '--auto-approve')).code).toBe(0);

    write(inventory('{memory: 3072, cores: 3, tags: [blue], disk_storage: local}'));
    const loss = 'guest 301 (shop-dev): destroys it with its disk and all that is on it, and makes a new one';
    const replacement = `${DEV}
  !! REPLACES ${loss}
  ~ guest: disk_storage local-lvm → local (replaces it)
`;
    lab.emulator.log.clear();
    expect(calm(await pvestack('deploy', DEV, '--auto-approve'))).toEqual([
      1,
      `${replacement}  ${DEV}  not done: it REPLACES ${loss}, so it asks for itself, and here is no terminal: --yes-destroy ${DEV}\n`,
    ]);
    expect(lab.writes()).toEqual([]);
    expect(calm(await pvestack('deploy', DEV, '--auto-approve', '--yes-destroy', DEV))).toEqual([
      0,
      `${replacement}  ${DEV}  done, T s\n`,
    ]);

    // Nobody destroys by an answer to another question, or for another stack.
    const standing = lab.emulator.state.guests.get(301)?.config.get('tags');
    lab.emulator.log.clear();
    const absent = inventory(
      '{memory: 3072, cores: 3, tags: [blue], disk_storage: local}',
      ', state: absent',
    );
    for (const [text, ...args] of [
      [undefined, 'destroy', DEV],
      [undefined, 'destroy', DEV, '--yes', DEV],
      [undefined, 'destroy', DEV, '--yes-destroy', 'app-shop-qa'],
      [absent, 'deploy', DEV],
      [absent, 'deploy', 'all', '--yes', DEV],
    ]) {
      if (text !== undefined) write(text);
      expect(await pvestack(...(args as string[]), '--auto-approve')).toEqual({
        code: 1,
        output: expect.stringMatching(
          /not done: it DESTROYS guest 301 .*--yes-destroy app-shop-dev/,
        ) as string,
      });
    }
    // A namesake comes in its place while the plan is read.
    for (const name of ['destroy', 'deploy']) {
      lab.emulator.changeGuest(301, { config: { tags: String(standing) } });
      const refused = await run([name, DEV, '--auto-approve', '--yes-destroy', DEV], {
        onOutput: (said) => {
          if (said.includes('!! DESTROYS'))
            lab.emulator.changeGuest(301, { config: { tags: `${DEV};owner-0123456789ab` } });
        },
      });
      expect([refused.code, refused.output]).toEqual([1, expect.stringContaining('Nothing was touched')]);
    }
    expect(lab.writes()).toEqual([]);
    lab.emulator.changeGuest(301, { config: { tags: String(standing) } });
    write(inventory('{memory: 3072, cores: 3, tags: [blue], disk_storage: local}'));

    const destroyed = await pvestack('destroy', 'shop:dev', '--auto-approve', '--yes-destroy', DEV);
    expect(calm(destroyed)).toEqual([
      0,
      `${DEV}\n  !! DESTROYS guest 301 (shop-dev) with its disk and all that is on it\n  ${DEV}  done, T s\n`,
    ]);
    expect([...lab.emulator.state.guests.keys()]).toEqual([302]);
  });

  test("--full shows Terraform's own text; a guard's refusal is said as it is", async () => {
    write(inventory());
    const full = await pvestack('plan', DEV, '--full');
    expect(full.output).toContain('# proxmox_virtual_environment_container.guest will be created');
    lab.emulator.addGuest({
      vmid: 301,
      type: 'lxc',
      node: 'pve',
      running: true,
      config: { hostname: 'mail' },
    });
    const refused = await pvestack('deploy', DEV, '--auto-approve');
    expect([refused.code, refused.output.replace(/\s+/g, ' ')]).toEqual([
      1,
      expect.stringContaining(
        'app-shop-dev failed: Resource precondition failed VMID 301 belongs to container 301 (mail)',
      ),
    ]);
    expect(refused.output).not.toContain('cdk.tf.json');
    expect(refused.output).toContain('To go on: pvestack deploy app-shop-dev');
    expect(lab.writes()).toEqual([]);
  });

  test('a provider that is not the one of the lock file runs for no stack', async () => {
    write(inventory());
    expect((await pvestack('deploy', DEV, '--auto-approve')).code).toBe(0);
    const lock = path.join(lab.workspace.folder(DEV), '.terraform.lock.hcl');
    const sums = readFileSync(lock, 'utf8');
    writeFileSync(
      lock,
      sums.replace(/"(h1|zh):[^"]*"/g, '"h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="'),
    );
    const refused = await pvestack('plan', DEV);
    expect([refused.code, refused.output]).toEqual([1, expect.stringMatching(/checksums/)]);
    writeFileSync(lock, sums);
    expect((await pvestack('plan', DEV)).output).toBe(`${DEV}: nothing to do\n`);
  });

  test('another backend, and the state of one that is gone', async () => {
    write(inventory());
    expect((await pvestack('deploy', DEV, '--auto-approve')).code).toBe(0);
    write(`backend: {type: local, path: elsewhere}\n${inventory()}`);
    const moved = await pvestack('plan', DEV);
    expect([moved.code, moved.output]).toEqual([1, expect.stringContaining('pvestack forget app-shop-dev')]);
    expect(moved.output).toContain('pvestack migrate app-shop-dev');
    write(inventory());
    lab.emulator.removeGuest(301);
    expect((await pvestack('forget', DEV, '--yes-forget', DEV)).code).toBe(0);
    expect(calm(await pvestack('deploy', DEV, '--auto-approve'))[0]).toBe(0);
  });

  test('a protected guest whose create failed half-way: what it is, and the ways on', async () => {
    write(inventory('{protection: true}'));
    lab.emulator.faults.add({ kind: 'error', method: 'GET', path: '/nodes/*/lxc/301/config' });
    expect((await pvestack('deploy', DEV, '--auto-approve')).code).toBe(1);
    lab.emulator.faults.remove();
    const held = await pvestack('deploy', DEV, '--auto-approve', '--yes-destroy', DEV);
    expect([held.code, held.output]).toEqual([1, expect.stringContaining('its create failed half-way')]);
    const [, folder = '', address = ''] = /cd (\S+) && terraform untaint (\S+)/.exec(held.output) ?? [];
    await lab.workspace.terraform(path.basename(folder), ['untaint', address]);
    expect((await pvestack('deploy', DEV, '--auto-approve')).code).toBe(0);
    expect(lab.emulator.state.guests.get(301)?.config.get('protection')).toBe(1);
  });

  test('a state that somebody holds: who, since when; and waiting for it', async () => {
    lab.emulator.faults.add({ kind: 'slow', method: 'POST', path: '/nodes/pve/lxc', delayMs: 6000 });
    write(inventory());
    let second: Promise<Outcome> | undefined;
    const first = run(['deploy', DEV, '--auto-approve'], {
      onOutput: (text) => {
        if (text.includes('preflight:')) second ??= pvestack('plan', DEV);
      },
    });
    expect((await first).code).toBe(0);
    const held = (await second) ?? { code: 0, output: '' };
    expect([held.code, held.output]).toEqual([
      1,
      expect.stringMatching(/app-shop-dev {2}failed: \S+@\S+ holds the state since \S+ \S+ UTC \(apply\)\./),
    ]);
    expect(held.output).toContain('pvestack plan app-shop-dev --lock-timeout 10m');
    expect((await pvestack('plan', DEV, '--lock-timeout', '30s')).code).toBe(0);
  });

  test('interrupted once, Terraform ends what it has begun, and the rest is not begun', async () => {
    lab.emulator.faults.add({ kind: 'slow', method: 'POST', path: '/nodes/pve/lxc', delayMs: 3000 });
    write(inventory());
    let kill: (signal: NodeJS.Signals) => void = () => undefined;
    let isKilled = false;
    const { code, output } = await run(
      ['deploy', 'shop:dev', 'shop:qa', '--auto-approve', '--parallel', '1'],
      {
        onStart: (send) => {
          kill = send;
        },
        onOutput: (text) => {
          if (!isKilled && text.includes('preflight:')) {
            isKilled = true;
            setTimeout(() => {
              kill('SIGINT');
            }, 500);
          }
        },
      },
    );
    expect([code, output]).toEqual([
      130,
      expect.stringContaining('Interrupted: Terraform ends what it has begun, and nothing more is begun.'),
    ]);
    expect(output).toMatch(/app-shop-qa {3}not begun\n {2}app-shop-dev {2}interrupted/);
    expect(output).toMatch(/To go on: pvestack deploy app-shop-dev app-shop-qa\n$/);
    lab.emulator.faults.remove();
    expect((await pvestack('deploy', 'shop:dev', 'shop:qa', '--auto-approve')).code).toBe(0);
    expect([...lab.emulator.state.guests.keys()].sort()).toEqual([301, 302]);
  });
});
