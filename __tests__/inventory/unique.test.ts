import { inventoryOf, problems, read } from './minimal';

// In inventoryOf, ip stands on line 9, vmid on 8, name on 7; in the next project 9 lines later.
const P1 = 'app_projects.p1.envs.dev';

describe('unique in the whole inventory', () => {
  test.each<[what: string, text: string, line: string]>([
    [
      'address',
      inventoryOf({}, { ip: '10.0.10.101/24' }),
      `18:9  ${P1}.ip  is the address 10.0.10.101, which app-p0-dev has (the other: inventory.yml:9:9)  give each guest an address of its own`,
    ],
    [
      'VMID',
      inventoryOf({}, { vmid: 201 }),
      `17:9  ${P1}.vmid  is the VMID 201, which app-p0-dev has (the other: inventory.yml:8:9)  give each guest a VMID of its own; VMs and containers share the numbers`,
    ],
    [
      'VMID of a container and a VM',
      inventoryOf({}, { vmid: 201, more: ['guest: {proxmox_guest_type: kvm, kvm_clone_vmid: 9000}'] }),
      `17:9  ${P1}.vmid  is the VMID 201, which app-p0-dev has (the other: inventory.yml:8:9)  give each guest a VMID of its own; VMs and containers share the numbers`,
    ],
    [
      'host name',
      inventoryOf({}, { name: 'guest-0' }),
      `16:9  ${P1}.name  is the host name guest-0, which app-p0-dev has (the other: inventory.yml:7:9)  give each guest a name of its own`,
    ],
    [
      'MAC address, in capitals or not',
      inventoryOf(
        { more: ['guest: {mac_address: "bc:24:11:00:00:0a"}'] },
        { more: ['guest: {mac_address: "BC:24:11:00:00:0A"}'] },
      ),
      `22:17  ${P1}.guest.mac_address  is the MAC address BC:24:11:00:00:0A, which app-p0-dev has (the other: inventory.yml:12:17)  give each guest a MAC address of its own, or leave it out`,
    ],
    [
      'address within a project',
      inventoryOf({ project: 'a' }, { project: 'a', env: 'qa', ip: '10.0.10.101/24' }),
      '15:9  app_projects.a.envs.qa.ip  is the address 10.0.10.101, which app-a-dev has (the other: inventory.yml:9:9)  give each guest an address of its own',
    ],
  ])('%s', (_what, text, line) => {
    expect(problems(text)).toEqual([`inventory.yml:${line}`]);
  });

  test('a MAC address above the envs would be that of several guests', () => {
    const text = `guest: {mac_address: "BC:24:11:00:00:0A"}\n${inventoryOf({}, {})}`;
    expect(problems(text)).toEqual([
      'inventory.yml:1:9  guest.mac_address  is the MAC address BC:24:11:00:00:0A, which app-p0-dev has ' +
        '(the other: inventory.yml:1:9)  give each guest a MAC address of its own, or leave it out',
    ]);
  });

  test('every further one is said, each with the first', () => {
    expect(problems(inventoryOf({}, { vmid: 201 }, { vmid: 201 }))).toEqual([
      expect.stringMatching(/^inventory\.yml:17:9 .*\(the other: inventory\.yml:8:9\)/),
      expect.stringMatching(/^inventory\.yml:26:9 .*\(the other: inventory\.yml:8:9\)/),
    ]);
  });

  test('what the second of two has, an earlier stack has: the order of the file does not matter', () => {
    expect(problems(inventoryOf({ project: 'z' }, { project: 'a', vmid: 201 }))).toEqual([
      'inventory.yml:8:9  app_projects.z.envs.dev.vmid  is the VMID 201, which app-a-dev has ' +
        '(the other: inventory.yml:17:9)  give each guest a VMID of its own; VMs and containers share the numbers',
    ]);
  });

  test('external hosts have no VMID to share', () => {
    const host = '    app_type: none\n    envs:\n      dev: {name: h0, ip: 10.0.10.9/24, guest: *g}\n';
    const text = `guest: &g {proxmox_guest_type: external}\napp_projects:\n  a:\n${host}  b:\n${host
      .replace('h0', 'h1')
      .replace('10.9', '10.8')}`;
    expect(problems(text)).toEqual([]);
    expect(read(text).envs.map(({ vmid }) => vmid)).toEqual([0, 0]);
  });
});

describe('stacks', () => {
  const stack = (name: string, first: string): string =>
    `makes the stack ${name}, which another environment makes (the other: inventory.yml:${first})  rename one of the two`;
  const ONLY_CASE =
    'differs from another project only in case (the other: inventory.yml:3:3)  rename one of the two';

  test.each<[name: string, text: string, lines: string[]]>([
    [
      'a-b and c, a and b-c',
      inventoryOf({ project: 'a-b', env: 'c' }, { project: 'a', env: 'b-c' }),
      [`15:7  app_projects.a.envs.b-c  ${stack('app-a-b-c', '6:7')}`],
    ],
    [
      'envs that differ in case',
      inventoryOf({ project: 'a', env: 'dev' }, { project: 'a', env: 'Dev' }),
      [`12:7  app_projects.a.envs.Dev  ${stack('app-a-dev', '6:7')}`],
    ],
    [
      'projects that differ in case',
      inventoryOf({ project: 'projectA' }, { project: 'projecta' }),
      [`12:3  app_projects.projecta  ${ONLY_CASE}`],
    ],
    [
      'projects that differ in case, with other envs',
      inventoryOf({ project: 'projectA' }, { project: 'PROJECTA', env: 'qa' }),
      [`12:3  app_projects.PROJECTA  ${ONLY_CASE}`],
    ],
    [
      'an env whose group is that of all envs of another project',
      inventoryOf({ project: 'a-b', env: 'c' }, { project: 'a', env: 'b-all' }),
      [
        '15:7  app_projects.a.envs.b-all  makes the group app_a_b_all, which another project makes (the other: inventory.yml:3:3)  rename one of the two',
      ],
    ],
    ['projects that only share a beginning', inventoryOf({ project: 'a' }, { project: 'ab' }), []],
    [
      'an env that would be the group of a project',
      inventoryOf({ project: 'a', env: 'all' }),
      ['6:7  app_projects.a.envs.all  makes the group of all environments  choose another id than "all"'],
    ],
    [
      'a project that the commands could not name',
      inventoryOf({ project: 'All' }),
      ['3:3  app_projects.All  means every project to the commands  choose another id than "all"'],
    ],
    [
      'a project whose group is that of all envs of another',
      inventoryOf({ project: 'a', env: 'b' }, { project: 'a-b', env: 'all' }),
      ['15:7  app_projects.a-b.envs.all  makes the group of all environments  choose another id than "all"'],
    ],
    ['a second -', inventoryOf({ project: 'a--b', env: 'c' }, { project: 'a-b', env: 'c' }), []],
  ])('%s', (_name, text, lines) => {
    expect(problems(text)).toEqual(lines.map((line) => `inventory.yml:${line}`));
  });

  test('ids are lower-cased, and the envs sorted by stack', () => {
    const { envs } = read(inventoryOf({ project: 'projectB' }, { project: 'Alpha', env: 'QA' }));
    expect(envs.map(({ stack: id, project, env }) => [id, project, env])).toEqual([
      ['app-alpha-qa', 'Alpha', 'QA'],
      ['app-projectb-dev', 'projectB', 'dev'],
    ]);
  });
});
