import { parseFault, Faults } from '../src/faults';
import { parseProps, printProps } from '../src/propstring';
import { NET, normaliseNet } from '../src/lxc/net';
import { normaliseDescription, normaliseTags } from '../src/normalise';
import { checkParams, flag, indexed, integer, required, text } from '../src/params';
import { ext4Capacity, formatSize, parseSize } from '../src/sizes';
import { linkLocal } from '../src/mac';
import { validSshKeys } from '../src/formats';
import { templateFacts } from '../src/lxc/ostemplate';

describe('parameters', () => {
  const specs = {
    vmid: required(integer(100)),
    on: flag({ default: 0 }),
    name: text({ minLength: 2, maxLength: 4 }),
    'net[n]': indexed(2, text()),
  };

  it('names every bad one', () => {
    const raw = new Map([
      ['vmid', '5'],
      ['on', 'yes'],
      ['name', 'x'],
      ['net2', 'a'],
      ['foo', '1'],
    ]);
    expect(checkParams(specs, raw).errors).toEqual({
      vmid: 'value must have a minimum value of 100',
      on: "type check ('boolean') failed - got 'yes'",
      name: 'value must be at least 2 characters long',
      net2: 'property is not defined in schema and the schema does not allow additional properties',
      foo: 'property is not defined in schema and the schema does not allow additional properties',
    });
  });

  it('gives types and defaults', () => {
    const { errors, values } = checkParams(
      specs,
      new Map([
        ['vmid', '101'],
        ['net1', 'a'],
      ]),
    );
    expect(errors).toEqual({});
    expect(Object.fromEntries(values)).toEqual({ vmid: 101, on: 0, net1: 'a' });
  });

  it('misses required ones', () => {
    expect(checkParams(specs, new Map()).errors).toEqual({
      vmid: 'property is missing and it is not optional',
    });
  });
});

describe('property strings', () => {
  it.each([
    ['name=eth0,bridge=vmbr0,bridge=vmbr1', 'duplicate key in comma-separated list property: bridge\n'],
    ['name=eth0,x', 'value without key, but schema does not define a default key\n'],
    ['name=eth0,ip=', 'missing key in comma-separated list property\n'],
    ['bridge=vmbr0', 'format error\nnet0.name: property is missing and it is not optional\n'],
    [
      'name=eth0,hwaddr=01:00:00:00:00:01',
      'format error\nnet0.hwaddr: invalid format - value does not look like a valid unicast MAC address\n\n',
    ],
    ['name=eth0,tag=5000', 'format error\nnet0.tag: value must have a maximum value of 4094\n'],
  ])('refuses %s', (value, error) => {
    expect(parseProps(NET, value, 'net0')).toEqual({ error });
  });

  it('prints first keys first and the rest sorted', () => {
    const props = new Map([
      ['z', '1'],
      ['volume', 'local:1'],
      ['a', '2'],
    ]);
    expect(printProps(props, ['volume'], 'volume')).toBe('local:1,a=2,z=1');
  });
});

describe('normalised values', () => {
  it.each([
    ['Zeta;alpha,Alpha web', 'alpha;web;zeta'],
    ['', ' '],
  ])('tags %p', (sent, kept) => {
    expect(normaliseTags(sent)).toBe(kept);
  });

  it('descriptions', () => {
    expect([normaliseDescription('a'), normaliseDescription('a\n'), normaliseDescription('')]).toEqual([
      'a\n',
      'a\n',
      undefined,
    ]);
  });

  it('interfaces keep their MAC address or get one', () => {
    expect(normaliseNet('ip=dhcp,hwaddr=BC:24:11:00:00:01,bridge=vmbr0,name=eth0')).toBe(
      'name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:01,ip=dhcp,type=veth',
    );
    expect(normaliseNet('name=eth0')).toMatch(/^name=eth0,hwaddr=BC:24:11(:[0-9A-F]{2}){3},type=veth$/);
  });

  it.each([
    [8 * 1024 ** 3, '8G'],
    [8.5 * 1024 ** 3, '8704M'],
    [0, '0T'],
    [1000, '1000'],
  ])('%p bytes are %p', (bytes, size) => {
    expect(formatSize(bytes)).toBe(size);
    expect(parseSize(size)).toBe(bytes);
  });

  it('file systems are smaller than their disk', () => {
    expect(ext4Capacity(4 * 1024 ** 3)).toBe(4_143_677_440);
    expect(ext4Capacity(8 * 1024 ** 3)).toBe(8_350_298_112);
  });

  it('link-local addresses follow the MAC address', () => {
    expect(linkLocal('bc:24:11:09:80:00')).toBe('fe80::be24:11ff:fe09:8000/64');
  });

  it('SSH keys are checked line by line', () => {
    const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample ops@example.lan';
    expect([validSshKeys(`${key}\n\n# note\n${key}`), validSshKeys('not a key')]).toEqual([true, false]);
  });

  it.each([
    [
      'local:vztmpl/debian-13-standard_13.1-2_amd64.tar.zst',
      { ostype: 'debian', arch: 'amd64', systemd: 257 },
    ],
    ['local:vztmpl/alpine-3.22-default_20250617_arm64.tar.xz', { ostype: 'alpine', arch: 'arm64' }],
    ['local:vztmpl/mine.tar.gz', { ostype: 'unmanaged', arch: 'amd64' }],
  ])('%s', (name, facts) => {
    expect(templateFacts(name)).toEqual(facts);
  });
});

describe('faults', () => {
  it('hit a path with or without a slash at its end, and with spread everything after', () => {
    const faults = new Faults();
    faults.add({ kind: 'unauthorized', method: 'GET', path: '/version', skip: 1, count: 2, spread: true });
    const requests = [
      'GET /nodes',
      'GET /version',
      'PUT /nodes',
      'GET /version/',
      'PUT /nodes',
      'GET /nodes',
    ];
    const hits = requests.map((one) => faults.hit(...(one.split(' ') as [string, string])).length);
    expect(hits).toEqual([0, 0, 0, 1, 1, 0]);
  });

  it('are read from options', () => {
    expect(parseFault('error,method=POST,path=/nodes/*/lxc,count=2,status=503,reason=busy')).toEqual({
      kind: 'error',
      method: 'POST',
      path: '/nodes/*/lxc',
      count: 2,
      status: 503,
      reason: 'busy',
    });
    expect(parseFault('unauthorized,path=/version,spread=true')).toMatchObject({ spread: true });
    expect(() => parseFault('explode')).toThrow('kind must be one of');
    expect(() => parseFault('drop,colour=red')).toThrow('unknown key "colour"');
  });

  it('match by method, path, skip and count', () => {
    const faults = new Faults();
    faults.add({ kind: 'drop', method: 'GET', path: '/nodes/*/lxc/**', skip: 1, count: 1 });
    const hits = [
      '/nodes/pve/lxc',
      '/nodes/pve/lxc/1/config',
      '/nodes/pve/lxc/2/config',
      '/nodes/pve/lxc/3/x',
    ].map((path) => faults.hit('GET', path).length);
    expect(hits).toEqual([0, 0, 1, 0]);
    expect(faults.hit('POST', '/nodes/pve/lxc/1/config')).toEqual([]);
    expect(faults.remove()).toBe(1);
  });

  it('match by expression', () => {
    const faults = new Faults();
    faults.add({ kind: 'slow', path: '/tasks\\/.*\\/status$/' });
    expect(faults.hit('GET', '/nodes/pve/tasks/UPID/status')).toHaveLength(1);
    expect(faults.hit('GET', '/nodes/pve/tasks/UPID/log')).toHaveLength(0);
  });
});
