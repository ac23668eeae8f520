import { publicKey } from '../support/public-key';
import { added, problems } from './minimal';

/** A kind of field: what it takes, what it does not take, and what is then said. */
interface Field {
  /** The field with `$` for its value. */
  lines: string[];
  place?: 'top' | 'project' | 'env';
  /** Line, column and path of the field. */
  at: string;
  good: string[];
  bad: string[];
  said: string;
}

const GUEST = 'app_projects.pote.envs.dev.guest';
const guest = (key: string): Pick<Field, 'place' | 'lines' | 'at'> => ({
  place: 'env',
  lines: ['guest:', `  ${key}: $`],
  at: `7:11  ${GUEST}.${key}`,
});
const number = (key: string, min: number, max: number, unit: string): Field => ({
  ...guest(key),
  good: [`${min}`, `${max}`],
  bad: [`${min - 1}`, `${max + 1}`, '-1000000', '1e99', '12345678901234567890'],
  said: `is not a ${unit} from ${min} to ${max}  write a whole number from ${min} to ${max}`,
});

const FIELDS: Record<string, Field> = {
  proxmox_host: {
    lines: ['proxmox_host: $'],
    at: '1:1  proxmox_host',
    good: [
      'pve.example.lan',
      'pve',
      '10.0.10.2',
      '10.0.10.2:8006',
      'https://pve.example.lan',
      'https://pve.example.lan:8006/',
      '"[fd00::2]:8006"',
      '"{{ vault_host }}"',
      '"https://{{ vault_host }}:8006"',
    ],
    bad: [
      'http://pve.example.lan',
      'https://pve.example.lan/api2/json',
      'https://u:p@pve.example.lan',
      '"pve example"',
      'pve.example.lan:x',
      'fd00::2',
      '"https://"',
    ],
    said: 'is not a host name, address or https URL  write e.g. pve.example.lan or https://pve.example.lan:8006',
  },
  proxmox_user: {
    lines: ['proxmox_user: $'],
    at: '1:1  proxmox_user',
    good: ['root@pam', 'terraform@pve', 'a.b@ldap-1', '"{{ vault_user }}"'],
    bad: ['root', '"@pam"', 'root@', 'root:p@pam', 'a b@pam', 'terraform@pve!id'],
    said: 'is not a Proxmox user  write name@realm, e.g. terraform@pve',
  },
  proxmox_token_id: {
    lines: ['proxmox_token_id: $', 'proxmox_token_secret: "{{ vault_t }}"'],
    at: '1:1  proxmox_token_id',
    good: ['terraform@pve!pvestack', 'root@pam!t1', '"{{ vault_id }}"'],
    bad: ['terraform@pve', 'terraform!id', 'terraform@pve!', 'terraform@pve!1'],
    said: 'is not a Proxmox token  write user@realm!id, e.g. terraform@pve!pvestack',
  },
  proxmox_node: {
    lines: ['proxmox_node: $'],
    at: '1:1  proxmox_node',
    good: ['pve', 'pve-1', 'PVE1', '"1"', '"{{ vault_node }}"'],
    bad: ['pve_1', '-pve', 'pve-', 'pve.example.lan', '"a b"'],
    said: 'is not a Proxmox node name  write the name as `pvesh get /nodes` shows it, e.g. pve',
  },
  app_bootstrap_user: {
    lines: ['app_bootstrap_user: $'],
    at: '1:1  app_bootstrap_user',
    good: ['root', 'app_user', 'u1', '_x', '"{{ vault_user }}"'],
    bad: ['Root', '1u', '-x', 'a.b', '"a b"', 'x'.repeat(33)],
    said: 'is not a user name  write e.g. root',
  },
  ssh_public_keys: {
    lines: ['ssh_public_key: $'],
    at: '1:1  ssh_public_key',
    good: [
      publicKey('ssh-ed25519', 32),
      `${publicKey('ssh-rsa', 3, 257)} ops@example.lan laptop`,
      publicKey('ecdsa-sha2-nistp256', 'nistp256', 65),
      publicKey('sk-ssh-ed25519@openssh.com', 32, 'ssh:'),
      '"{{ vault_key }}"',
    ],
    bad: [
      'AAAA',
      'ssh-ed25519',
      'ssh-dss AAAA',
      '"ssh-ed25519 AAAA\\nssh-rsa BBBB"',
      '"ssh-ed25519 AAAA x\\n"',
      '"no-pty ssh-ed25519 AAAA"',
    ],
    said: 'is not an SSH public key  write one line as in ~/.ssh/id_ed25519.pub: "ssh-ed25519 AAAA… name"',
  },
  ssh_host_key: {
    place: 'env',
    lines: ['ssh_host_key: $'],
    at: '6:9  app_projects.pote.envs.dev.ssh_host_key',
    good: [
      publicKey('ssh-ed25519', 32),
      `${publicKey('ssh-rsa', 3, 257)} root@pote-dev`,
      '"{{ vault_key }}"',
    ],
    bad: ['pote-dev ssh-ed25519 AAAA', 'SHA256:abc', '"ssh-ed25519 AAAA\\nx"'],
    said: 'is not an SSH host key  write the type and the key of one line of /etc/ssh/ssh_host_ed25519_key.pub',
  },
  backend_dir: {
    place: 'project',
    lines: ['backend_dir: $'],
    at: '3:5  app_projects.pote.backend_dir',
    good: ['backend', 'services/api', 'services/api/', './api', '.', './'],
    bad: ['/srv', '../api', 'a//b', '"a b"', '..', 'a/..'],
    said: 'is not a folder of the repository  write e.g. backend or services/api, or . for its root',
  },
  'ssh_bastion.host': {
    lines: ['ssh_bastion:', '  host: $'],
    at: '2:3  ssh_bastion.host',
    good: ['bastion.example.lan', '10.0.10.5', 'fd00::5', '"{{ vault_bastion }}"'],
    bad: ['"a b"', 'ssh://bastion'],
    said: 'is not a host  write a name or an address',
  },
  'ssh_bastion.host_key': {
    lines: ['ssh_bastion:', '  host: b.example.lan', '  host_key: $'],
    at: '3:3  ssh_bastion.host_key',
    good: [publicKey('ssh-ed25519', 32)],
    bad: ['bastion ssh-ed25519 AAAA', 'SHA256:abc'],
    said: 'is not an SSH host key  write the type and the key of one line of /etc/ssh/ssh_host_ed25519_key.pub',
  },
  packages: {
    lines: ['packages:', '  - $'],
    at: '2:5  packages.0',
    good: ['git', 'g++', 'libc6:i386', 'nginx=1.22.1-9', 'python3.11', '"{{ vault_package }}"'],
    bad: ['-y', '--purge', 'Git', '"git curl"', 'a', '"git;id"', '../x.deb', '$(id)'],
    said: 'is not a Debian package  write its name as `apt-cache search` shows it',
  },
  lxc_ostemplate: {
    ...guest('lxc_ostemplate'),
    good: ['local:vztmpl/debian-12-standard_12.12-1_amd64.tar.zst', '"{{ vault_template }}"'],
    bad: ['debian-12', 'local:iso/debian.iso', 'vztmpl/debian.tar.zst', '"local:vztmpl/a b"'],
    said: 'is not a container template  write storage:vztmpl/file as `pveam list local` shows it',
  },
  disk_storage: {
    ...guest('disk_storage'),
    good: ['local-lvm', 'zfs.1', 'ceph_rbd', '"{{ vault_storage }}"'],
    bad: ['l', '1local', 'local-', 'local:8', '"a b"'],
    said: 'is not a storage name  write the name as `pvesm status` shows it',
  },
  bridge: {
    ...guest('bridge'),
    good: ['vmbr0', 'vmbr0.20', 'v', 'a23456789012345', '"{{ vault_bridge }}"'],
    bad: ['0vmbr', 'a234567890123456', 'vmbr0,firewall=0', '"vmbr 0"'],
    said: 'is not a bridge name  write e.g. vmbr0',
  },
  searchdomain: {
    ...guest('searchdomain'),
    good: ['example.lan', 'lan', '"{{ vault_domain }}"'],
    bad: ['"example.lan other.lan"', 'ex_ample', 'a/b'],
    said: 'is not a domain  write e.g. example.lan',
  },
  nameservers: {
    place: 'env',
    lines: ['guest:', '  nameservers: [$]'],
    at: `7:25  ${GUEST}.nameservers.0`,
    good: ['10.0.10.1', '"fd00::1"', '"{{ vault_dns }}"'],
    bad: ['dns.example.lan', '10.0.10.1/24', '"10.0.10.1 10.0.10.2"', '10.0.10.256'],
    said: 'is not an address  write an address such as 10.0.10.1',
  },
  tags: {
    place: 'env',
    lines: ['guest:', '  tags: [$]'],
    at: `7:18  ${GUEST}.tags.0`,
    good: ['web', 'Web', '_x', 'a+b.c-d', '"7"'],
    bad: ['-web', '"a;b"', '"a b"', '"a,b"', '""', 'ä'],
    said: 'is not a Proxmox tag  use letters, digits and _ + . -, beginning with a letter, digit or _',
  },
  kvm_disk: {
    ...guest('kvm_disk'),
    good: ['scsi0', 'virtio15', 'sata1', 'ide2'],
    bad: ['scsi', 'sda', 'scsi100', 'efidisk0'],
    said: 'is not a disk of a VM  write e.g. scsi0 or virtio0',
  },
  mac_address: {
    ...guest('mac_address'),
    good: ['"BC:24:11:00:00:01"', '"bc:24:11:ab:cd:ef"'],
    bad: ['BC-24-11-00-00-01', '"BC:24:11:00:00"', '"BD:24:11:00:00:01"', '"BC:24:11:00:00:0G"'],
    said: 'is not a unicast MAC address  write six pairs of hex digits, the first pair even: "BC:24:11:00:00:01"',
  },
  mount_points: {
    place: 'env',
    lines: ['guest:', '  mount_points:', '    - volume: local-lvm', '      path: $'],
    at: `9:15  ${GUEST}.mount_points.0.path`,
    good: ['/srv', '/srv/data 1', '"{{ vault_path }}"'],
    bad: ['srv', './srv', '/srv:ro'],
    said: 'is not an absolute path  write e.g. /srv/data',
  },
  cores: number('cores', 1, 8192, 'core count'),
  memory: number('memory', 16, 134_217_728, 'size in MiB'),
  swap: number('swap', 0, 134_217_728, 'size in MiB'),
  disk_size: number('disk_size', 1, 131_072, 'size in GiB'),
  vlan: number('vlan', 1, 4094, 'VLAN'),
  mtu: number('mtu', 576, 65_535, 'MTU'),
  startup_order: number('startup_order', 0, 999_999, 'order'),
  kvm_clone_vmid: number('kvm_clone_vmid', 100, 999_999_999, 'VMID'),
  'backend.path': {
    lines: ['backend:', '  type: local', '  path: $'],
    at: '3:3  backend.path',
    good: ['state', 'a/b', '../states'],
    bad: ['/var/state', '~/state'],
    said: 'is not relative  write a folder relative to cdktf.json, e.g. state',
  },
  'backend.address': {
    lines: ['backend:', '  type: http', '  address: $'],
    at: '3:3  backend.address',
    good: ['"https://git.example.lan/{stack}"', '"http://git.example.lan:3000/{stack}/lock"'],
    bad: ['https://git.example.lan/state', 'https://git.example.lan/{stac}'],
    said: "is the same for every stack  put {stack} where the stack's name belongs",
  },
  'backend.endpoint': {
    lines: ['backend:', '  type: s3', '  bucket: b', '  endpoint: $'],
    at: '4:3  backend.endpoint',
    good: ['https://s3.example.lan'],
    bad: ['s3.example.lan', 'ftp://s3.example.lan', '"https://a b"'],
    said: 'is not an http(s) URL  write e.g. https://git.example.lan/…',
  },
  'backend.conn_str': {
    lines: ['backend:', '  type: pg', '  conn_str: $'],
    at: '3:3  backend.conn_str',
    good: [
      'postgres://db.example.lan/tf',
      'postgres://tf@db.example.lan/tf',
      'host=db.example.lan dbname=tf',
    ],
    bad: ['postgres://tf:p@db.example.lan/tf', 'host=h password=p', 'host=h password = p'],
    said: 'holds a password  leave it out; export PG_CONN_STR or PGPASSWORD',
  },
};

describe.each(Object.entries(FIELDS))('%s', (_name, { lines, place = 'top', at, good, bad, said }) => {
  const text = (value: string): string =>
    added(place, ...lines.map((line) => line.replace('$', () => value)));

  test.each(good)('%s', (value) => {
    expect(problems(text(value))).toEqual([]);
  });

  test.each(bad)('%s is refused', (value) => {
    expect(problems(text(value))).toEqual([`inventory.yml:${at}  ${said}`]);
  });
});

describe('credentials of the API go together', () => {
  test.each<[lines: string[], said: string[]]>([
    [['proxmox_user: root@pam', 'proxmox_password: "{{ vault_p }}"'], []],
    [['proxmox_user: root@pam'], []],
    [
      ['proxmox_token_secret: "{{ vault_t }}"'],
      ['1:1  proxmox_token_secret  stands without proxmox_token_id  write proxmox_token_id: user@realm!id'],
    ],
    [
      ['proxmox_password: "{{ vault_p }}"'],
      ['1:1  proxmox_password  stands without proxmox_user  write proxmox_user: name@realm'],
    ],
    [
      ['proxmox_user: root', 'proxmox_password: "{{ vault_p }}"'],
      ['1:1  proxmox_user  is not a Proxmox user  write name@realm, e.g. terraform@pve'],
    ],
    [['proxmox_host: pve.example.lan', 'proxmox_port: 443'], []],
  ])('%j', (lines, said) => {
    expect(problems(added('top', ...lines))).toEqual(said.map((line) => `inventory.yml:${line}`));
  });
});

describe('a value that is no number at all', () => {
  test.each(['.inf', '-.inf', '.nan'])('%s', (value) => {
    expect(problems(added('env', 'guest:', `  cores: ${value}`))).toEqual([
      `inventory.yml:7:11  ${GUEST}.cores  is infinity or no number at all, not a number  write digits without quotes`,
    ]);
  });
});

describe('a key of the guest that stands beside guest', () => {
  test.each<['top' | 'project' | 'env', string]>([
    ['top', '1:1  cores'],
    ['project', '3:5  app_projects.pote.cores'],
    ['env', '6:9  app_projects.pote.envs.dev.cores'],
  ])('%s', (place, at) => {
    expect(problems(added(place, 'cores: 2'))).toEqual([
      `inventory.yml:${at}  is a key of the guest  write it below guest:`,
    ]);
  });
});

test.each([
  'jdbc:postgresql://db.example.lan/pote?user=pote&password=s3cr3t-marker',
  'host=db.example.lan password=s3cr3t-marker',
  'Server=db;Pwd=s3cr3t-marker;',
])('a password in a connection string is a secret in clear: %s', (value) => {
  const report = problems(added('env', `env_vars: {DSN: "${value}"}`)).join();
  expect(report).toContain(
    '6:20  app_projects.pote.envs.dev.env_vars.DSN  looks like a secret written in clear',
  );
  expect(report).not.toContain('s3cr3t');
  expect(
    problems(added('env', `env_vars: {DSN: "${value.replace('s3cr3t-marker', '{{ vault_x }}')}"}`)),
  ).toEqual([]);
});
