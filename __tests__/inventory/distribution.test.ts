import { added, onlyEnv, problems } from './minimal';

const AT = 'inventory.yml:6:';
const GUEST = 'app_projects.pote.envs.dev.guest';
const guest = (...keys: string[]): string => added('env', `guest: {${keys.join(', ')}}`);
const template = (name: string): string => `lxc_ostemplate: "local:vztmpl/${name}"`;
const NO_APT = (what: string): string =>
  `is ${what}, which has no apt: nothing can be configured on such a guest  choose a template of Debian or Ubuntu, or set configure: false on the env`;
const ROCKY = template('rockylinux-9-default_20240912_amd64.tar.xz');
const UBUNTU = template('ubuntu-24.04-standard_24.04-2_amd64.tar.zst');

describe('the distribution of a template is told from its name', () => {
  test.each<[written: string, type: string]>([
    ['lxc_ostemplate: local:vztmpl/debian-13-standard_13.1-2_amd64.tar.zst', 'debian'],
    [UBUNTU, 'ubuntu'],
    ['lxc_ostemplate: "nfs:vztmpl/sub/Ubuntu-26.04.tar.zst"', 'ubuntu'],
    [template('debian-12-turnkey-core_18.1-1_amd64.tar.gz'), 'debian'],
    [template('our-own-image.tar.zst'), 'debian'],
    ['lxc_ostemplate: "{{ vault_template }}"', 'debian'],
    [`${template('our-own-image.tar.zst')}, lxc_ostype: ubuntu`, 'ubuntu'],
    ['cores: 1', 'debian'],
  ])('%s', (written, type) => {
    const env = onlyEnv(guest(written));
    expect(env.guest.osType).toBe(type);
    expect(problems(guest(written))).toEqual([]);
  });

  test.each([
    [ROCKY, 'centos'],
    [template('alpine-3.22-default_20250617_amd64.tar.xz'), 'alpine'],
    [template('archlinux-base_20240911-1_amd64.tar.zst'), 'archlinux'],
  ])('%s, which is not configured', (written, type) => {
    expect(onlyEnv(added('env', 'configure: false', `guest: {${written}}`)).guest.osType).toBe(type);
  });
});

test.each<[what: string, text: string, lines: string[]]>([
  ['a template without apt', guest(ROCKY), [`${AT}17  ${GUEST}.lxc_ostemplate  ${NO_APT('centos')}`]],
  [
    'an unknown one whose type says so',
    guest(template('own.tar.zst'), 'lxc_ostype: alpine'),
    [`${AT}61  ${GUEST}.lxc_ostype  ${NO_APT('alpine')}`],
  ],
  [
    'a type that contradicts the name',
    guest(UBUNTU, 'lxc_ostype: debian'),
    [
      `${AT}93  ${GUEST}.lxc_ostype  warning: is debian, but the template's name says ubuntu: it may not read the network settings that Proxmox writes  write lxc_ostype: ubuntu, or remove it`,
    ],
  ],
  ['a VM has no template', guest('proxmox_guest_type: kvm', 'kvm_clone_vmid: 9000', ROCKY), []],
  ['one that is not started', guest('lxc_start_after_create: false', ROCKY), []],
])('%s', (_what, text, lines) => {
  expect(problems(text)).toEqual(lines);
});
