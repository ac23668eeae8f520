import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
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

describeWith(
  [realGuests, providers, git],
  'a deploy in stages, by pvestack provision, configure and release',
  () => {
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
        env: {
          APP_INVENTORY: 'inventory.yml',
          TF_VAR_ssh_private_key_file: lab.privateKey,
          TMPDIR: temporary,
        },
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
      expect([first.code, first.output]).toEqual([0, expect.stringContaining('  + layer app\n')]);
      expect(first.output).not.toMatch(/[+~] commit /);
      const released = await pvestack('release', STACK, '--auto-approve');
      const commit = repository.git('rev-parse', 'HEAD');
      expect([released.code, released.output]).toEqual([
        0,
        expect.stringContaining(`${STACK}\n  + commit ${commit.slice(0, 7)} (TF_VAR_release: dev)\n`),
      ]);
      expect(did(released)).toContain(`release: changed  release ${repository.git('rev-parse', 'HEAD')}`);
      expect((await lab.exec('curl', ['-sm', '5', `http://${ADDRESS}:3001/`])).output).toBe('one');
      const plan = await lab.workspace.plan(STACK);
      expect([plan.code, plan.output]).toEqual([0, expect.stringContaining('No changes.')]);

      const before = await running();
      // A commit that was pushed since is nothing that configure ships.
      repository.commit('two');
      const again = await pvestack('configure', STACK, '--auto-approve');
      expect([again.code, did(again)]).toEqual([0, []]);
      for (const layer of ['base_os', 'app'])
        expect(again.output).toMatch(new RegExp(`^${layer}: +done +${layer}: nothing to do$`, 'm'));
      expect(again.output.match(/^\w+: +ok .*$/gm)?.length).toBeGreaterThan(30);
      expect(await running()).toEqual(before);
      repository.undo();
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

    /** A commit as a plan names it. */
    const named = (commit: string): string =>
      `${commit.slice(0, 7)} "${repository.git('log', '-1', '--format=%s', commit)}"`;

    test('a release that failed is not tried again by a change of something else, but where it is asked for', async () => {
      const good = repository.git('rev-parse', 'HEAD').slice(0, 7);
      const bad = repository
        .commit('broken', { 'backend/package.json': '{"name": "b", "scripts": {"build": "exit 3"}}' })
        .slice(0, 7);
      const failed = await pvestack('deploy', STACK, '--auto-approve');
      expect([failed.code, failed.output]).toEqual([
        1,
        expect.stringContaining(`  ~ commit ${named(good)} → ${named(bad)}, 1 commit\n`),
      ]);
      expect(failed.output).toMatch(/failed, \d+\.\d s: release failed; nothing is through/);
      expect(failed.output).toContain(`${good} runs on, nothing was switched.`);

      const note = `note: ${good} runs and stays: the deploy of ${bad}, at which the branch dev is, has failed.`;
      write(768, 'trace');
      const other = await pvestack('deploy', STACK, '--auto-approve');
      expect([other.code, other.output]).toEqual([0, expect.stringContaining(note)]);
      expect(other.output).toContain(`  ~ commit ${good} stays, after a deploy that failed\n`);
      const plan = await pvestack('plan', STACK);
      expect(plan.output).toBe(
        `${STACK}: nothing to do\n  ${note} A new commit or pvestack release tries again.\n`,
      );

      const asked = await pvestack('release', STACK, '--auto-approve');
      expect([asked.code, asked.output]).toEqual([
        1,
        expect.stringContaining(`  ~ commit ${named(good)} → ${named(bad)} `),
      ]);
      repository.undo();
      const mended = repository.commit('mended').slice(0, 7);
      const deployed = await pvestack('deploy', STACK, '--auto-approve');
      expect([deployed.code, deployed.output]).toEqual([
        0,
        expect.stringContaining(
          `  ~ commit ${named(good)} → ${named(mended)}, 1 commit, after a deploy that failed\n`,
        ),
      ]);
    });

    test('release in the inventory pins a tag; TF_VAR_release overrides it; promote writes what runs', async () => {
      const two = repository.git('rev-parse', 'HEAD');
      repository.git('tag', 'v1', 'HEAD~1');
      const file = path.join(lab.workspace.root, 'inventory.yml');
      const qa =
        '      qa: {name: shop-qa, vmid: 362, ip: 10.0.10.62/24, gateway: 10.0.10.1, branch: dev} # later\n';
      const text = `${readFileSync(file, 'utf8')}${qa}`;
      writeFileSync(file, text.replace('branch: dev}\n', 'branch: dev, release: v1}\n'));
      const pinned = await pvestack('plan', STACK);
      const one = repository.git('rev-parse', 'v1^{commit}').slice(0, 7);
      expect(pinned.output).toContain(
        `  ~ commit ${named(two)} → ${named(one)} (release in the inventory: v1)\n`,
      );
      const by = await pvestack('release', STACK, two, '--auto-approve');
      expect([by.code, by.output]).toEqual([0, `${STACK}: nothing to do\n`]);

      const promoted = await pvestack('promote', 'shop:dev', 'shop:qa');
      expect([promoted.code, promoted.output]).toEqual([
        0,
        expect.stringMatching(
          new RegExp(
            `^app-shop-dev runs ${two.slice(0, 7)} ".+", since 20\\S+Z, by \\S+\\ninventory.yml: what runs on app-shop-dev, for app-shop-qa\\n`,
          ),
        ),
      ]);
      // It is pinned at what it does not run.
      expect((await pvestack('status', STACK)).output).toContain('pinned at v1 by the inventory');
      expect(readFileSync(file, 'utf8')).toContain(
        qa.replace('branch: dev}', `branch: dev, release: ${two}}`),
      );
      expect((await pvestack('promote', 'shop:dev', 'shop:qa')).output).toContain(
        `has release: ${two} already.`,
      );
    });
  },
);
