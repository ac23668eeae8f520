import { added, changed, MINIMAL, onlyEnv, problems } from './minimal';

const UNKNOWN = 'remove it or mend its name (docs/inventory.md lists all keys)';
const ANSIBLE = '; in an Ansible group_vars file, APP_INVENTORY_ALLOW_OTHER_KEYS=1 ignores it';
const DEV = 'app_projects.pote.envs.dev';

/** The report lines of a text without the file's name. */
function linesOf(text: string): string[] {
  return problems(text).map((line) => line.replace(/^inventory\.yml:/, ''));
}

describe('unknown keys', () => {
  test.each<[name: string, text: string, line: string]>([
    [
      'at the top',
      added('top', 'proxmox_hosts: pve.example.lan'),
      `1:1  proxmox_hosts  is not a key of this tool here (did you mean "proxmox_host"?)  ${UNKNOWN}`,
    ],
    [
      'on a project',
      added('project', 'apptype: none'),
      `3:5  app_projects.pote.apptype  is not a key of this tool here (did you mean "app_type"?)  ${UNKNOWN}`,
    ],
    [
      'on an env',
      added('env', 'vimd: 3'),
      `6:9  ${DEV}.vimd  is not a key of this tool here (did you mean "vmid"?)  ${UNKNOWN}`,
    ],
    [
      'of a guest at the top',
      added('top', 'guest: {core: 3}'),
      `1:9  guest.core  is not a key of this tool here (did you mean "cores"?)  ${UNKNOWN}`,
    ],
    [
      'of the guest of an env',
      added('env', 'guest:', '  lxc_unpriviledged: true'),
      `7:11  ${DEV}.guest.lxc_unpriviledged  is not a key of this tool here (did you mean "lxc_unprivileged"?)  ${UNKNOWN}`,
    ],
    [
      'of a backend',
      added('top', 'backend: {type: s3, bucket: b, regoin: eu}'),
      `1:32  backend.regoin  is not a key of this tool here (did you mean "region"?)  ${UNKNOWN}`,
    ],
    [
      'of a bastion',
      added('top', 'ssh_bastion: {host: b.example.lan, usr: x}'),
      `1:36  ssh_bastion.usr  is not a key of this tool here (did you mean "user"?)  ${UNKNOWN}`,
    ],
    [
      'of a mount point',
      added('env', 'guest:', '  mount_points:', '    - {path: /srv, volume: local-lvm, siez: 3}'),
      `8:47  ${DEV}.guest.mount_points.0.siez  is not a key of this tool here (did you mean "size"?)  ${UNKNOWN}`,
    ],
    [
      'near to nothing',
      added('top', 'ansible_python_interpreter: /usr/bin/python3'),
      `1:1  ansible_python_interpreter  is not a key of this tool here  ${UNKNOWN}${ANSIBLE}`,
    ],
    [
      'of a project, on an env',
      added('env', 'app_type: none'),
      `6:9  ${DEV}.app_type  is a key of a project  write it on a project, beside envs`,
    ],
    [
      'of the top, on a project',
      added('project', 'proxmox_host: pve.example.lan'),
      '3:5  app_projects.pote.proxmox_host  is a key of the top level  write it at the top, beside app_projects',
    ],
    [
      'of an env, at the top',
      added('top', 'vmid: 300'),
      `1:1  vmid  is a key of an environment  write it on an environment, below envs${ANSIBLE}`,
    ],
    [
      'of a job',
      added('project', 'app_type: python', 'jobs: {a: {run: x, att: daily, at: daily}}'),
      `4:24  app_projects.pote.jobs.a.att  is not a key of this tool here (did you mean "at"?)  ${UNKNOWN}`,
    ],
    [
      'of the database',
      added('project', 'app_type: python', 'postgresql: {databse: x}'),
      `4:18  app_projects.pote.postgresql.databse  is not a key of this tool here (did you mean "database"?)  ${UNKNOWN}`,
    ],
  ])('%s', (_name, text, line) => {
    expect(linesOf(text)).toEqual([line]);
  });

  const unknown = (name: string, meant: string): string =>
    `${name}  is not a key of this tool here (did you mean "${meant}"?)  ${UNKNOWN}`;
  test.each<[name: string, text: string, lines: string[]]>([
    ['is not missing', changed('branch: dev', 'brnch: dev'), [`10:9  ${unknown(`${DEV}.brnch`, 'branch')}`]],
    [
      'is not missing, and what is in it is checked',
      MINIMAL.replace('app_projects', 'app_project').replace('vmid: 201', 'vimd: 99'),
      [
        `1:1  ${unknown('app_project', 'app_projects')}`,
        '7:9  app_project.pote.envs.dev.vimd  is not a VMID from 100 to 999999999  write a whole number from 100 to 999999999',
        `7:9  ${unknown('app_project.pote.envs.dev.vimd', 'vmid')}`,
      ],
    ],
    [
      'stands for nothing that is there as well',
      added('env', 'vimd: 99'),
      [`6:9  ${unknown(`${DEV}.vimd`, 'vmid')}`],
    ],
    [
      'is taken for another only where it is a slip',
      added('top', 'public_key: none'),
      [`1:1  ${unknown('public_key', 'ssh_public_key')}`],
    ],
  ])('one that is misspelt %s', (_name, text, lines) => {
    expect(linesOf(text)).toEqual(lines);
  });
});

describe('wrong types', () => {
  const QUOTES = 'put it in quotes';
  const DIGITS = 'write digits without quotes';
  const LIST = 'write a list: one "- item" per line';
  const MAP = 'write a map: one "key: value" per line';
  test.each<[text: string, line: string]>([
    [
      added('top', 'guest: {cores: two}'),
      `1:9  guest.cores  is a text, not a number  write a whole number from 1 to 8192`,
    ],
    [
      added('top', 'guest: {cores: "2"}'),
      '1:9  guest.cores  is a text, not a number  write 2, without quotes',
    ],
    [
      added('top', 'guest: {cores: 2.5}'),
      '1:9  guest.cores  is a fraction, not a whole number  write e.g. 3',
    ],
    [added('top', 'guest: {cores: [2]}'), `1:9  guest.cores  is a list, not a number  ${DIGITS}`],
    [added('top', 'guest: {cores: true}'), `1:9  guest.cores  is true or false, not a number  ${DIGITS}`],
    [added('top', 'guest: {cores: }'), `1:9  guest.cores  is empty, not a number  ${DIGITS}`],
    [
      added('top', 'guest: {cores: "{{ vault_cores }}"}'),
      '1:9  guest.cores  is a text, not a number  a vault reference is a text and cannot stand here: write the value',
    ],
    [added('top', 'guest: [cores]'), `1:1  guest  is a list, not a map  ${MAP}`],
    [added('top', 'guest: large'), `1:1  guest  is a text, not a map  ${MAP}`],
    [added('top', 'guest:'), `1:1  guest  is empty, not a map  ${MAP}`],
    [
      added('top', 'packages: git'),
      '1:1  packages  is a text, not a list  write a list: [item, item], or one "- item" per line',
    ],
    [added('top', 'packages: {git: 1}'), `1:1  packages  is a map, not a list  ${LIST}`],
    [added('top', 'packages: [git, 7]'), `1:17  packages.1  is a number, not a text  ${QUOTES}`],
    [changed('name: pote-dev', 'name: 12'), `6:9  ${DEV}.name  is a number, not a text  ${QUOTES}`],
    [changed('branch: dev', 'branch: 1.10'), `10:9  ${DEV}.branch  is a fraction, not a text  ${QUOTES}`],
    [
      changed('vmid: 201', 'vmid: "201"'),
      `7:9  ${DEV}.vmid  is a text, not a number  write 201, without quotes`,
    ],
    [
      added('env', 'env_vars: {A: [1]}'),
      `6:20  ${DEV}.env_vars.A  is a list, not one text  write it as the application reads it: JSON in single quotes, e.g. '["a", "b"]', or "a,b"`,
    ],
    [
      added('env', 'env_vars: {A: }'),
      `6:20  ${DEV}.env_vars.A  is not a text, number or boolean  write one value; "" for an empty one`,
    ],
    [added('env', 'env_vars: [A=1]'), `6:9  ${DEV}.env_vars  is a list, not a map  ${MAP}`],
    ['- a\n', `1:1  (top)  is a list, not a map  ${MAP}`],
    ['hello\n', `1:1  (top)  is a text, not a map  ${MAP}`],
    ['app_projects:\n', `1:1  app_projects  is empty, not a map  ${MAP}`],
    ['packages: [git]\n', '1:1  app_projects  is missing  write it (docs/inventory.md lists all keys)'],
    [
      'app_projects: {}\n',
      '1:1  app_projects  holds no project  write one: examples/inventory.yml is a start',
    ],
    [
      'app_projects: {p: {app_type: none}}\n',
      '1:16  app_projects.p.envs  is missing  write it (docs/inventory.md lists all keys)',
    ],
    [
      'app_projects: {p: {app_type: none, envs: {}}}\n',
      '1:36  app_projects.p.envs  holds no environment  write one, e.g. dev',
    ],
  ])('%j', (text, line) => {
    expect(linesOf(text)).toEqual([line]);
  });
});

describe('sizes and times with a unit', () => {
  test.each<[line: string, fix: string]>([
    ['guest: {memory: 2GB}', 'write 2048, without quotes; it counts MiB'],
    ['guest: {memory: 1GB}', 'write 1024, without quotes; it counts MiB'],
    ['guest: {memory: 512M}', 'write 512, without quotes; it counts MiB'],
    ['guest: {memory: 2 GiB}', 'write 2048, without quotes; it counts MiB'],
    ['guest: {memory: 1.5g}', 'write 1536, without quotes; it counts MiB'],
    ['guest: {memory: "2048"}', 'write 2048, without quotes; it counts MiB'],
    ['guest: {memory: 8.5}', 'write 8704 for 8.5 GiB; it counts MiB'],
    ['guest: {memory: 2048.5}', 'write e.g. 2049; it counts MiB'],
    ['guest: {memory: much}', 'write a whole number from 16 to 134217728; it counts MiB'],
    ['guest: {disk_size: 40G}', 'write 40, without quotes; it counts GiB'],
    ['guest: {disk_size: 8192M}', 'write 8, without quotes; it counts GiB'],
    ['guest: {disk_size: 1T}', 'write 1024, without quotes; it counts GiB'],
    ['guest: {disk_size: 999999T}', 'write a whole number from 1 to 131072; it counts GiB'],
  ])('%s', (line, fix) => {
    expect(linesOf(added('top', line))).toEqual([
      expect.stringMatching(/^1:9 {2}guest\.\w+ {2}is a (text, not a|fraction, not a whole) number {2}/),
    ]);
    expect(linesOf(added('top', line))).toEqual([expect.stringContaining(`  ${fix}`)]);
  });

  test.each<[line: string, fix: string]>([
    ['build_timeout: 5m', 'write 300, without quotes; it counts seconds'],
    ['health_timeout: 30s', 'write 30, without quotes; it counts seconds'],
    ['build_timeout: 1 h', 'write 3600, without quotes; it counts seconds'],
    ['build_memory: 2G', 'write 2048, without quotes; it counts MiB'],
  ])('%s', (line, fix) => {
    expect(linesOf(added('project', line))).toEqual([
      expect.stringContaining(`is a text, not a number  ${fix}`),
    ]);
  });
});

describe('words of other tools', () => {
  const NO_KEY = 'is not a key of this tool here';
  test.each<[place: 'top' | 'project' | 'env', line: string, said: string]>([
    ['project', 'repo_url: https://git.example.lan/x.git', `${NO_KEY} (did you mean "repo"?)`],
    ['project', 'environments: {}', `${NO_KEY} (did you mean "envs"?)`],
    ['project', 'postgres: {}', `${NO_KEY} (did you mean "postgresql"?)`],
    ['project', 'start: npm start', `${NO_KEY}  write backend_start and frontend_start, or service_start`],
    ['project', 'build: make', `${NO_KEY}  write backend_build`],
    ['project', 'port: 3000', `${NO_KEY}  write backend_port`],
    ['project', 'cron: x', `${NO_KEY}  write jobs: {<name>: {run: …, cron: …}}`],
    ['project', 'secrets: {A: b}', `${NO_KEY}  write it in env_vars as "{{ vault_… }}"`],
    ['project', 'health_check: /health', `${NO_KEY} (did you mean "backend_health_path"?)`],
    ['env', 'deploy: true', `${NO_KEY}  remove it: the head of branch is deployed`],
    ['env', 'hostname: web', `${NO_KEY} (did you mean "name"?)`],
    ['env', 'host: web', `${NO_KEY} (did you mean "name"?)`],
    ['env', 'ip_address: 10.0.10.3/24', `${NO_KEY} (did you mean "ip"?)`],
    ['env', 'gw: 10.0.10.1', `${NO_KEY} (did you mean "gateway"?)`],
    ['env', 'id: 301', `${NO_KEY} (did you mean "vmid"?)`],
    ['env', 'node: pve', `${NO_KEY} (did you mean "proxmox_node"?)`],
    ['env', 'environment: {A: b}', `${NO_KEY} (did you mean "env_vars"?)`],
    ['env', 'ports: [80]', `${NO_KEY} (did you mean "firewall_ports"?)`],
    ['env', 'ram: 2048', `${NO_KEY}  write memory, below guest:`],
    ['env', 'guest: {cpu: 2}', `${NO_KEY} (did you mean "cores"?)`],
    ['env', 'guest: {ram: 2048}', `${NO_KEY} (did you mean "memory"?)`],
    ['env', 'guest: {disk: 20}', `${NO_KEY} (did you mean "disk_size"?)`],
    ['env', 'guest: {dns: [10.0.10.1]}', `${NO_KEY} (did you mean "nameservers"?)`],
    ['top', 'backend: {type: s3, bucket: b, key: k}', `${NO_KEY}  write prefix: each stack's state is`],
    [
      'top',
      'backend: {type: http, address: "https://git.example.lan/{stack}", username: u}',
      `${NO_KEY}  remove it: export TF_HTTP_USERNAME and TF_HTTP_PASSWORD`,
    ],
  ])('%s: %s', (place, line, said) => {
    expect(linesOf(added(place, line))).toEqual([expect.stringContaining(said)]);
  });

  test('one that has to be there counts as the key that is meant', () => {
    const text = changed('name: pote-dev', 'hostname: Pote_Dev').replace('vmid: 201', 'vm_id: 201');
    expect(linesOf(text)).toEqual([
      `6:9  ${DEV}.hostname  holds capital letters  write pote-dev`,
      expect.stringContaining(`6:9  ${DEV}.hostname  ${NO_KEY} (did you mean "name"?)`),
      expect.stringContaining(`7:9  ${DEV}.vm_id  ${NO_KEY} (did you mean "vmid"?)`),
    ]);
  });

  test.each<[line: string, said: string]>([
    ['guest: {proxmox_guest_type: vm}', '(did you mean "kvm"?)'],
    ['guest: {proxmox_guest_type: container}', '(did you mean "lxc"?)'],
    ['backend: local', 'is a text, not a map  write e.g. backend: {type: local}'],
    ['ssh_public_key: ~/.ssh/id_ed25519.pub', 'is the path of a file  write the line that stands in it'],
    ['ssh_public_key: "-----BEGIN OPENSSH PRIVATE KEY-----"', 'is a private key  write the public one'],
    ['ssh_bastion: {host: root@bastion.example.lan}', 'holds a user  write it as user:, beside host'],
    ['ssh_bastion: {host: "bastion.example.lan:2222"}', 'holds a port  write it as port:, beside host'],
    ['node_version: v24.9.0', 'is not a version of Node.js  write "24.9.0"'],
    ['node_mirror: https://u:p@mirror.example.lan/dist', 'holds credentials  write a mirror that needs none'],
    [
      'proxmox_token_id: terraform@pve!ci=0000',
      'holds the secret of the token  write what stands before "=", and the rest as proxmox_token_secret',
    ],
  ])('%s', (line, said) => {
    expect(linesOf(added('top', line)).join('\n')).toContain(said);
  });

  test.each(['refs/heads/main', 'refs/tags/v1'])('branch: %s', (branch) => {
    expect(linesOf(changed('branch: dev', `branch: ${branch}`))).toEqual([
      `10:9  ${DEV}.branch  is the path of a reference  write the name alone, without refs/heads/`,
    ]);
  });
});

describe('missing keys of an env', () => {
  test('are each said at the env, with an example', () => {
    expect(linesOf('app_projects:\n  pote:\n    envs:\n      dev: {configure: false}\n')).toEqual([
      '2:3  app_projects.pote.repo  is missing  write the URL of the git repository, or set app_type: none',
      `4:7  ${DEV}.branch  is missing  write it, e.g. branch: dev`,
      `4:7  ${DEV}.gateway  is missing  write it, e.g. gateway: 10.0.10.1`,
      `4:7  ${DEV}.ip  is missing  write it, e.g. ip: 10.0.10.101/24`,
      `4:7  ${DEV}.name  is missing  write it, e.g. name: pote-dev`,
      `4:7  ${DEV}.vmid  is missing  write it, e.g. vmid: 201`,
    ]);
  });

  test('of an external host without an application are only name and ip', () => {
    const text =
      'app_projects:\n  pote:\n    app_type: none\n    envs:\n      dev: {guest: {proxmox_guest_type: external}}\n';
    expect(linesOf(text)).toEqual([
      `5:7  ${DEV}.ip  is missing  write it, e.g. ip: 10.0.10.101/24`,
      `5:7  ${DEV}.name  is missing  write it, e.g. name: pote-dev`,
    ]);
  });
});

describe('enums', () => {
  test.each<[text: string, line: string]>([
    [
      added('project', 'app_type: nodejs'),
      '3:5  app_projects.pote.app_type  is none of the allowed values (did you mean "node"?)  write one of: node, python, none',
    ],
    [
      added('project', 'app_type: 7'),
      '3:5  app_projects.pote.app_type  is none of the allowed values  write one of: node, python, none',
    ],
    [
      added('top', 'guest: {proxmox_guest_type: qemu}'),
      '1:9  guest.proxmox_guest_type  is none of the allowed values (did you mean "kvm"?)  write one of: lxc, kvm, external',
    ],
    [
      added('env', 'state: Absent'),
      `6:9  ${DEV}.state  is none of the allowed values (did you mean "absent"?)  write one of: present, absent`,
    ],
    [
      added('top', 'backend: {type: s4}'),
      '1:11  backend.type  is missing or unknown  write one of: local, cloud, s3, http, pg',
    ],
    [
      added('top', 'backend: {bucket: b}'),
      '1:1  backend.type  is missing or unknown  write one of: local, cloud, s3, http, pg',
    ],
    [
      added('top', 'backend: {type: s3}'),
      '1:1  backend.bucket  is missing  write it (docs/inventory.md lists all keys)',
    ],
  ])('%j', (text, line) => {
    expect(linesOf(text)).toEqual([line]);
  });
});

describe('booleans', () => {
  test.each<[written: string, value: boolean]>([
    ['true', true],
    ['yes', true],
    ['Yes', true],
    ['on', true],
    ['"true"', true],
    ['false', false],
    ['no', false],
    ['NO', false],
    ['off', false],
    ['"false"', false],
  ])('%s is %s', (written, value) => {
    expect(onlyEnv(added('env', `guest: {onboot: ${written}}`)).guest.onboot).toBe(value);
  });

  test.each(['1', '0', 'y', 'maybe', '"{{ vault_x }}"', '[]'])('%s is refused', (written) => {
    expect(linesOf(added('env', `guest: {onboot: ${written}}`))).toEqual([
      expect.stringMatching(
        /^6:17 {2}app_projects\.pote\.envs\.dev\.guest\.onboot {2}is .*, not true or false {2}/,
      ),
    ]);
  });
});

describe('several errors', () => {
  test('are all said at once, sorted by place', () => {
    const text = `${MINIMAL}zzz: 1\n`
      .replace('vmid: 201', 'vmid: 20')
      .replace('10.0.10.101/24', '10.0.10.0/24')
      .replace('name: pote-dev', 'name: Pote')
      .replace('branch: dev', 'branch: a..b\n        guest: {memory: 1, cores: many}')
      .replace('git@git.example.lan:team/pote.git', 'nothing');
    expect(linesOf(text)).toEqual([
      '3:5  app_projects.pote.repo  is not a git URL  write e.g. git@git.example.lan:team/app.git',
      `6:9  ${DEV}.name  holds capital letters  write pote`,
      `7:9  ${DEV}.vmid  is not a VMID from 100 to 999999999  write a whole number from 100 to 999999999`,
      `8:9  ${DEV}.ip  is the address of the network 10.0.10.0/24 itself  write an address inside it`,
      `10:9  ${DEV}.branch  is not a git branch name  write a branch such as main or feature/login (rules: git check-ref-format)`,
      `11:17  ${DEV}.guest.memory  is not a size in MiB from 16 to 134217728  write a whole number from 16 to 134217728`,
      `11:28  ${DEV}.guest.cores  is a text, not a number  write a whole number from 1 to 8192`,
      `13:1  zzz  is not a key of this tool here  ${UNKNOWN}${ANSIBLE}`,
    ]);
  });

  test('a wrong key does not hide what is wrong elsewhere, nor say that it is missing', () => {
    expect(linesOf(changed('vmid: 201', 'vmid: two').replace('10.0.10.101/24', '10.0.10.256/24'))).toEqual([
      `7:9  ${DEV}.vmid  is a text, not a number  write a whole number from 100 to 999999999`,
      `8:9  ${DEV}.ip  is not an IPv4 address with prefix  write e.g. 10.0.10.101/24`,
    ]);
  });
});
