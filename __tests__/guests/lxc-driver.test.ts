import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { startLxcEmulator } from 'proxmox-emulator';
import { callApi } from '../support/api';
import { realGuests, useRealLab } from '../support/real-lab';
import { command, describeWith, providers } from '../support/requirements';

// The first run on a machine builds base images.
jest.setTimeout(600_000);

const NEEDS = [realGuests];
const STACK = 'app-shop-prod';
const TEMPLATES = {
  'Debian 12': 'local:vztmpl/debian-12-standard_12.12-1_amd64.tar.zst',
  'Debian 13': 'local:vztmpl/debian-13-standard_13.1-2_amd64.tar.zst',
} as const;

/** What the tests change between two deploys. */
interface Env {
  hostname?: string;
  ip?: string;
  guest?: string;
}

function inventory(
  url: string,
  key: string,
  { hostname = 'shop-prod', ip = '10.0.10.31/24', guest }: Env,
): string {
  return `proxmox_host: ${url}
configure: false
ssh_public_keys: [${key}]
app_projects:
  shop:
    app_type: none
    envs:
      prod:
        name: ${hostname}
        vmid: 301
        ip: ${ip}
        gateway: 10.0.10.1
        guest: {protection: false${guest === undefined ? '' : `, ${guest}`}}
`;
}

describeWith([...NEEDS, providers, command('curl')], 'real guests, with the real provider', () => {
  const lab = useRealLab();

  const deploy = async (env: Env = {}): Promise<string> => {
    lab.workspace.synth(inventory(lab.emulator.url, lab.publicKey, env));
    const apply = await lab.workspace.apply(STACK);
    expect([apply.code, apply.output]).toEqual([0, expect.stringContaining('Apply complete!')]);
    const plan = await lab.workspace.plan(STACK);
    expect([plan.code, plan.output]).toEqual([0, expect.stringContaining('No changes.')]);
    return apply.output;
  };
  const on = async (guest: string | number, script: string): Promise<string> => {
    await lab.waitForSsh(guest);
    const { code, output } = await lab.ssh(guest, script);
    expect([code, output]).toEqual([0, output]);
    return output.trim();
  };

  test('a deployed guest is up: its name, address, MAC address, key and password are those of the inventory', async () => {
    lab.workspace.env['TF_VAR_vault_root'] = 'fake-root-password';
    await deploy({
      guest:
        'mac_address: "bc:24:11:00:00:31", nameservers: [10.0.10.1], searchdomain: example.lan, lxc_password: "{{ vault_root }}", allow_password_in_state: true',
    });
    expect(await on(301, 'hostname; hostname --fqdn')).toBe('shop-prod\nshop-prod.example.lan');
    expect(await on(301, 'ip -brief -4 address show eth0; cat /sys/class/net/eth0/address')).toMatch(
      /10\.0\.10\.31\/24 *\nbc:24:11:00:00:31$/,
    );
    expect(await on(301, 'ip route show default')).toMatch(/^default via 10\.0\.10\.1 dev eth0/);
    expect(await on(301, 'cat /etc/resolv.conf')).toMatch(/^search example\.lan\nnameserver 10\.0\.10\.1$/m);
    expect(await on(301, 'cat /root/.ssh/authorized_keys')).toBe(lab.publicKey);
    const check = 'my $h = (getpwnam "root")[1]; exit(crypt("fake-root-password", $h) ne $h)';
    expect(await on(301, `perl -e '${check}' && echo right`)).toBe('right');
  });

  test('it is an unprivileged container that boots systemd without a failed unit', async () => {
    expect(await on(301, 'systemctl is-system-running --wait; systemctl --failed --no-legend')).toBe(
      'running',
    );
    expect(await on(301, 'systemd-detect-virt; awk "{ print \\$2 }" /proc/self/uid_map')).toBe('lxc\n100000');
  });

  test('it reboots itself: the API sees it running all the time, the plan stays empty', async () => {
    const before = await on(301, 'cat /proc/sys/kernel/random/boot_id; cut -d. -f1 /proc/uptime');
    const init = await on(301, 'stat -c %Y /proc/1');
    await lab.ssh(301, 'systemctl reboot');
    const until = Date.now() + 20_000;
    let again = init;
    while (again === init && Date.now() < until) {
      expect(lab.emulator.state.guests.get(301)?.running).toBe(true);
      again = (await lab.ssh(301, 'stat -c %Y /proc/1')).output.trim();
      if (!/^\d+$/.test(again)) again = init;
    }
    expect([before, again]).not.toEqual([before, init]);
    expect((await lab.workspace.plan(STACK)).code).toBe(0);
  });

  test('it switches itself off: the API says stopped, and the next deploy starts it', async () => {
    await lab.ssh(301, 'systemctl poweroff');
    const status = async (): Promise<unknown> =>
      ((await lab.api('GET', '/nodes/pve/lxc/301/status/current')) as { status: string }).status;
    for (let tries = 0; tries < 100 && (await status()) === 'running'; tries += 1)
      await lab.exec('sleep', ['0.1']);
    expect(await status()).toBe('stopped');
    expect((await lab.workspace.plan(STACK)).code).toBe(2);
    await deploy();
    expect(await on(301, 'hostname')).toBe('shop-prod');
  });

  test('another address: the guest has it after the deploy, and the old one no longer', async () => {
    const output = await deploy({ ip: '10.0.10.32/24' });
    expect(output).toContain('proxmox_virtual_environment_container.guest will be updated in-place');
    expect(await on('10.0.10.32', 'ip -brief -4 address show eth0')).not.toContain('10.0.10.31');
    expect((await lab.exec('ping', ['-c1', '-W1', '10.0.10.31'])).code).not.toBe(0);
    expect(await lab.api('GET', '/nodes/pve/lxc/301/interfaces')).toContainEqual(
      expect.objectContaining({ name: 'eth0', inet: '10.0.10.32/24' }),
    );
  });

  test('another hostname: the same guest has it after the deploy', async () => {
    await on('10.0.10.32', 'echo mine >/root/mark');
    const output = await deploy({ ip: '10.0.10.32/24', hostname: 'shop-next' });
    expect(output).toContain('proxmox_virtual_environment_container.guest will be updated in-place');
    expect(await on('10.0.10.32', 'hostname; cat /etc/hostname; cat /root/mark')).toBe(
      'shop-next\nshop-next\nmine',
    );
    expect(await on('10.0.10.32', 'getent hosts shop-next')).toContain('10.0.10.32');
  });

  test('a mount point keeps its files when the guest is stopped and started', async () => {
    await deploy({ guest: 'mount_points: [{path: /srv/data, volume: local-lvm, size: 4}]' });
    await on(301, 'mountpoint -q /srv/data && echo kept >/srv/data/file');
    await lab.api('POST', '/nodes/pve/lxc/301/status/stop');
    await lab.api('POST', '/nodes/pve/lxc/301/status/start');
    expect(await on(301, 'cat /srv/data/file')).toBe('kept');
  });

  test('destroyed, it is gone, and so is its end of the network', async () => {
    const destroy = await lab.workspace.terraform(STACK, ['destroy', '-auto-approve']);
    expect([destroy.code, destroy.output]).toEqual([0, expect.stringContaining('Destroy complete!')]);
    expect(lab.emulator.state.guests.size).toBe(0);
    expect((await lab.exec('ip', ['-brief', 'link'])).output).not.toMatch(/veth/);
    expect((await lab.exec('ping', ['-c1', '-W1', '10.0.10.31'])).code).not.toBe(0);
  });
});

describeWith(NEEDS, 'real guests, through the API', () => {
  const baked = 'debian-12-baked_1_amd64.tar.zst';
  const lab = useRealLab({
    lab: {
      names: { 'git.example.lan': '10.0.10.1' },
      bases: { [baked]: { suite: 'bookworm', include: ['python3-venv'] } },
    },
  });
  afterEach(async () => {
    for (const { vmid } of lab.emulator.state.guests.values()) {
      await lab.api('DELETE', `/nodes/pve/lxc/${String(vmid)}?force=1`);
    }
  });

  test.each(Object.entries(TEMPLATES))(
    '%s: the guest is that release, and apt installs in it',
    async (name, ostemplate) => {
      await lab.addGuest(201, '10.0.10.21/24', { ostemplate });
      const seen = await lab.ssh(
        201,
        '. /etc/os-release; echo "$VERSION_ID"; systemctl is-system-running --wait',
      );
      expect(seen.output.trim().split('\n')).toEqual([name.replace('Debian ', ''), 'running']);
      const install = await lab.ssh(201, 'apt-get -q update && apt-get -qy install tree && tree --version');
      expect([install.code, install.output]).toEqual([0, expect.stringMatching(/tree v[\d.]+/)]);
    },
  );

  test('a baked template is listed, holds its packages, and pip installs in it', async () => {
    expect(await lab.api('GET', '/nodes/pve/storage/local/content?content=vztmpl')).toContainEqual(
      expect.objectContaining({ volid: `local:vztmpl/${baked}` }),
    );
    await lab.addGuest(201, '10.0.10.21/24', { ostemplate: `local:vztmpl/${baked}` });
    const pip = await lab.ssh(201, 'python3 -m venv /opt/app && /opt/app/bin/pip install --no-cache-dir six');
    expect([pip.code, pip.output]).toEqual([0, expect.stringContaining('Successfully installed six')]);
  });

  test('guests reach package archives and each other, and nothing else', async () => {
    await Promise.all([lab.addGuest(201, '10.0.10.21/24'), lab.addGuest(202, '10.0.10.22/24')]);
    expect((await lab.ssh(201, 'ping -c1 -W2 10.0.10.22')).code).toBe(0);
    const started = Date.now();
    expect((await lab.ssh(201, 'ping -c1 -W2 192.0.2.1')).code).not.toBe(0);
    expect((await lab.ssh(201, 'getent hosts www.example.com')).code).not.toBe(0);
    const names = await lab.ssh(201, 'getent ahostsv4 git.example.lan; getent ahostsv4 guest-202');
    expect(names.output).toMatch(/^10\.0\.10\.1 [^]*^10\.0\.10\.22 /m);
    const proxied = await lab.ssh(
      201,
      'exec 3<>/dev/tcp/10.0.10.1/3142; printf "GET http://192.0.2.1/x.deb HTTP/1.0\\r\\n\\r\\n" >&3; head -1 <&3',
    );
    expect(proxied.output).toContain('403');
    expect(Date.now() - started).toBeLessThan(10_000);
  });

  test('an interface of a running guest changes at once: address, bridge, MAC address; one more, one less', async () => {
    await lab.addGuest(201, '10.0.10.21/24');
    const config = (net: Record<string, string>): Promise<unknown> =>
      lab.api('PUT', '/nodes/pve/lxc/201/config', net);
    const init = await lab.ssh(201, 'stat -c %Y /proc/1');
    await config({ net0: 'name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:21,ip=10.0.10.23/24,gw=10.0.10.1' });
    await lab.waitForSsh('10.0.10.23');
    const seen = await lab.ssh(
      '10.0.10.23',
      'cat /sys/class/net/eth0/address; cat /etc/network/interfaces; ip route',
    );
    expect(seen.output).toMatch(/^bc:24:11:00:00:21$/m);
    expect(seen.output).toMatch(/address 10\.0\.10\.23\/24/);
    expect(seen.output).toMatch(/^default via 10\.0\.10\.1/m);
    await config({ net0: 'name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:21,ip=10.0.10.24/24,gw=10.0.10.1' });
    await lab.waitForSsh('10.0.10.24');
    await config({ net1: 'name=eth1,bridge=vmbr1,ip=10.0.11.24/24' });
    const both = (await lab.ssh(201, 'ip -brief -4 address')).output;
    expect(both).toMatch(/eth0\S* +UP +10\.0\.10\.24\/24/);
    expect(both).toMatch(/eth1\S* +UP +10\.0\.11\.24\/24/);
    await config({ delete: 'net1' });
    expect((await lab.ssh(201, 'ip -brief link')).output).not.toContain('eth1');
    // On another bridge (a VLAN is one) it is out of reach.
    await config({
      net0: 'name=eth0,bridge=vmbr0,tag=7,hwaddr=BC:24:11:00:00:21,ip=10.0.10.24/24,gw=10.0.10.1',
    });
    expect((await lab.exec('ping', ['-c1', '-W1', '10.0.10.24'])).code).not.toBe(0);
    await config({ net0: 'name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:21,ip=10.0.10.24/24,gw=10.0.10.1' });
    expect((await lab.ssh(201, 'stat -c %Y /proc/1')).output).toBe(init.output);
  });

  test('a clone has the files of its source and a network of its own; both run', async () => {
    await lab.addGuest(201, '10.0.10.21/24');
    await lab.ssh(201, 'echo same >/root/mark; cat /etc/machine-id');
    await lab.api('POST', '/nodes/pve/lxc/201/status/shutdown');
    await lab.api('POST', '/nodes/pve/lxc/201/clone', { newid: '202', hostname: 'second', full: '1' });
    await lab.api('PUT', '/nodes/pve/lxc/202/config', { net0: 'name=eth0,bridge=vmbr0,ip=10.0.10.22/24' });
    await lab.api('POST', '/nodes/pve/lxc/201/status/start');
    await lab.api('POST', '/nodes/pve/lxc/202/status/start');
    await lab.waitForSsh(201);
    await lab.waitForSsh(202);
    expect((await lab.ssh(202, 'hostname; cat /root/mark')).output).toBe('second\nsame\n');
    const ids = await Promise.all([201, 202].map((vmid) => lab.ssh(vmid, 'cat /etc/machine-id')));
    expect(ids[0]?.output).not.toBe(ids[1]?.output);
  });

  test('a privileged guest boots as well', async () => {
    await lab.addGuest(201, '10.0.10.21/24', { unprivileged: '0', features: undefined });
    const seen = await lab.ssh(
      201,
      'awk "{ print \\$2 }" /proc/self/uid_map; systemctl is-system-running --wait',
    );
    expect(seen.output).toBe('0\nrunning\n');
  });

  test('SSH host keys are the guest’s own and stay when it boots again', async () => {
    await Promise.all([lab.addGuest(201, '10.0.10.21/24'), lab.addGuest(202, '10.0.10.22/24')]);
    const keys = (vmid: number): Promise<{ output: string }> => lab.ssh(vmid, 'cat /etc/ssh/ssh_host_*.pub');
    const [first, second] = [await keys(201), await keys(202)];
    expect(first.output.split('\n')).toHaveLength(4);
    expect(first.output).not.toBe(second.output);
    await lab.api('POST', '/nodes/pve/lxc/201/status/reboot');
    await lab.waitForSsh(201);
    expect((await keys(201)).output).toBe(first.output);
  });

  test('a template without a base image: the create task says so and nothing is left', async () => {
    const create = lab.addGuest(201, '10.0.10.21/24', {
      ostemplate: 'local:vztmpl/alpine-3.22-default_20250617_amd64.tar.xz',
    });
    await expect(create).rejects.toThrow(
      /no base image for the template 'alpine-3.22.*use debian-12-standard/,
    );
    expect(lab.emulator.state.guests.size).toBe(0);
  });
});

const ROOT = path.join(__dirname, '..', '..');

/** A process as /proc shows it; undefined when there is none. */
function processOf(pid: string): { name: string; parent: string; id: string } | undefined {
  try {
    const [, name = '', rest = ''] =
      /^\d+ \((.*)\) (.*)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    const fields = rest.split(' ');
    // With the time of its start, for numbers are used again.
    return { name, parent: fields[1] ?? '', id: `${pid} ${name} ${fields[19] ?? ''}` };
  } catch {
    return undefined;
  }
}

/** All processes that descend from one. */
function descendants(of: string): string[] {
  const own = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && processOf(pid)?.parent === of);
  return own.flatMap((pid) => [pid, ...descendants(pid)]);
}

describeWith([...NEEDS, command('curl')], 'the end of a lab', () => {
  let folder: string;
  beforeAll(() => {
    execFileSync(process.execPath, [path.join(ROOT, 'scripts', 'build.js')], { stdio: 'ignore' });
    folder = mkdtempSync(path.join(os.tmpdir(), 'lab-end-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test('a state file keeps the configurations: a guest is built anew when it starts', async () => {
    const stateFile = path.join(folder, 'state.json');
    const started = await startLxcEmulator({ stateFile });
    started.emulator.addGuest({
      vmid: 201,
      running: true,
      config: { hostname: 'kept', net0: 'name=eth0,bridge=vmbr0,ip=10.0.10.21/24' },
    });
    await started.emulator.stop();
    const { emulator, lab } = await startLxcEmulator({ stateFile, taskMs: 0 });
    try {
      const guest = emulator.state.guests.get(201);
      expect(guest?.running).toBe(false);
      await callApi(emulator, 'POST', '/nodes/pve/lxc/201/status/start');
      expect(guest?.running).toBe(true);
      const name = path.join(lab.namespaces.path('/run/lab/guests/201/rootfs'), 'etc/hostname');
      expect(readFileSync(name, 'utf8')).toBe('kept\n');
    } finally {
      await emulator.stop();
    }
  });

  const cgroups = /^\S+ (\S+) cgroup2 /m.exec(readFileSync('/proc/self/mounts', 'utf8'))?.[1] ?? '';

  /** What of a lab could be seen from outside, besides its processes. */
  const traces = (pid: number): string[] => [
    ...readFileSync('/proc/self/mounts', 'utf8').trim().split('\n').sort(),
    ...execFileSync('ip', ['-brief', 'link']).toString().trim().split('\n').sort(),
    ...readdirSync(cgroups).filter((name) => name.includes(`-${String(pid)}-`)),
    ...['/run/lab', '/run/lxc'].filter((name) => existsSync(name)),
  ];

  test.each([
    ['the emulator is told to end', 'SIGTERM', 'emulator'],
    ['the emulator is killed', 'SIGKILL', 'emulator'],
    ['its supervisor is killed', 'SIGKILL', 'supervisor'],
    ['the first process inside is killed', 'SIGKILL', 'inside'],
  ] as const)('%s: no guest, process, mount, cgroup or interface is left', async (_name, signal, who) => {
    const before = traces(0);
    const certFile = path.join(folder, 'ca.pem');
    const emulator = spawn(
      process.execPath,
      [
        path.join(ROOT, 'bin', 'pvestack.js'),
        'emulator',
        '--driver',
        'lxc',
        '--port',
        '0',
        '--quiet',
        '--cert',
        certFile,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const ended = new Promise((resolve) => emulator.once('close', resolve));
    try {
      let said = '';
      let inside = '';
      for await (const line of createInterface({ input: emulator.stdout })) {
        said += `${line}\n`;
        inside = /nsenter --net=\/proc\/(\d+)\/ns\/net/.exec(line)?.[1] ?? '';
        if (inside !== '') break;
      }
      const setting = (name: string): string =>
        new RegExp(`export ${name}='?([^'\n]+)`).exec(said)?.[1] ?? '';
      const curl = (where: string, ...args: string[]): string =>
        execFileSync('nsenter', [
          ...[`--net=/proc/${inside}/ns/net`, 'curl', '--silent', '--fail', '--cacert', certFile, ...args],
          ...['--header', `Authorization: PVEAPIToken=${setting('PROXMOX_VE_API_TOKEN')}`],
          `${setting('PROXMOX_VE_ENDPOINT')}/api2/json/nodes/pve/lxc${where}`,
        ]).toString();
      const options = {
        vmid: '201',
        ostemplate: TEMPLATES['Debian 12'],
        storage: 'local-lvm',
        net0: 'name=eth0,bridge=vmbr0,ip=10.0.10.21/24',
        start: '1',
      };
      curl('', ...Object.entries(options).flatMap(([key, value]) => ['--data-urlencode', `${key}=${value}`]));
      for (let tries = 0; tries < 300 && !curl('/201/interfaces').includes('10.0.10.21'); tries += 1)
        await sleep(100);
      expect(curl('/201/interfaces')).toContain('10.0.10.21');

      const all = descendants(String(emulator.pid)).flatMap((pid) => processOf(pid) ?? []);
      expect(all.filter(({ name }) => name === 'systemd').length).toBeGreaterThan(0);
      expect(traces(emulator.pid ?? 0)).not.toEqual(before);
      const supervisor = processOf(processOf(inside)?.parent ?? '')?.parent ?? '';
      process.kill(
        { emulator: emulator.pid ?? 0, supervisor: Number(supervisor), inside: Number(inside) }[who],
        signal,
      );

      const left = (): string[] =>
        all.map(({ id }) => id).filter((id) => processOf(id.split(' ')[0] ?? '')?.id === id);
      const until = Date.now() + 10_000;
      const clean = (): boolean => left().length === 0 && traces(emulator.pid ?? 0).join() === before.join();
      while (!clean() && Date.now() < until) await sleep(100);
      expect(left()).toEqual([]);
      expect(traces(emulator.pid ?? 0)).toEqual(before);
    } finally {
      emulator.kill('SIGTERM');
      await ended;
    }
  });
});
