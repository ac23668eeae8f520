import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { serve } from '../support/app-fixture';
import { did, planned, said } from '../support/deploy';
import { realGuests, useRealLab } from '../support/real-lab';
import { command, describeWith, providers } from '../support/requirements';
import type { Outcome } from '../support/workspace';

// The first test of a machine builds the base images.
jest.setTimeout(600_000);

const STACK = 'app-shop-dev';
const GUEST = 301;

describeWith([realGuests, providers, command('python3')], 'base_os, on bare guests', () => {
  const lab = useRealLab();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'base-os-'));

  const synth = (options: Record<string, unknown> = {}): void => {
    const env = (vmid: number, address: string, template: string): Record<string, unknown> => ({
      name: `guest-${vmid}`,
      vmid,
      ip: `${address}/24`,
      gateway: '10.0.10.1',
      guest: { lxc_ostemplate: `local:vztmpl/${template}` },
    });
    const dev = {
      ...env(GUEST, '10.0.10.31', 'debian-12-standard_12.12-1_amd64.tar.zst'),
      ...options,
    };
    const next = env(302, '10.0.10.32', 'debian-13-standard_13.1-2_amd64.tar.zst');
    lab.workspace.synth(
      JSON.stringify({
        proxmox_host: lab.emulator.url,
        ssh_public_keys: [lab.publicKey],
        guest: { protection: false },
        app_projects: { shop: { app_type: 'none', envs: { dev, next } } },
      }),
    );
  };
  const ssh = async (script: string): Promise<string> => {
    const { code, output } = await lab.ssh(GUEST, script);
    expect([code, output]).toEqual([0, output]);
    return output.trim();
  };
  const apply = async (...args: string[]): Promise<Outcome> => {
    const outcome = await lab.workspace.apply(STACK, ...args);
    expect([outcome.code, outcome.output]).toEqual([0, expect.stringContaining('Apply complete!')]);
    return outcome;
  };
  const nothingToDo = async (stack = STACK): Promise<void> => {
    const { code, output } = await lab.workspace.plan(stack);
    expect([code, output]).toEqual([0, expect.stringContaining('No changes.')]);
  };
  /** Plans and deploys options; returns what the plan showed and what the deploy did. */
  const change = async (options: Record<string, unknown>): Promise<{ plan: string[]; done: string[] }> => {
    synth(options);
    const plan = await lab.workspace.plan(STACK);
    expect([plan.code, plan.output]).toEqual([
      2,
      expect.stringContaining('1 to add, 0 to change, 1 to destroy.'),
    ]);
    const done = did(await apply());
    return { plan: planned(plan), done: done.filter((line) => !/^(proven|done) /.test(line)) };
  };
  beforeAll(() => {
    lab.workspace.env['TF_VAR_ssh_private_key_file'] = lab.privateKey;
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test.each([
    [STACK, '10.0.10.31'],
    ['app-shop-next', '10.0.10.32'],
  ])('%s: all of it from nothing; again: every line is ok and nothing restarts', async (stack, address) => {
    synth();
    const first = await lab.workspace.apply(stack);
    expect([first.code, first.output]).toEqual([0, expect.stringContaining('Apply complete!')]);
    expect(said(first).slice(-2)).toEqual([
      expect.stringMatching(/^done {5}base_os: \d\d changed$/),
      'proven   sshd and firewall, by a fresh connection',
    ]);
    await nothingToDo(stack);

    const pids =
      'systemctl show --property=MainPID,ActiveEnterTimestampMonotonic ssh cron; systemctl --failed --no-legend';
    const before = await lab.ssh(address, pids);
    const again = await lab.workspace.apply(stack, '-replace=null_resource.base_os');
    expect(did(again)).toEqual(['done     base_os: nothing to do']);
    expect(said(again).length).toBeGreaterThan(10);
    expect(await lab.ssh(address, pids)).toEqual(before);

    const state = await lab.ssh(
      address,
      `sshd -T | grep -E '^(passwordauthentication|permitrootlogin|kbdinteractiveauthentication|x11forwarding) ' | sort
       ufw status verbose | grep -E '^(Status|Default|22/tcp +ALLOW)' | sed 's/  */ /g; s/ $//'
       runuser -u appuser -- sudo -n id -un
       stat -c '%a %U:%G %n' /root/.ssh/authorized_keys /home/appuser/.ssh /home/appuser/.ssh/authorized_keys /etc/sudoers.d/pvestack-appuser /var/lib/pvestack
       apt-config dump APT::Periodic::Unattended-Upgrade
       systemctl is-enabled apt-daily-upgrade.timer; ls /etc/systemd/system | grep undo; ls /run/pvestack /var/lib/pvestack
       systemctl is-active pvestack-undo.timer`,
    );
    expect(state.output.trim().split('\n')).toEqual([
      'kbdinteractiveauthentication no',
      'passwordauthentication no',
      // What sshd calls prohibit-password.
      'permitrootlogin without-password',
      'x11forwarding no',
      'Status: active',
      expect.stringMatching(/^Default: deny \(incoming\), allow \(outgoing\)/),
      '22/tcp ALLOW IN Anywhere',
      'root',
      '600 root:root /root/.ssh/authorized_keys',
      '700 appuser:appuser /home/appuser/.ssh',
      '600 appuser:appuser /home/appuser/.ssh/authorized_keys',
      '440 root:root /etc/sudoers.d/pvestack-appuser',
      '700 root:root /var/lib/pvestack',
      'APT::Periodic::Unattended-Upgrade "1";',
      'enabled',
      '/run/pvestack:',
      '',
      '/var/lib/pvestack:',
      'base_os',
      'kit',
      'inactive',
    ]);
  });

  test('time zone and locale come, and the locale goes again', async () => {
    const there = await change({ timezone: 'Europe/Berlin', locale: 'de_DE.UTF-8' });
    expect(there.plan).toEqual(
      expect.arrayContaining(['- timezone=Etc/UTC', '+ timezone=Europe/Berlin', '+ locale=de_DE.UTF-8']),
    );
    expect(there.done).toEqual([
      'changed  time zone Europe/Berlin',
      'changed  locale de_DE.UTF-8 is generated',
      'changed  locale de_DE.UTF-8',
    ]);
    const seen = await ssh(
      'date -d 2026-07-01 +%Z; . /etc/default/locale; LC_ALL=$LANG locale charmap; LC_ALL=$LANG date -d 2026-03-01 +%B',
    );
    expect(seen.split('\n')).toEqual(['CEST', 'UTF-8', 'März']);

    const back = await change({});
    expect(back.done).toEqual([
      'changed  time zone Etc/UTC',
      'changed  locale C.UTF-8',
      'removed  locale de_DE.UTF-8 UTF-8',
    ]);
    expect(await ssh('date +%Z; locale -a | grep -c de_DE || true')).toBe('UTC\n0');
    await nothingToDo();
  });

  test.each([
    [{ timezone: 'Europe/Nowhere' }, 'base_os: there is no time zone Europe/Nowhere on this guest'],
    [{ locale: 'xx_XX.UTF-8' }, 'base_os: there is no locale xx_XX.UTF-8 on this guest'],
    [{ packages: ['no-such-package'] }, 'base_os: apt-get could not install: no-such-package'],
  ])('%j is refused by name', async (options, message) => {
    synth(options);
    const { code, output } = await lab.workspace.apply(STACK);
    expect([code, output]).toEqual([1, expect.stringContaining(message)]);
  });

  test('Node.js of nodejs.org, with a pinned checksum', async () => {
    const version = '22.0.1';
    const name = `node-v${version}-linux-x64`;
    const bin = path.join(folder, 'mirror', `v${version}`, name, 'bin');
    mkdirSync(bin, { recursive: true });
    // In the layout of nodejs.org; a program that says its version is all that base_os looks at.
    writeFileSync(path.join(bin, 'node'), `#!/bin/sh\necho v${version}\n`);
    chmodSync(path.join(bin, 'node'), 0o755);
    cpSync(path.join(bin, 'node'), path.join(bin, 'npm'));
    execFileSync('tar', ['-cJf', `../${name}.tar.xz`, '-C', '..', name], { cwd: path.join(bin, '..') });
    const archive = path.join(folder, 'mirror', `v${version}`, `${name}.tar.xz`);
    const sum = execFileSync('sha256sum', [archive], { encoding: 'utf8' }).slice(0, 64);
    const stop = await serve(lab, 8099, [
      'python3',
      '-m',
      'http.server',
      '8099',
      '--bind',
      '10.0.10.1',
      '--directory',
      path.join(folder, 'mirror'),
    ]);
    try {
      const node = {
        node_version: version,
        node_sha256: sum,
        node_mirror: 'http://10.0.10.1:8099',
        packages: ['xz-utils'],
      };
      synth({ ...node, node_sha256: '0'.repeat(64) });
      const wrong = await lab.workspace.apply(STACK);
      expect([wrong.code, wrong.output]).toEqual([
        1,
        expect.stringContaining(
          `${name}.tar.xz has the checksum ${sum}, not the node_sha256 of the inventory; nothing was installed`,
        ),
      ]);
      expect(
        await ssh(
          'ls -d /opt/node-v* /usr/local/bin/node /var/lib/pvestack/base_os/node.tar.xz 2>/dev/null | wc -l',
        ),
      ).toBe('0');

      synth(node);
      await apply();
      await nothingToDo();
      expect(await ssh('node --version; readlink /usr/local/bin/npm; command -v node')).toBe(
        `v${version}\n/opt/node-v${version}/bin/npm\n/usr/local/bin/node`,
      );
      await ssh(`rm -r /opt/node-v${version}`);
      const drift = await lab.workspace.plan(STACK);
      expect(drift.output).toContain(`: missing /opt/node-v${version}/"`);
      await apply();
      const without = await change({});
      expect(without.done).toEqual(
        expect.arrayContaining([
          'removed  /usr/local/bin/npm',
          'removed  /usr/local/bin/node',
          `removed  /opt/node-v${version}/`,
        ]),
      );
    } finally {
      stop();
    }
  });
});
