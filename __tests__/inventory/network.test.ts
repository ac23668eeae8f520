import { added, changed, inventoryOf, onlyEnv, problems } from './minimal';

const IP = 'inventory.yml:8:9  app_projects.pote.envs.dev.ip  ';
const GATEWAY = 'inventory.yml:9:9  app_projects.pote.envs.dev.gateway  ';
const INSIDE = 'write an address inside it';
const GUEST = "write the guest's address";
const FORM = 'is not an IPv4 address with prefix  write e.g. 10.0.10.101/24';

/** Reads the minimal inventory with another address and a gateway. */
function address(ip: string, gateway = '10.0.10.1'): string[] {
  return problems(changed('10.0.10.101/24', ip).replace('gateway: 10.0.10.1', `gateway: ${gateway}`));
}

describe('addresses', () => {
  test.each<[ip: string, gateway: string]>([
    ['10.0.10.101/24', '10.0.10.1'],
    ['10.0.10.254/24', '10.0.10.1'],
    ['10.0.10.1/30', '10.0.10.2'],
    ['10.0.0.255/8', '10.0.10.1'],
    ['172.16.0.9/12', '172.16.0.1'],
    ['192.168.1.9/16', '192.168.0.1'],
  ])('%s with the gateway %s', (ip, gateway) => {
    expect(address(ip, gateway)).toEqual([]);
  });

  test.each<[ip: string, what: string]>([
    ['10.0.10.101', "has no valid prefix  write the length of the subnet's prefix: 10.0.10.101/24"],
    ['10.0.10.101/', "has no valid prefix  write the length of the subnet's prefix: 10.0.10.101/24"],
    ['10.0.10.101/x', "has no valid prefix  write the length of the subnet's prefix: 10.0.10.101/24"],
    ['10.0.10.101/33', "has no valid prefix  write the length of the subnet's prefix: 10.0.10.101/24"],
    ['10.0.10.101/240', "has no valid prefix  write the length of the subnet's prefix: 10.0.10.101/24"],
    [
      '10.0.10.101/255.255.255.0',
      "has no valid prefix  write the length of the subnet's prefix: 10.0.10.101/24",
    ],
    ['10.0.10.101/24/24', "has no valid prefix  write the length of the subnet's prefix: 10.0.10.101/24"],
    ['10.0.10.101/08', "has no valid prefix  write the length of the subnet's prefix: 10.0.10.101/24"],
    ['10.0.10.101/7', 'has the prefix /7  write a prefix from 8 to 30'],
    ['10.0.10.101/0', 'has the prefix /0  write a prefix from 8 to 30'],
    [
      '10.0.10.101/31',
      'has the prefix /31, which leaves no room for a gateway  write a prefix from 8 to 30, or set guest.allow_point_to_point: true',
    ],
    [
      '10.0.10.101/32',
      'has the prefix /32, which leaves no room for a gateway  write a prefix from 8 to 30, or set guest.allow_point_to_point: true',
    ],
    ['""', FORM],
    [
      'dhcp',
      `is not a fixed address, by which the guest is known and reached  write e.g. 10.0.10.101/24, outside of the range of DHCP`,
    ],
    ['10.0.10/24', FORM],
    ['10.0.10.256/24', FORM],
    ['10.0.10.010/24', FORM.replace('e.g. 10.0.10.101/24', '10.0.10.10/24')],
    ['10.0.10.098', FORM.replace('e.g. 10.0.10.101/24', '10.0.10.98/24')],
    ['"10,0,10,5/24"', FORM.replace('e.g. 10.0.10.101/24', '10.0.10.5/24')],
    [
      '10.0.10.101/255.255.255.192',
      "has no valid prefix  write the length of the subnet's prefix: 10.0.10.101/26",
    ],
    ['0x0a.0.10.1/24', FORM],
    ['167774821/24', FORM],
    ['2001:db8::1/64', 'is not an IPv4 address  write an IPv6 address as ip6'],
    ['" 10.0.10.101/24"', FORM],
    ['10.0.10.0/24', `is the address of the network 10.0.10.0/24 itself  ${INSIDE}`],
    ['10.0.10.4/30', `is the address of the network 10.0.10.4/30 itself  ${INSIDE}`],
    ['10.0.10.255/24', `is the broadcast address of 10.0.10.0/24  ${INSIDE}`],
    ['127.0.0.5/24', `is a loopback address  ${GUEST}`],
    ['224.0.0.5/24', `is a multicast address  ${GUEST}`],
    ['239.255.0.5/24', `is a multicast address  ${GUEST}`],
    ['240.0.0.5/24', `is a reserved address  ${GUEST}`],
    ['255.255.255.255/24', `is the broadcast address  ${GUEST}`],
    ['0.0.0.0/24', `is an address of 0.0.0.0/8  ${GUEST}`],
    ['0.1.2.3/24', `is an address of 0.0.0.0/8  ${GUEST}`],
    ['203.0.113.9/24', `is a reserved address  ${GUEST}`],
  ])('%s is refused', (ip, what) => {
    expect(address(ip)).toEqual([`${IP}${what}`]);
  });

  test.each(['8.8.8.9/24', '100.64.0.9/24', '169.254.1.9/24', '172.32.0.9/24'])('%s is a doubt', (ip) => {
    expect(address(ip, ip.replace('9/24', '1'))).toEqual([
      `${IP}warning: is not a private address (RFC 1918)  make sure that it is yours`,
    ]);
  });

  test.each<[ip: string, gateway: string]>([
    ['10.0.10.100/31', '10.0.10.101'],
    ['10.0.10.101/31', '10.0.10.100'],
    ['10.0.10.101/32', '10.9.9.9'],
  ])('%s to %s by allow_point_to_point', (ip, gateway) => {
    const text = added('env', 'guest: {allow_point_to_point: true}')
      .replace('10.0.10.101/24', ip)
      .replace('gateway: 10.0.10.1\n', `gateway: ${gateway}\n`);
    expect(problems(text)).toEqual([]);
  });

  test('the gateway of a /31 is its other end', () => {
    const text = added('env', 'guest: {allow_point_to_point: true}').replace('101/24', '101/31');
    expect(problems(text)).toEqual([
      'inventory.yml:10:9  app_projects.pote.envs.dev.gateway  ' +
        "is not in the guest's subnet 10.0.10.100/31  write an address of that subnet, or mend ip",
    ]);
  });
});

describe('gateways', () => {
  test.each<[gateway: string, what: string]>([
    ['10.0.10.1/24', 'has a prefix  write the bare address: 10.0.10.1'],
    ['router', 'is not an IPv4 address  write e.g. 10.0.10.1'],
    ['""', 'is not an IPv4 address  write e.g. 10.0.10.1'],
    ['10.0.10.01', 'is not an IPv4 address  write e.g. 10.0.10.1'],
    ['fe80::1', 'is not an IPv4 address  write e.g. 10.0.10.1'],
    ['10.0.10.101', "is the guest's own address  write the router's address"],
    ['10.0.11.1', "is not in the guest's subnet 10.0.10.0/24  write an address of that subnet, or mend ip"],
    ['10.0.10.0', "is the network address of the subnet  write the router's address"],
    ['10.0.10.255', "is the broadcast address of the subnet  write the router's address"],
  ])('%s is refused', (gateway, what) => {
    expect(address('10.0.10.101/24', gateway)).toEqual([`${GATEWAY}${what}`]);
  });
});

describe('what is wrong beside a wrong address is said as well', () => {
  const PREFIX = "has no valid prefix  write the length of the subnet's prefix";
  test.each<[ip: string, gateway: string, said: string[]]>([
    ['10.0.10.101', '10.0.10.1', [`${IP}${PREFIX}: 10.0.10.101/24`]],
    [
      '10.0.10.101',
      'router',
      [`${IP}${PREFIX}: 10.0.10.101/24`, `${GATEWAY}is not an IPv4 address  write e.g. 10.0.10.1`],
    ],
    [
      '10.0.10.101',
      '10.0.10.101',
      [`${IP}${PREFIX}: 10.0.10.101/24`, `${GATEWAY}is the guest's own address  write the router's address`],
    ],
    ['web', 'router', [`${IP}${FORM}`, `${GATEWAY}is not an IPv4 address  write e.g. 10.0.10.1`]],
    ['10.0.10.101/7', '10.0.11.1', [`${IP}has the prefix /7  write a prefix from 8 to 30`]],
  ])('%s with the gateway %s', (ip, gateway, said) => {
    expect(address(ip, gateway)).toEqual(said);
  });

  test.each<[string, string, string[]]>([
    ['10.0.10.9', '10.0.10.9/24', ['ip  has no valid prefix', 'ip  is the address 10.0.10.9']],
    ['10.0.10.9/24', '10.0.10.9', ['ip  has no valid prefix', 'ip  is the address 10.0.10.9']],
    ['10.0.10.9', '10.0.10.8', ['ip  has no valid prefix', 'ip  has no valid prefix']],
  ])('%s beside %s', (first, second, said) => {
    const lines = problems(inventoryOf({ ip: first }, { ip: second }));
    expect(
      lines.map((line) => /ip {2}(has no valid prefix|is the address \S+(?=,))/.exec(line)?.[0]),
    ).toEqual(said);
  });
});

describe('all guests together', () => {
  test('one subnet, one gateway', () => {
    expect(problems(inventoryOf({}, { gateway: '10.0.10.2' }))).toEqual([
      'inventory.yml:19:9  app_projects.p1.envs.dev.gateway  differs from the gateway of app-p0-dev in the same subnet ' +
        '(the other: inventory.yml:10:9)  write the same gateway in both',
    ]);
  });

  test.each<[link: string, more: string[]]>([
    ['another VLAN', ['guest: {vlan: 20}']],
    ['another bridge', ['guest: {bridge: vmbr1}']],
  ])('%s may have another gateway', (_link, more) => {
    expect(problems(inventoryOf({}, { gateway: '10.0.10.2', more }))).toEqual([]);
  });

  test('another subnet may have another gateway', () => {
    expect(problems(inventoryOf({}, { ip: '10.0.11.9/24', gateway: '10.0.11.2' }))).toEqual([]);
  });

  test('no guest has the address of a gateway', () => {
    expect(
      problems(inventoryOf({ ip: '10.0.10.1/24', gateway: '10.0.10.2' }, { gateway: '10.0.10.1' })),
    ).toEqual([
      'inventory.yml:19:9  app_projects.p1.envs.dev.gateway  is the address of the guest of app-p0-dev ' +
        "(the other: inventory.yml:9:9)  write the router's address",
    ]);
  });

  test.each<[a: string, b: string, what: string]>([
    ['10.0.10.101/24', '10.0.10.102/25', '10.0.10.0/25, which overlaps 10.0.10.0/24'],
    ['10.0.10.101/25', '10.0.10.102/24', '10.0.10.0/24, which overlaps 10.0.10.0/25'],
    ['10.0.10.101/24', '10.0.200.9/16', '10.0.0.0/16, which overlaps 10.0.10.0/24'],
  ])('%s and %s overlap', (a, b, what) => {
    const gateway = b.startsWith('10.0.200') ? '10.0.200.1' : '10.0.10.1';
    expect(problems(inventoryOf({ ip: a }, { ip: b, gateway }))).toEqual([
      `inventory.yml:18:9  app_projects.p1.envs.dev.ip  makes the subnet ${what} of app-p0-dev ` +
        '(the other: inventory.yml:9:9)  write the same prefix in both',
    ]);
  });

  test('neighbours do not overlap', () => {
    expect(
      problems(inventoryOf({ ip: '10.0.10.101/25' }, { ip: '10.0.10.201/25', gateway: '10.0.10.129' })),
    ).toEqual([]);
  });
});

describe('IPv6', () => {
  const DEV = 'app_projects.pote.envs.dev';
  const FIX = 'write e.g. fd00:0:0:10::101/64, or auto or dhcp where the network gives one';

  test.each<[ip6: string, gateway6: string]>([
    ['fd00:0:0:10::101/64', 'fd00:0:0:10::1'],
    ['"2001:DB8::0101/48"', 'fe80::1'],
    ['fd00:0:0:10::101/64', ''],
    ['auto', ''],
    ['dhcp', ''],
  ])('%s with the gateway "%s"', (ip6, gateway6) => {
    const keys = [`ip6: ${ip6}`, ...(gateway6 ? [`gateway6: ${gateway6}`] : [])];
    expect(problems(inventoryOf({ more: keys }))).toEqual([]);
  });

  test.each<[ip6: string, gateway6: string, key: string, what: string]>([
    ['10.0.10.101/24', '', 'ip6', `is not an IPv6 address with prefix  ${FIX}`],
    ['fd00::1::2/64', '', 'ip6', `is not an IPv6 address with prefix  ${FIX}`],
    ['"::ffff:10.0.10.1/64"', '', 'ip6', `is not an IPv6 address with prefix  ${FIX}`],
    [
      '"FD00:0::0010"',
      '',
      'ip6',
      "has no valid prefix  write the length of the subnet's prefix: fd00::10/64",
    ],
    ['fd00::10/129', '', 'ip6', "has no valid prefix  write the length of the subnet's prefix: fd00::10/64"],
    ['fd00::10/8', '', 'ip6', 'has the prefix /8  write a prefix from 16 to 126'],
    [
      'fd00::10/128',
      '',
      'ip6',
      'has the prefix /128, which leaves no room for a gateway  write a prefix from 16 to 126, or set guest.allow_point_to_point: true',
    ],
    ['"::1/64"', '', 'ip6', `is a loopback address  ${GUEST}`],
    ['fe80::5/64', '', 'ip6', `is a link-local address, which every interface has by itself  ${GUEST}`],
    ['ff02::5/64', '', 'ip6', `is a multicast address  ${GUEST}`],
    [
      '"fd00:0:0:10::/64"',
      '',
      'ip6',
      `is the address of the network fd00:0:0:10::/64 itself, which is its routers'  ${INSIDE}`,
    ],
    ['fd00::5/64', '10.0.10.1', 'gateway6', 'is not an IPv6 address  write e.g. fd00:0:0:10::1 or fe80::1'],
    ['fd00::5/64', 'fd00::1/64', 'gateway6', 'has a prefix  write the bare address: fd00::1'],
    ['fd00::5/64', '"FD00::0005"', 'gateway6', "is the guest's own address  write the router's address"],
    [
      'fd00::5/64',
      'fd00:0:0:1::1',
      'gateway6',
      "is not in the guest's subnet fd00::/64  write an address of that subnet or a link-local one, or mend ip6",
    ],
    [
      'auto',
      'fe80::1',
      'gateway6',
      'stands beside ip6: auto  remove it: the routers of the network announce themselves',
    ],
    ['', 'fe80::1', 'gateway6', 'stands without ip6  write ip6 beside it'],
    [
      '"{{ vault_ip }}"',
      '',
      'ip6',
      'is a vault reference, but has to be known when the inventory is checked  write the value itself',
    ],
  ])('%s with the gateway "%s" is refused', (ip6, gateway6, key, what) => {
    const keys = [...(ip6 ? [`ip6: ${ip6}`] : []), ...(gateway6 ? [`gateway6: ${gateway6}`] : [])];
    expect(problems(inventoryOf({ more: keys })).map((line) => line.replace(/^\S+ {2}/, ''))).toEqual([
      `app_projects.p0.envs.dev.${key}  ${what}`,
    ]);
  });

  test('a guest may have no other', () => {
    const only = (keys: string): string =>
      changed('        ip: 10.0.10.101/24\n        gateway: 10.0.10.1\n', keys);
    expect(problems(only('        ip6: fd00:0:0:10::101/64\n'))).toEqual([]);
    expect(onlyEnv(only('        ip6: "FD00:0:0:10:0::101/64"\n')).address).toBe('fd00:0:0:10::101');
    expect(problems(only('        ip6: auto\n'))).toEqual([
      `inventory.yml:8:9  ${DEV}.ip6  is not a fixed address, by which the guest is known and reached  write an address here, or ip beside it`,
    ]);
    expect(problems(only('        ip6: fd00::5/64\n        gateway: 10.0.10.1\n'))).toEqual([
      `inventory.yml:9:9  ${DEV}.gateway  stands without ip  write ip beside it, or gateway6`,
    ]);
  });

  test('all guests together, however they are written', () => {
    const six = (ip6: string, gateway6: string): string[] => [`ip6: "${ip6}"`, `gateway6: "${gateway6}"`];
    const said = (a: string[], b: string[]): string[] =>
      problems(inventoryOf({ more: a }, { more: b })).map((line) => line.split('  ').slice(1, 3).join('  '));
    const P1 = 'app_projects.p1.envs.dev';
    const OTHER = '(the other: inventory.yml:12:9)';
    expect(said(six('fd00::5/64', 'fe80::1'), six('FD00:0::0005/64', 'fe80::1'))).toEqual([
      `${P1}.ip6  is the address fd00::5, which app-p0-dev has ${OTHER}`,
    ]);
    expect(said(six('fd00::5/64', 'fd00::1'), six('fd00::6/64', 'fd00::2'))).toEqual([
      `${P1}.gateway6  differs from the gateway of app-p0-dev in the same subnet ${OTHER.replace('12', '13')}`,
    ]);
    expect(said(six('fd00::5/64', 'fd00::1'), six('fd00::6/48', 'fd00::1'))).toEqual([
      `${P1}.ip6  makes the subnet fd00::/48, which overlaps fd00::/64 of app-p0-dev ${OTHER}`,
    ]);
  });
});

describe('further interfaces', () => {
  const said = (...more: string[]): string[] =>
    problems(inventoryOf({ more }, {})).map((line) => line.replace(/^\S+ {2}/, ''));
  const P0 = 'app_projects.p0.envs.dev';

  test.each<[network: string, lines: string[]]>([
    ['{bridge: vmbr1, ip: 10.0.20.5/24}', []],
    ['{vlan: 20, ip: 10.0.20.5/24, ip6: fd00::5/64, gateway6: fe80::1, mtu: 9000}', []],
    ['{bridge: vmbr1, ip6: auto}', []],
    ['{bridge: vmbr1}', [`${P0}.networks.0  has no address  write ip, ip6 or both`]],
    [
      '{ip: 10.0.20.0/24}',
      [`${P0}.networks.0.ip  is the address of the network 10.0.20.0/24 itself  ${INSIDE}`],
    ],
    [
      '{ip6: fd00::5}',
      [`${P0}.networks.0.ip6  has no valid prefix  write the length of the subnet's prefix: fd00::5/64`],
    ],
    [
      '{ip: 10.0.20.5/24, gateway: 10.0.20.1}',
      [
        `${P0}.networks.0.gateway  is a second gateway (the other: inventory.yml:10:9)  leave it on the interface that leads out`,
      ],
    ],
    [
      '{bridge: vmbr1, ip: 10.0.10.102/24}',
      [
        `app_projects.p1.envs.dev.ip  is the address 10.0.10.102, which app-p0-dev has (the other: inventory.yml:12:36)  give each guest an address of its own`,
      ],
    ],
  ])('%s', (network, lines) => {
    expect(said(`networks: [${network}]`)).toEqual(lines);
  });

  test('the gateway may be on another one than the first', () => {
    const text = changed(
      '        gateway: 10.0.10.1\n',
      '        networks: [{bridge: vmbr1, ip: 10.0.20.5/24, gateway: 10.0.20.1}]\n',
    );
    expect(problems(text)).toEqual([]);
  });

  test('MAC addresses are unique, too', () => {
    const mac = 'mac_address: "BC:24:11:00:00:0A"';
    expect(said(`guest: {${mac}}`, `networks: [{ip: 10.0.20.5/24, ${mac}}]`)).toEqual([
      expect.stringContaining('is the MAC address BC:24:11:00:00:0A, which app-p0-dev has'),
    ]);
  });
});
