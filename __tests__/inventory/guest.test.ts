import { added, changed, onlyEnv, problems } from './minimal';

const DEV = 'app_projects.pote.envs.dev';
const ROOT_PASSWORD = ['proxmox_user: root@pam', 'proxmox_password: "{{ vault_p }}"'];

/** Adds lines at the top of an inventory. */
function top(text: string, ...lines: string[]): string {
  return [...lines, text].join('\n');
}

const said = (lines: string[]): string[] => lines.map((line) => `inventory.yml:${line}`);

describe('a privileged container with nesting', () => {
  const guest = added('env', 'guest: {lxc_unprivileged: false}');
  const line = (at: string): string =>
    `${at}  ${DEV}.guest.lxc_unprivileged  makes a privileged container with nesting, which Proxmox lets only root@pam with a password create  ` +
    'set lxc_nesting: false, or use proxmox_user: root@pam with proxmox_password and no token';
  const TOKEN = ['proxmox_token_id: root@pam!id', 'proxmox_token_secret: "{{ vault_t }}"'];

  test.each<[name: string, text: string, lines: string[]]>([
    ['without credentials', guest, [line('6:17')]],
    ['by a token', top(guest, ...TOKEN), [line('8:17')]],
    ['by root and a token', top(guest, ...ROOT_PASSWORD, ...TOKEN), [line('10:17')]],
    [
      'by another user',
      top(guest, 'proxmox_user: terraform@pve', 'proxmox_password: "{{ vault_p }}"'),
      [line('8:17')],
    ],
    ['by root without a password', top(guest, 'proxmox_user: root@pam'), [line('7:17')]],
    ['by root@pam with a password', top(guest, ...ROOT_PASSWORD), []],
    ['without nesting', added('env', 'guest: {lxc_unprivileged: false, lxc_nesting: false}'), []],
    ['unprivileged', added('env', 'guest: {lxc_unprivileged: true, lxc_nesting: true}'), []],
    [
      'of a VM it says nothing',
      added('env', 'guest: {proxmox_guest_type: kvm, kvm_clone_vmid: 9000, lxc_unprivileged: false}'),
      [],
    ],
  ])('%s', (_name, text, lines) => {
    expect(problems(text)).toEqual(said(lines));
  });
});

describe('protection', () => {
  const named = (env: string, ...lines: string[]): string =>
    added('env', ...lines).replace('  dev:', `  ${env}:`);

  test.each<[text: string, protection: boolean, preventDestroy: boolean]>([
    [named('dev'), false, false],
    [named('prod'), true, true],
    [named('Prod'), true, true],
    [named('production'), false, false],
    [named('dev', 'guest: {protection: true}'), true, true],
    [named('dev', 'guest: {protection: true, prevent_destroy: false}'), true, false],
    [named('prod', 'guest: {protection: false}'), false, false],
    [named('prod', 'guest: {prevent_destroy: false}'), true, false],
    [top(named('prod'), 'guest: {protection: false}'), false, false],
  ])('%j', (text, protection, preventDestroy) => {
    expect(onlyEnv(text).guest).toMatchObject({ protection, preventDestroy });
  });

  const ABSENT =
    'would destroy a protected guest  first deploy it with guest: {protection: false, prevent_destroy: false}, then set state: absent';
  const ALONE = 'is set without protection  set protection: true beside it';
  test.each<[text: string, lines: string[]]>([
    [named('dev', 'guest: {prevent_destroy: true}'), [`6:17  ${DEV}.guest.prevent_destroy  ${ALONE}`]],
    [
      named('prod', 'guest: {prevent_destroy: true, protection: false}'),
      [`6:17  app_projects.pote.envs.prod.guest.prevent_destroy  ${ALONE}`],
    ],
    [named('prod', 'state: absent'), [`6:9  app_projects.pote.envs.prod.state  ${ABSENT}`]],
    [named('dev', 'state: absent', 'guest: {protection: true}'), [`6:9  ${DEV}.state  ${ABSENT}`]],
    [named('prod', 'state: absent', 'guest: {protection: false}'), []],
    [named('dev', 'state: absent'), []],
    [named('prod', 'state: absent', 'guest: {proxmox_guest_type: external}'), []],
  ])('%j', (text, lines) => {
    expect(problems(text)).toEqual(said(lines));
  });

  test('state: absent', () => {
    expect(onlyEnv(named('dev', 'state: absent')).present).toBe(false);
    expect(onlyEnv(named('dev', 'state: present')).present).toBe(true);
    expect(onlyEnv(named('dev')).present).toBe(true);
  });
});

describe('adopt', () => {
  const ABOVE = 'stands above the env, and would adopt several guests  write it on the env';
  test.each<[text: string, adopt: boolean]>([
    [added('env'), false],
    [added('env', 'adopt: true'), true],
    [added('env', 'guest: {adopt: true}'), true],
    [added('env', 'adopt: false', 'guest: {adopt: true}'), false],
  ])('%j', (text, adopt) => {
    expect(onlyEnv(text).guest.adopt).toBe(adopt);
  });

  test.each<[text: string, lines: string[]]>([
    [added('top', 'guest: {adopt: true}'), [`1:9  guest.adopt  ${ABOVE}`]],
    [added('project', 'guest: {adopt: true}'), [`3:13  app_projects.pote.guest.adopt  ${ABOVE}`]],
    [
      added('env', 'adopt: true', 'guest: {proxmox_guest_type: external}'),
      [`6:9  ${DEV}.adopt  has no meaning for an external host  remove it`],
    ],
  ])('%j', (text, lines) => {
    expect(problems(text)).toEqual(said(lines));
  });
});

describe('a folder of the node as a mount point', () => {
  const guest = added('env', 'guest: {mount_points: [{path: /data, volume: /data/media}]}');
  const line = `8:46  ${DEV}.guest.mount_points.0.volume  is a folder of the node, which Proxmox lets only root@pam with a password mount  use a volume of a storage, or proxmox_user: root@pam with proxmox_password and no token`;
  test.each<[name: string, lines: string[], refused: boolean]>([
    ['a token', ['proxmox_token_id: root@pam!id', 'proxmox_token_secret: "{{ vault_t }}"'], true],
    ['another user', ['proxmox_user: ci@pve', 'proxmox_password: "{{ vault_p }}"'], true],
    ['root@pam with a password', ROOT_PASSWORD, false],
    [
      'a user of whom nothing is known',
      ['proxmox_user: "{{ vault_u }}"', 'proxmox_password: "{{ vault_p }}"'],
      false,
    ],
    ['credentials of the environment', ['proxmox_node: pve', 'proxmox_host: pve.example.lan'], false],
  ])('with %s', (_name, lines, refused) => {
    expect(problems(top(guest, ...lines))).toEqual(said(refused ? [line] : []));
  });
});

describe('other options', () => {
  test.each<[name: string, text: string, lines: string[]]>([
    [
      'lxc_password stands in the state',
      added('env', 'guest: {lxc_password: "{{ vault_p }}"}'),
      [
        `6:17  ${DEV}.guest.lxc_password  would stand in the Terraform state in clear  use ssh_public_keys, or set allow_password_in_state: true beside it`,
      ],
    ],
    [
      'lxc_password, accepted',
      added('env', 'guest: {lxc_password: "{{ vault_p }}", allow_password_in_state: true}'),
      [],
    ],
    [
      'a VM needs a template',
      added('env', 'guest: {proxmox_guest_type: kvm}'),
      [`6:9  ${DEV}.guest.kvm_clone_vmid  is missing  write the VMID of the template to clone`],
    ],
    [
      'a VM is no clone of itself',
      added('env', 'guest: {proxmox_guest_type: kvm, kvm_clone_vmid: 201}'),
      [`6:42  ${DEV}.guest.kvm_clone_vmid  is the guest's own VMID  write the VMID of the template`],
    ],
    [
      'a VM has no mount points',
      added(
        'env',
        'guest: {proxmox_guest_type: kvm, kvm_clone_vmid: 9000, mount_points: [{path: /srv, volume: local-lvm}]}',
      ),
      [`6:64  ${DEV}.guest.mount_points  is for containers only  remove it, or grow disk_size`],
    ],
    [
      'tags that this tool writes itself',
      added('env', 'guest: {tags: [web, ip-10.0.10.9]}'),
      [
        `6:29  ${DEV}.guest.tags.1  is a tag that this tool writes itself  choose a tag that does not begin with ip-, ip+, created- or owner-`,
      ],
    ],
    [
      'a multicast MAC address',
      added('env', 'guest: {mac_address: "01:00:5e:00:00:01"}'),
      [
        `6:17  ${DEV}.guest.mac_address  is not a unicast MAC address  write six pairs of hex digits, the first pair even: "BC:24:11:00:00:01"`,
      ],
    ],
    [
      'a guest without keys',
      changed(
        'ssh_public_keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExampleA ops@example.lan]',
        'packages: []',
      ),
      [
        `5:7  ${DEV}  warning: has no ssh_public_keys: nobody can log in to the guest, Terraform included  write ssh_public_keys at the top, the project or here`,
      ],
    ],
    [
      'a token without its secret',
      added('top', 'proxmox_token_id: terraform@pve!id'),
      [
        '1:1  proxmox_token_id  stands without proxmox_token_secret  write proxmox_token_secret: "{{ vault_proxmox_token_secret }}", or remove it and export PROXMOX_VE_API_TOKEN',
      ],
    ],
  ])('%s', (_name, text, lines) => {
    expect(problems(text)).toEqual(said(lines));
  });
});
