import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Guest } from '../src';
import { markUsed, removeUnused } from '../src/lxc-driver/cache';
import { answerQuery } from '../src/lxc-driver/dns';
import { addressOfName, parseNic } from '../src/lxc-driver/guestconfig';
import { hostsSection, interfacesFile, resolverSection, withSection } from '../src/lxc-driver/guestfiles';
import { parseInterfaces } from '../src/lxc-driver/interfaces';
import { lxcConfig, type LxcGuest } from '../src/lxc-driver/lxcconfig';
import { debianSources, parseListFile, parseSourcesFile } from '../src/lxc-driver/machine';
import { netChanges } from '../src/lxc-driver/netchanges';
import { PackageProxy } from '../src/lxc-driver/proxy';
import { packageFiles } from '../src/lxc-driver/registries';
import { RootFs } from '../src/lxc-driver/rootfs';

const NET0 = 'name=eth0,bridge=vmbr0,gw=10.0.10.1,hwaddr=BC:24:11:00:00:21,ip=10.0.10.21/24,type=veth';
const nic = (index: number, value: string): ReturnType<typeof parseNic> => parseNic(index, value);

describe('files of a guest', () => {
  test('a section is added, then replaced, and the rest of the file stays', () => {
    const first = withSection('127.0.0.1 localhost\n', ['10.0.10.21 a']);
    expect(first).toBe('127.0.0.1 localhost\n# --- BEGIN PVE ---\n10.0.10.21 a\n# --- END PVE ---\n');
    expect(withSection(`${first}10.0.10.9 mine\n`, ['10.0.10.22 b'])).toBe(
      '127.0.0.1 localhost\n10.0.10.9 mine\n# --- BEGIN PVE ---\n10.0.10.22 b\n# --- END PVE ---\n',
    );
  });

  test.each([
    ['db', undefined, '10.0.10.21', '10.0.10.21 db'],
    ['db', 'example.lan', '10.0.10.21', '10.0.10.21 db.example.lan db'],
    ['db.example.lan', 'other.lan', '10.0.10.21', '10.0.10.21 db.example.lan db'],
    ['db', undefined, undefined, '127.0.1.1 db'],
  ])('hosts: %s in %s at %s', (hostname, domain, address, last) => {
    expect(hostsSection(hostname, domain, address).at(-1)).toBe(last);
  });

  test('resolver', () => {
    expect(resolverSection(['10.0.10.1', '10.0.10.2'], 'example.lan')).toEqual([
      'search example.lan',
      'nameserver 10.0.10.1',
      'nameserver 10.0.10.2',
    ]);
  });

  const loopback = 'auto lo\niface lo inet loopback\n';
  test.each([
    [NET0, 'auto eth0\niface eth0 inet static\n\taddress 10.0.10.21/24\n\tgateway 10.0.10.1\n'],
    ['name=eth0,bridge=vmbr0,ip=dhcp', 'auto eth0\niface eth0 inet dhcp\n'],
    ['name=eth0,bridge=vmbr0', 'auto eth0\niface eth0 inet manual\n'],
    [
      'name=eth0,bridge=vmbr0,ip6=fd00::2/64,gw6=fd00::1',
      'auto eth0\niface eth0 inet manual\niface eth0 inet6 static\n\taddress fd00::2/64\n\tgateway fd00::1\n',
    ],
    [
      'name=eth0,bridge=vmbr0,ip=manual,ip6=auto',
      'auto eth0\niface eth0 inet manual\niface eth0 inet6 auto\n',
    ],
  ])('interfaces of %s', (net, text) => {
    const file = interfacesFile('', [nic(0, net)]);
    expect(file).toBe(`${loopback}\n${text}`);
    expect(interfacesFile(file, [nic(0, net)])).toBe(file);
  });

  test('what an administrator added to the interfaces stays; an interface that is gone goes', () => {
    const own =
      'auto wg0\niface wg0 inet static\n\taddress 10.9.0.1/24\n\nsource /etc/network/interfaces.d/*';
    const before = `${interfacesFile('', [nic(0, NET0), nic(1, 'name=eth1,bridge=vmbr1,ip=dhcp')])}\n${own}\n`;
    const after = interfacesFile(before, [nic(0, NET0)]);
    expect(after).toBe(
      `${interfacesFile('', [nic(0, NET0)])}\nauto wg0\n\niface wg0 inet static\n\taddress 10.9.0.1/24\n\nsource /etc/network/interfaces.d/*\n`,
    );
  });
});

describe('the files of a guest, from outside', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'rootfs-'));
    mkdirSync(path.join(folder, 'root'));
    writeFileSync(path.join(folder, 'secret'), 'of the machine');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test.each([
    ['/etc/hostname', '../../../../../../../../../../secret', 'secret'],
    ['/etc/hostname', '/secret', 'secret'],
    ['/etc/hostname', 'name', 'etc/name'],
  ])('a link %s -> %s is followed inside the guest only', (file, target, written) => {
    const rootfs = new RootFs(path.join(folder, 'root'), process.getuid?.() ?? 0);
    rootfs.folder('/etc');
    symlinkSync(target, path.join(folder, 'root', file));
    rootfs.write(file, 'guest');
    expect(readFileSync(path.join(folder, 'root', written), 'utf8')).toBe('guest');
    expect(readFileSync(path.join(folder, 'secret'), 'utf8')).toBe('of the machine');
    expect(rootfs.read(file)).toBe('guest');
  });

  test('a link to itself is an error, not a hang', () => {
    const rootfs = new RootFs(path.join(folder, 'root'), 0);
    symlinkSync('loop', path.join(folder, 'root', 'loop'));
    expect(() => rootfs.read('/loop')).toThrow('too many symbolic links');
  });
});

describe('the configuration of LXC', () => {
  const guest: LxcGuest = {
    vmid: 201,
    hostname: 'db',
    folder: '/run/lab/guests/201',
    shift: 100_000,
    nics: [nic(0, `${NET0},tag=7,mtu=1400`)],
    mounts: [{ source: '/run/lab/volumes/x', target: 'srv/my data\nlxc.x=y', readOnly: true }],
    nesting: true,
    memory: 512,
    swap: 256,
    cpus: 2,
    limitFiles: ['memory.max', 'memory.swap.max', 'cpu.max', 'cpu.stat'],
  };

  test('of an unprivileged guest', () => {
    expect(lxcConfig(guest).split('\n')).toEqual(
      expect.arrayContaining([
        'lxc.idmap = u 0 100000 65536',
        'lxc.uts.name = db',
        'lxc.net.0.link = vmbr0v7',
        'lxc.net.0.veth.pair = veth201i0',
        'lxc.net.0.hwaddr = bc:24:11:00:00:21',
        'lxc.net.0.mtu = 1400',
        'lxc.mount.entry = /run/lab/volumes/x srv/my\\040data\\012lxc.x=y none bind,create=dir,ro 0 0',
        'lxc.cgroup2.memory.max = 536870912',
        'lxc.cgroup2.memory.swap.max = 268435456',
        'lxc.cgroup2.cpu.max = 200000 100000',
      ]),
    );
  });

  test('of a privileged guest, where the machine has no limits', () => {
    const text = lxcConfig({ ...guest, shift: 0, limitFiles: ['cpu.stat'] });
    expect(text).not.toMatch(/idmap|userns|cgroup2/);
  });
});

describe('changes of a running guest’s network', () => {
  const other = (change: string, value: string): string =>
    NET0.replace(new RegExp(`${change}=[^,]+`), `${change}=${value}`);
  const changes = (after: string): string[] => {
    const { outside, inside } = netChanges(201, [nic(0, NET0)], [nic(0, after)]);
    return [...outside, '--', ...inside];
  };

  test.each<[string, string, string[]]>([
    ['nothing', NET0, ['--']],
    [
      'address',
      other('ip', '10.0.10.22/24'),
      [
        '--',
        'ip -4 address del 10.0.10.21/24 dev eth0 || :',
        'ip -4 address replace 10.0.10.22/24 dev eth0',
        'ip -4 route replace default via 10.0.10.1 dev eth0 onlink',
      ],
    ],
    [
      'gateway',
      other('gw', '10.0.10.2'),
      [
        '--',
        'ip -4 route del default via 10.0.10.1 dev eth0 || :',
        'ip -4 route replace default via 10.0.10.2 dev eth0 onlink',
      ],
    ],
    ['bridge', other('bridge', 'vmbr1'), ['ip link set veth201i0 master vmbr1', '--']],
    ['VLAN', `${NET0},tag=7`, ['ip link set veth201i0 master vmbr0v7', '--']],
    ['link down', `${NET0},link_down=1`, ['ip link set veth201i0 down', '--']],
    [
      'MAC address',
      other('hwaddr', 'BC:24:11:00:00:22'),
      [
        'ip link del veth201i0 || :',
        'ip link add veth201i0 type veth peer name eth0 address bc:24:11:00:00:22 netns $PID',
        'ip link set veth201i0 master vmbr0',
        'ip link set veth201i0 up',
        '--',
        'ip link set eth0 up',
        'ip -4 address replace 10.0.10.21/24 dev eth0',
        'ip -4 route replace default via 10.0.10.1 dev eth0 onlink',
      ],
    ],
  ])('%s', (_name, after, commands) => {
    expect(changes(after)).toEqual(commands);
  });

  test('an interface goes', () => {
    expect(netChanges(201, [nic(0, NET0)], [])).toEqual({
      outside: ['ip link del veth201i0 || :'],
      inside: [],
      bridges: [],
    });
  });
});

describe('how a machine gets packages', () => {
  const deb822 = `# a comment
Types: deb deb-src
URIs: http://debian.example.lan/debian
Suites: bookworm bookworm-updates
 bookworm-backports
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://debian.example.lan/debian-security/
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: http://off.example.lan/debian
Suites: bookworm
Components: main

Types: deb-src
URIs: http://src.example.lan/debian
Suites: bookworm
Components: main
`;
  const list = `# deb http://off.example.lan/debian bookworm main
deb http://debian.example.lan/debian bookworm main contrib # here
deb [arch=amd64 signed-by=/x.gpg] http://debian.example.lan/debian bookworm-security main
deb-src http://debian.example.lan/debian bookworm main
deb https://other.example.lan/apt stable other
`;

  test.each([
    [
      'deb822',
      parseSourcesFile(deb822),
      [
        'deb http://debian.example.lan/debian trixie main',
        'deb http://debian.example.lan/debian trixie-updates main',
        'deb http://debian.example.lan/debian-security/ trixie-security main',
      ],
    ],
    [
      'one line each',
      parseListFile(list),
      [
        'deb http://debian.example.lan/debian trixie main',
        'deb http://debian.example.lan/debian trixie-security main',
      ],
    ],
  ])('sources for another release, from %s', (_name, sources, lines) => {
    expect(debianSources(sources, 'bookworm', 'trixie')).toEqual(lines);
  });

  test('guests are led through the proxy', () => {
    const files = packageFiles('http://10.0.10.1:3142', {
      hosts: [],
      npmRegistry: 'https://npm.example.lan/',
    });
    expect(files.map(([file]) => file)).toEqual([
      '/etc/apt/apt.conf.d/90lab',
      '/etc/pip.conf',
      '/etc/npmrc',
      '/usr/etc/npmrc',
    ]);
    expect(files.every(([, text]) => text.includes('http://10.0.10.1:3142'))).toBe(true);
    expect(files[2]?.[1]).toContain('registry=https://npm.example.lan/\n');
  });
});

test('images that nobody used for a month go, with what was unpacked from them', () => {
  const cache = mkdtempSync(path.join(os.tmpdir(), 'images-'));
  const [fresh, stale, used] = ['a', 'b', 'c'].map((digit) => `bookworm-${digit.repeat(16)}`);
  const long = new Date(Date.now() - 40 * 24 * 3600 * 1000);
  for (const key of [fresh, stale, used]) {
    writeFileSync(path.join(cache, `${String(key)}.tar.zst`), '');
    mkdirSync(path.join(cache, `${String(key)}-100000`));
    if (key !== fresh) utimesSync(path.join(cache, `${String(key)}.tar.zst`), long, long);
  }
  mkdirSync(path.join(cache, 'packages'));
  for (const name of ['new', 'old']) writeFileSync(path.join(cache, 'packages', name), '');
  utimesSync(path.join(cache, 'packages', 'old'), long, long);
  markUsed(path.join(cache, `${String(used)}.tar.zst`));
  removeUnused(cache);
  const left = readdirSync(cache, { recursive: true }).map(String).sort();
  rmSync(cache, { recursive: true });
  expect(left).toEqual([
    ...[fresh, used].flatMap((key) => [`${String(key)}-100000`, `${String(key)}.tar.zst`]),
    'packages',
    'packages/new',
  ]);
});

describe('the package proxy', () => {
  let cache: string;
  let proxy: PackageProxy;
  let asked: string[];
  const upstream = createServer((incoming, response) => {
    asked.push(`${incoming.method ?? ''} ${incoming.url ?? ''} ${String(incoming.headers.host)}`);
    const body = `the file ${incoming.url ?? ''}`;
    const cut = incoming.url?.includes('cut') === true;
    response.writeHead(incoming.url?.includes('missing') === true ? 404 : 200, {
      'content-length': body.length,
    });
    if (!cut) response.end(body);
    else response.write(body.slice(0, 3), () => response.destroy());
  });
  const port = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;

  beforeEach(async () => {
    asked = [];
    cache = mkdtempSync(path.join(os.tmpdir(), 'packages-'));
    proxy = new PackageProxy({ hosts: new Set(['127.0.0.1']), cache });
    await Promise.all(
      [upstream, proxy.server].map(
        (server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)),
      ),
    );
  });
  afterEach(async () => {
    proxy.close();
    upstream.closeAllConnections();
    await new Promise((resolve) => upstream.close(resolve));
    rmSync(cache, { recursive: true, force: true });
  });

  const get = (url: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const ask = request(
        { host: '127.0.0.1', port: port(proxy.server), path: url, agent: false },
        (answer) => {
          let body = '';
          answer.setEncoding('utf8').on('data', (text: string) => (body += text));
          answer.on('end', () => {
            resolve(`${String(answer.statusCode)} ${body}`);
          });
          answer.on('error', reject);
        },
      );
      ask.on('error', reject);
      ask.end();
    });
  const file = (name: string): string => `http://127.0.0.1:${String(port(upstream))}/${name}`;

  test('a package is fetched once, an index each time', async () => {
    for (const name of ['a.deb', 'a.deb', 'Packages', 'Packages']) {
      expect(await get(file(name))).toBe(`200 the file /${name}`);
      // The client has it a moment before the cache.
      while (readdirSync(cache).some((one) => one.endsWith('.part')) || readdirSync(cache).length === 0)
        await sleep(5);
    }
    expect(asked.map((line) => line.split(' ')[1])).toEqual(['/a.deb', '/Packages', '/Packages']);
  });

  test('what is missing or cut short is not kept', async () => {
    expect(await get(file('missing.deb'))).toMatch(/^404 /);
    expect(await get(file('missing.deb'))).toMatch(/^404 /);
    await expect(get(file('cut.deb'))).rejects.toThrow();
    await expect(get(file('cut.deb'))).rejects.toThrow();
    expect(asked).toHaveLength(4);
  });

  test.each([
    ['http://www.example.lan/a.deb', '403'],
    ['ftp://127.0.0.1/a.deb', '400'],
    ['/a.deb', '400'],
  ])('%s: %s', async (url, status) => {
    expect(await get(url)).toMatch(new RegExp(`^${status} `));
    expect(asked).toEqual([]);
  });

  test('a tunnel leads to the same hosts only', async () => {
    const tunnel = (target: string): Promise<number> =>
      new Promise((resolve) => {
        const ask = request({
          host: '127.0.0.1',
          port: port(proxy.server),
          method: 'CONNECT',
          path: target,
          agent: false,
        });
        ask.on('connect', (answer, socket) => {
          socket.destroy();
          resolve(answer.statusCode ?? 0);
        });
        ask.end();
      });
    expect(await tunnel(`127.0.0.1:${String(port(upstream))}`)).toBe(200);
    expect(await tunnel('www.example.lan:443')).toBe(403);
  });
});

describe('names', () => {
  /** A query for one name: id 0x1234, recursion desired. */
  const query = (name: string, type: number): Buffer =>
    Buffer.concat([
      Buffer.from([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
      ...name.split('.').flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]),
      Buffer.from([0, 0, type, 0, 1]),
    ]);
  const ask = (name: string, type = 1): string | undefined =>
    answerQuery(query(name, type), (one) => ({ 'git.example.lan': '10.0.10.1' })[one])?.toString('hex');
  const question = (name: string, type = 1): string => query(name, type).subarray(12).toString('hex');

  test.each([
    ['git.example.lan', 1, '123485800001000100000000', 'c00c00010001000000050004' + '0a000a01'],
    ['GIT.Example.LAN', 1, '123485800001000100000000', 'c00c00010001000000050004' + '0a000a01'],
    ['git.example.lan', 28, '123485800001000000000000', ''],
    ['www.example.lan', 1, '123485830001000000000000', ''],
  ])('%s, type %i', (name, type, header, record) => {
    expect(ask(name, type)).toBe(`${header}${question(name, type)}${record}`);
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['an answer', Buffer.from('1234858000010000000000000361626300000100', 'hex')],
    ['a label that is longer than the message', Buffer.from('12340100000100000000000030616263000001', 'hex')],
    ['a compressed name', Buffer.from('123401000001000000000000c00c00010001', 'hex')],
  ])('%s is no query', (_name, message) => {
    expect(answerQuery(message, () => '10.0.10.1')).toBeUndefined();
  });

  const guest = (hostname: string, searchdomain?: string): Guest =>
    ({
      vmid: 201,
      type: 'lxc',
      config: new Map(
        Object.entries({ hostname, net0: NET0, ...(searchdomain === undefined ? {} : { searchdomain }) }),
      ),
    }) as unknown as Guest;
  test.each([
    ['db', guest('db'), '10.0.10.21'],
    ['db.example.lan', guest('DB', 'example.lan'), '10.0.10.21'],
    ['db.example.lan', guest('db'), undefined],
    ['web', guest('db'), undefined],
  ])('%s is a guest', (name, one, address) => {
    expect(addressOfName([one], name)).toBe(address);
  });
});

test('interfaces as the guest shows them', () => {
  const address = (family: string, local: string, prefixlen: number, scope: string): unknown => ({
    family,
    local,
    prefixlen,
    scope,
  });
  const links = [
    { ifname: 'lo', link_type: 'loopback', addr_info: [address('inet', '127.0.0.1', 8, 'host')] },
    {
      ifname: 'eth0',
      link_type: 'ether',
      address: 'bc:24:11:00:00:21',
      addr_info: [
        address('inet6', 'fe80::1', 64, 'link'),
        address('inet', '10.0.10.21', 24, 'global'),
        address('inet6', 'fd00::2', 64, 'global'),
      ],
    },
    { ifname: 'eth1', link_type: 'ether', address: 'bc:24:11:00:00:22', addr_info: [] },
  ];
  expect(parseInterfaces(JSON.stringify(links))).toEqual([
    { name: 'eth0', mac: 'bc:24:11:00:00:21', inet: '10.0.10.21/24', inet6: 'fd00::2/64' },
    { name: 'eth1', mac: 'bc:24:11:00:00:22' },
  ]);
  expect(parseInterfaces('')).toEqual([]);
});
