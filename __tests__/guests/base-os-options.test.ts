import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { BAKED } from '../support/app-fixture';
import { did, planned } from '../support/deploy';
import { realGuests, useRealLab } from '../support/real-lab';
import { describeWith, providers } from '../support/requirements';
import type { Outcome } from '../support/workspace';

// The first test of a machine builds the base images.
jest.setTimeout(600_000);

const STACK = 'app-shop-dev';
const GUEST = 301;

/** A key that nobody has the other half of. */
const STRANGER = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f stranger';

describeWith([realGuests, providers], 'options of base_os come and go', () => {
  const lab = useRealLab({ lab: BAKED });
  const folder = mkdtempSync(path.join(os.tmpdir(), 'base-os-'));
  let keys: string[];

  const synth = (options: Record<string, unknown> = {}): void => {
    lab.workspace.synth(
      JSON.stringify({
        proxmox_host: lab.emulator.url,
        ssh_public_keys: keys,
        guest: { protection: false, lxc_ostemplate: 'local:vztmpl/debian-12-baked_1_amd64.tar.zst' },
        app_projects: {
          shop: {
            app_type: 'none',
            envs: {
              dev: { name: 'shop-dev', vmid: GUEST, ip: '10.0.10.31/24', gateway: '10.0.10.1', ...options },
            },
          },
        },
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
  const nothingToDo = async (): Promise<void> => {
    const { code, output } = await lab.workspace.plan(STACK);
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
  const keyPair = (name: string): { file: string; line: string } => {
    const file = path.join(folder, name);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', `${name}@example.lan`, '-f', file]);
    return { file, line: readFileSync(`${file}.pub`, 'utf8').trim() };
  };
  const login = async (user: string, key: string): Promise<boolean> => {
    const options = [
      'BatchMode=yes',
      'IdentitiesOnly=yes',
      'StrictHostKeyChecking=no',
      'UserKnownHostsFile=/dev/null',
    ];
    const { code } = await lab.exec('ssh', [
      ...['-F', '/dev/null', '-i', key, ...options.flatMap((option) => ['-o', option])],
      ...[`${user}@10.0.10.31`, 'true'],
    ]);
    return code === 0;
  };

  beforeAll(() => {
    lab.workspace.env['TF_VAR_ssh_private_key_file'] = lab.privateKey;
    keys = [lab.publicKey];
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test('the firewall: ports come and go, and what others put there stays', async () => {
    synth();
    await apply();
    await ssh('ufw allow 9999/tcp >/dev/null && ufw allow 8080/tcp comment theirs >/dev/null');
    const rules = "ufw show added | sed -n 's/^ufw //p' | sort";
    // A rule of somebody else deviates from nothing.
    await nothingToDo();
    const opened = await change({
      firewall_ports: [443, '53/udp', '5432/tcp from 10.0.10.0/24', '6000 from 10.0.10.7/32', 8080],
    });
    expect(opened.plan).toEqual(
      expect.arrayContaining([
        '+ allow 443/tcp',
        '+ allow 53/udp',
        '+ allow from 10.0.10.0/24 to any port 5432 proto tcp',
      ]),
    );
    expect((await ssh(rules)).split('\n')).toEqual([
      'allow 22/tcp',
      'allow 443/tcp',
      'allow 53/udp',
      "allow 8080/tcp comment 'theirs'",
      'allow 9999/tcp',
      'allow from 10.0.10.0/24 to any port 5432 proto tcp',
      'allow from 10.0.10.7 to any port 6000 proto tcp',
    ]);
    const closed = await change({ firewall_ports: ['53/udp'] });
    expect(closed.plan).toEqual(expect.arrayContaining(['- allow 443/tcp', '- allow 8080/tcp']));
    expect(closed.done).toEqual([
      'removed  firewall: allow from 10.0.10.7 to any port 6000 proto tcp',
      'removed  firewall: allow from 10.0.10.0/24 to any port 5432 proto tcp',
      'removed  firewall: allow 443/tcp',
    ]);
    expect((await ssh(rules)).split('\n')).toEqual([
      'allow 22/tcp',
      'allow 53/udp',
      "allow 8080/tcp comment 'theirs'",
      'allow 9999/tcp',
    ]);

    // Switched off: its rules go, theirs stay for the day that somebody switches it on.
    const off = await change({ ufw: false });
    expect(off.done).toEqual([
      'removed  firewall',
      'removed  firewall: allow 53/udp',
      'removed  firewall: allow 22/tcp',
    ]);
    expect(await ssh(`ufw status; ${rules}`)).toBe(
      "Status: inactive\nallow 8080/tcp comment 'theirs'\nallow 9999/tcp",
    );
    const on = await change({});
    expect(on.done).toEqual(['changed  firewall: allow 22/tcp', 'changed  firewall: active']);
    expect(
      await ssh(
        'ufw status | head -n 1; ufw delete allow 9999/tcp >/dev/null; ufw delete allow 8080/tcp >/dev/null',
      ),
    ).toBe('Status: active');
    await nothingToDo();
  });

  test('what sshd may do is given back, and so are upgrades by themselves', async () => {
    const pid = 'systemctl show --property=MainPID --value ssh';
    const before = await ssh(pid);
    const soft = await change({ harden_sshd: false, security_upgrades: false });
    expect(soft.done).toEqual([
      'changed  /etc/apt/apt.conf.d/52pvestack-upgrades',
      'removed  /etc/ssh/sshd_config.d/00-pvestack.conf',
      'changed  sshd',
    ]);
    expect(
      await ssh(
        `sshd -T | grep ^passwordauthentication; apt-config dump APT::Periodic::Unattended-Upgrade; ${pid}`,
      ),
    ).toBe(`passwordauthentication yes\nAPT::Periodic::Unattended-Upgrade "0";\n${before}`);
    await change({});
    expect(await ssh(`sshd -T | grep ^passwordauthentication; ${pid}`)).toBe(
      `passwordauthentication no\n${before}`,
    );
    await nothingToDo();
  });

  test('packages come; they go only where that is asked for, and never one that was there before', async () => {
    await ssh('apt-get update -qq && apt-get install -qq -y --no-install-recommends tree >/dev/null 2>&1');
    const more = await change({ packages: ['tree', 'pv', 'libfribidi0'] });
    expect(more.plan).toEqual(expect.arrayContaining([expect.stringMatching(/^\+ "packages" += <<-EOT$/)]));
    expect(more.done).toEqual([
      'install  libfribidi0 pv',
      'changed  package libfribidi0',
      'changed  package pv',
    ]);
    const installed =
      "dpkg-query -W -f '${db:Status-Abbrev}${Package}\\n' tree pv libfribidi0 2>/dev/null | sed -n 's/^ii *//p'";
    const kept = await change({});
    expect(kept.done).toEqual([
      'kept     package pv; remove_packages: true would remove it',
      'kept     package libfribidi0; remove_packages: true would remove it',
    ]);
    expect((await ssh(installed)).split('\n')).toEqual(['libfribidi0', 'pv', 'tree']);
    const gone = await change({ remove_packages: true });
    expect(gone.done).toEqual(['removed  package pv', 'removed  package libfribidi0']);
    expect(await ssh(installed)).toBe('tree');
    await change({});
    await nothingToDo();
  });

  test('a package source that is dead stops a deploy by its name, or is a warning where that is set', async () => {
    // One that nobody answers for, and one without what it should have.
    await ssh(`printf '%s\\n' 'deb http://10.0.10.1:9 stable main' >/etc/apt/sources.list.d/dead.list
      printf '%s\\n' 'deb http://deb.debian.org/debian no-such-suite main' >/etc/apt/sources.list.d/gone.list`);
    synth({ packages: ['pv'] });
    const { code, output } = await lab.workspace.apply(STACK);
    expect([code, output.replaceAll(/\s+/g, ' ')]).toEqual([
      1,
      expect.stringMatching(
        /these package sources of the guest cannot be read: http:\/\/10\.0\.10\.1:9 stable, http:\/\/deb\.debian\.org\/debian no-such-suite\. Mend them, .* or write apt_sources_required: false/,
      ),
    ]);
    expect(await ssh('command -v pv || echo none')).toBe('none');

    synth({ packages: ['pv'], apt_sources_required: false });
    const plan = planned(await lab.workspace.plan(STACK));
    expect(plan.filter((line) => /apt|sources/.test(line))).toEqual([
      '+ "/etc/pvestack/apt" = "sources_required=no"',
    ]);
    const done = did(await apply());
    expect(done.filter((line) => line.startsWith('warning'))).toEqual(
      ['http://10.0.10.1:9 stable', 'http://deb.debian.org/debian no-such-suite'].map(
        (source) =>
          `warning  packages of ${source}: cannot be read now, so what was read before counts (apt_sources_required: false)`,
      ),
    );
    expect(await ssh('command -v pv')).toBe('/usr/bin/pv');
    await nothingToDo();
    // What is to be removed needs no source.
    synth({ remove_packages: true });
    await apply();
    expect(await ssh('ls /etc/pvestack/apt /usr/bin/pv 2>/dev/null | wc -l')).toBe('0');
    await ssh('rm /etc/apt/sources.list.d/dead.list /etc/apt/sources.list.d/gone.list');
    synth({});
    await apply();
    await nothingToDo();
  });

  test('another operators’ user: the one before keeps its home, but neither keys nor sudo', async () => {
    await ssh(`echo '${STRANGER}' >>/home/appuser/.ssh/authorized_keys`);
    const { done } = await change({ app_user: 'ops' });
    expect(done).toEqual(
      expect.arrayContaining([
        'changed  user ops',
        'removed  keys of appuser',
        'removed  /etc/sudoers.d/pvestack-appuser',
        'kept     user appuser, as its home may hold data; to remove it: deluser --remove-home appuser',
      ]),
    );
    expect([await login('ops', lab.privateKey), await login('appuser', lab.privateKey)]).toEqual([
      true,
      false,
    ]);
    expect(
      await ssh('cat /home/appuser/.ssh/authorized_keys; sudo -l -U appuser | grep -c NOPASSWD || true'),
    ).toBe(`${STRANGER}\n0`);
    await change({});
    expect([await login('ops', lab.privateKey), await login('appuser', lab.privateKey)]).toEqual([
      false,
      true,
    ]);
    await nothingToDo();
  });

  test('keys: one that leaves the inventory loses access; the one in use and those of others stay', async () => {
    const second = keyPair('second');
    await ssh(
      `printf '%s\\n' '# --- BEGIN PVE ---' '${STRANGER}' '# --- END PVE ---' >>/root/.ssh/authorized_keys`,
    );
    keys = [lab.publicKey, second.line];
    const added = await change({});
    expect(added.plan).toContain(`+ ${second.line}`);
    expect(added.done).toEqual(['changed  keys of appuser: 2', 'changed  keys of root: 2']);
    expect([await login('root', second.file), await login('appuser', second.file)]).toEqual([true, true]);

    keys = [lab.publicKey];
    const removed = await change({});
    expect(removed.plan).toContain(`- ${second.line}`);
    expect([await login('root', second.file), await login('appuser', second.file)]).toEqual([false, false]);
    expect([await login('root', lab.privateKey), await login('appuser', lab.privateKey)]).toEqual([
      true,
      true,
    ]);

    // The key of this very login.
    keys = [second.line];
    const kept = await change({});
    expect(kept.done[0]).toMatch(
      /^warning {2}kept: the key that this run logged in with \(SHA256:\S+\), although the inventory no longer has it$/,
    );
    expect([await login('root', lab.privateKey), await login('root', second.file)]).toEqual([true, true]);
    // Once another one is in use it goes.
    lab.workspace.env['TF_VAR_ssh_private_key_file'] = second.file;
    await apply('-replace=null_resource.base_os');
    expect([
      await login('root', lab.privateKey),
      await login('appuser', lab.privateKey),
      await login('root', second.file),
    ]).toEqual([false, false, true]);
    keys = [lab.publicKey, second.line];
    await change({});
    lab.workspace.env['TF_VAR_ssh_private_key_file'] = lab.privateKey;
    keys = [lab.publicKey];
    await change({});
    expect(
      await ssh(
        `grep -c stranger /root/.ssh/authorized_keys; grep -A 2 'BEGIN PVE' /root/.ssh/authorized_keys`,
      ),
    ).toBe(`1\n# --- BEGIN PVE ---\n${STRANGER}\n# --- END PVE ---`);
    await nothingToDo();
  });
});
