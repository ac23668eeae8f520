import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { AppRepository, BAKED, git, serveGit } from '../support/app-fixture';
import { realGuests, useRealLab } from '../support/real-lab';
import { describeWith, providers } from '../support/requirements';
import type { Outcome } from '../support/workspace';

// The first test of a machine builds the base image.
jest.setTimeout(600_000);

const ROOT = path.join(__dirname, '..', '..');
const STACK = 'app-shop-dev';
const ADDRESS = '10.0.10.61';
const GUEST = 'proxmox_virtual_environment_container.guest';

describeWith([realGuests, providers, git], 'a deploy in stages, by pvestack provision and configure', () => {
  const lab = useRealLab({ lab: BAKED });
  const repository = new AppRepository();
  let stop = (): void => undefined;
  let temporary: string;

  const write = (memory: number, logLevel = 'info'): void => {
    writeFileSync(
      path.join(lab.workspace.root, 'inventory.yml'),
      `proxmox_host: ${lab.emulator.url}
ssh_public_keys: [${lab.publicKey}]
guest: {memory: ${memory}, lxc_ostemplate: "local:vztmpl/debian-12-baked_1_amd64.tar.zst"}
app_projects:
  shop:
    repo: git://10.0.10.1/app
    backend_health_path: /health
    env_vars: {TITLE: Shop, LOG_LEVEL: ${logLevel}}
    envs:
      dev: {name: shop-dev, vmid: 361, ip: ${ADDRESS}/24, gateway: 10.0.10.1, branch: dev}
`,
    );
  };
  const pvestack = (...args: string[]): Promise<Outcome> =>
    lab.exec(process.execPath, [path.join(ROOT, 'bin', 'pvestack.js'), ...args], {
      cwd: lab.workspace.root,
      env: { APP_INVENTORY: 'inventory.yml', TF_VAR_ssh_private_key_file: lab.privateKey, TMPDIR: temporary },
    });
  /** What a run changed on the guest. */
  const did = ({ output }: Outcome): string[] =>
    output.match(/^\w+: +(changed|removed|restarted) .*$/gm) ?? [];
  /** Which processes run, since when the guest is up, and how much memory Proxmox gives it. */
  const running = async (): Promise<unknown[]> => [
    await lab.ssh(
      ADDRESS,
      'systemctl show --property=MainPID,ActiveEnterTimestampMonotonic ssh app-backend app-frontend; cat /proc/sys/kernel/random/boot_id; stat -c %Y /proc/1',
    ),
    lab.emulator.state.guests.get(361)?.config.get('memory'),
  ];

  beforeAll(async () => {
    execFileSync(process.execPath, [path.join(ROOT, 'scripts', 'build.js')], { stdio: 'ignore' });
    stop = await serveGit(lab, repository);
    lab.workspace.env['TF_VAR_ssh_private_key_file'] = lab.privateKey;
    temporary = path.join(lab.workspace.root, 'tmp');
    mkdirSync(temporary);
  });
  afterAll(() => {
    stop();
    repository.remove();
  });
  // Saved plans hold the values of variables.
  afterEach(() => {
    expect(readdirSync(temporary).filter((name) => name.startsWith('pvestack-'))).toEqual([]);
  });

  test('provision makes the guest and does nothing in it', async () => {
    write(512);
    expect(await pvestack('provision', 'shop')).toEqual({
      code: 1,
      output: 'This is no terminal to ask in: give --auto-approve to apply without asking.\n',
    });
    expect(lab.emulator.state.guests.size).toBe(0);

    const { code, output } = await pvestack('provision', 'shop', '--auto-approve');
    expect([code, output]).toEqual([
      0,
      expect.stringContaining('  + guest 361 (shop-dev): a container, on pve'),
    ]);
    expect(output).not.toContain('base_os');
    await lab.waitForSsh(ADDRESS);
    expect((await lab.ssh(ADDRESS, 'ls -d /var/lib/pvestack /srv/app 2>/dev/null | wc -l')).output).toBe(
      '0\n',
    );

    const again = await pvestack('provision', 'all', '--auto-approve');
    expect(again).toEqual({ code: 0, output: `${STACK}: nothing to do\n` });
  });

  test('configure does the rest; once more, every line is ok and nothing restarts', async () => {
    const first = await pvestack('configure', STACK, '--auto-approve');
    expect([first.code, first.output]).toEqual([
      0,
      expect.stringContaining('  + commit the head of the branch by then: nothing is deployed yet'),
    ]);
    expect(did(first)).toContain(`release: changed  release ${repository.git('rev-parse', 'HEAD')}`);
    expect((await lab.exec('curl', ['-sm', '5', `http://${ADDRESS}:3001/`])).output).toBe('one');
    const plan = await lab.workspace.plan(STACK);
    expect([plan.code, plan.output]).toEqual([0, expect.stringContaining('No changes.')]);

    const before = await running();
    const again = await pvestack('configure', STACK, '--auto-approve');
    expect([again.code, did(again)]).toEqual([0, []]);
    for (const layer of ['base_os', 'app', 'release'])
      expect(again.output).toMatch(new RegExp(`^${layer}: +done +${layer}: nothing to do$`, 'm'));
    expect(again.output.match(/^\w+: +ok .*$/gm)?.length).toBeGreaterThan(30);
    expect(await running()).toEqual(before);
  });

  test('configure refuses when the guest would change, too, and provision does only that', async () => {
    write(768, 'debug');
    const before = await running();
    const refused = await pvestack('configure', STACK, '--auto-approve');
    expect([refused.code, refused.output]).toEqual([
      1,
      expect.stringContaining(
        `more than configure would happen: ${GUEST}. Nothing was touched. Review and deploy these first: pvestack deploy ${STACK}`,
      ),
    ]);
    expect(await running()).toEqual(before);

    const provisioned = await pvestack('provision', STACK, '--auto-approve');
    expect([provisioned.code, did(provisioned)]).toEqual([0, []]);
    expect((await running())[1]).toBe(768);
    await lab.waitForSsh(ADDRESS);
    expect((await lab.ssh(ADDRESS, 'grep LOG_LEVEL /srv/app/.env.dev')).output).toContain('info');

    const configured = await pvestack('configure', STACK, '--auto-approve');
    expect([configured.code, did(configured)]).toEqual([
      0,
      [
        'app: changed  /srv/app/.env.dev',
        'app: changed  app-backend.service is restarted',
        'app: changed  app-frontend.service is restarted',
      ],
    ]);
  });
});
