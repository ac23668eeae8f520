import { useLab } from '../support/lab';
import { command, describeWith, providers } from '../support/requirements';
import { unwrapped } from '../support/workspace';

jest.setTimeout(600_000);

const STACK = 'app-shop-dev';
const GUEST = {
  lxc: 'lxc_ostemplate: "local:vztmpl/debian-12-standard_12.12-1_amd64.tar.zst"',
  kvm: 'proxmox_guest_type: kvm, kvm_clone_vmid: 900',
};
type Type = keyof typeof GUEST;

const FIRST = { ip: '10.0.10.31/24', gateway: '10.0.10.1', ip6: 'fd00:0:0:10::31/64', gateway6: 'fe80::1' };
const SECOND = '{bridge: vmbr1, vlan: 20, ip: 10.0.20.31/24, ip6: auto, mtu: 1400, firewall: false}';

describeWith([providers, command('curl')], 'IPv6 and further interfaces, with the real provider', () => {
  const lab = useLab();

  beforeEach(() => {
    const config = {
      name: 'template',
      template: 1,
      scsi0: 'local-lvm:base-900-disk-0,size=4G',
      ide2: 'local-lvm:vm-900-cloudinit,media=cdrom',
    };
    lab.emulator.addGuest({ vmid: 900, type: 'qemu', node: 'pve', running: false, config });
  });

  const synth = (type: Type, first: Record<string, string>, networks: string): void => {
    const keys = Object.entries({ ...first, networks }).map(([name, value]) => `        ${name}: ${value}\n`);
    lab.workspace.synth(`configure: false
guest: {${GUEST[type]}}
app_projects:
  shop:
    app_type: none
    envs:
      dev:
        name: shop-dev
        vmid: 301
${keys.join('')}`);
  };
  /** The guest's interfaces as Proxmox keeps them, without the MAC addresses that it chose. */
  const interfaces = (): Record<string, string> => {
    const guest = lab.emulator.state.export().guests.find(({ vmid }) => vmid === 301);
    const config = Object.entries((guest as { config: Record<string, string> }).config);
    return Object.fromEntries(
      config
        .filter(([name]) => /^(net|ipconfig)\d/.test(name))
        .map(([name, value]) => [name, value.replace(/(=|hwaddr=)[0-9A-F:]{17}/, '$1MAC')]),
    );
  };
  const planned = async (): Promise<string> => unwrapped((await lab.workspace.plan(STACK)).output);
  const apply = async (): Promise<string> => unwrapped((await lab.workspace.apply(STACK)).output);

  test.each<[Type, Record<string, string>]>([
    [
      'lxc',
      {
        net0: 'name=eth0,bridge=vmbr0,firewall=1,gw=10.0.10.1,gw6=fe80::1,host-managed=0,hwaddr=MAC,ip=10.0.10.31/24,ip6=fd00:0:0:10::31/64,type=veth',
        net1: 'name=eth1,bridge=vmbr1,host-managed=0,hwaddr=MAC,ip=10.0.20.31/24,ip6=auto,mtu=1400,tag=20,type=veth',
      },
    ],
    [
      'kvm',
      {
        ipconfig0: 'gw=10.0.10.1,gw6=fe80::1,ip=10.0.10.31/24,ip6=fd00:0:0:10::31/64',
        ipconfig1: 'ip=10.0.20.31/24,ip6=auto',
        net0: 'virtio=MAC,bridge=vmbr0,firewall=1',
        net1: 'virtio=MAC,bridge=vmbr1,firewall=0,mtu=1400,tag=20',
      },
    ],
  ])('%s: made, kept, seen where it is changed by hand, and taken away', async (type, wanted) => {
    synth(type, FIRST, `[${SECOND}]`);
    expect(await apply()).toContain('Apply complete!');
    expect(interfaces()).toEqual(wanted);
    expect(await planned()).toContain('No changes.');
    const { config } = lab.emulator.state.export().guests.find(({ vmid }) => vmid === 301) as never as {
      config: { tags: string; net1: string };
    };
    expect(config.tags.split(';')).toEqual(
      expect.arrayContaining(['ip-10.0.10.31', 'ip+fd00-0-0-10--31', 'ip+10.0.20.31']),
    );
    lab.emulator.changeGuest(301, { config: { net1: config.net1.replace('tag=20', 'tag=21') } });
    expect(await planned()).toMatch(/vlan_id\s+= 21 -> 20/);
    synth(type, { ip6: FIRST.ip6, gateway6: FIRST.gateway6 }, '[]');
    expect(await apply()).toContain('Apply complete!');
    // The provider leaves of a VM the address of an interface that has left, where cloud-init does not look.
    expect(interfaces()).toEqual({
      ...(type === 'lxc'
        ? {
            net0: 'name=eth0,bridge=vmbr0,firewall=1,gw6=fe80::1,host-managed=0,hwaddr=MAC,ip6=fd00:0:0:10::31/64,type=veth',
          }
        : {
            ipconfig0: 'gw6=fe80::1,ip6=fd00:0:0:10::31/64',
            ipconfig1: 'ip=10.0.20.31/24,ip6=auto',
            net0: 'virtio=MAC,bridge=vmbr0,firewall=1',
          }),
    });
    if (type === 'kvm') {
      expect(await planned()).toContain('Plan: 0 to add, 1 to change, 0 to destroy.');
      lab.emulator.changeGuest(301, { config: { ipconfig1: null } });
    }
    expect(await planned()).toContain('No changes.');
  });

  test('an address that another guest has, however it is written there', async () => {
    const net = (ip: string): string => `name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:01,${ip},type=veth`;
    const other = (vmid: number, name: string, ip: string, tags = ''): void => {
      lab.emulator.addGuest({
        vmid,
        type: 'lxc',
        node: 'pve',
        running: false,
        config: { hostname: name, net0: net(ip), tags },
      });
    };
    other(400, 'six', 'ip6=FD00:0000::10:0:0:0:31/64');
    synth('lxc', FIRST, `[${SECOND}]`);
    expect(await planned()).toContain('fd00:0:0:10::31 is the address of lxc/400 (six) on node pve.');
    lab.emulator.changeGuest(400, { config: { net0: net('ip=10.0.20.31/24') } });
    expect(await planned()).toContain('10.0.20.31 is the address of lxc/400 (six) on node pve.');
    lab.emulator.changeGuest(400, { config: { net0: net('ip=10.0.20.32/24') } });
    expect(await planned()).toContain('Plan: ');
    lab.emulator.changeGuest(400, { config: { net0: net('ip=manual'), tags: 'ip+10.0.20.31' } });
    expect(await planned()).toMatch(/10\.0\.20\.31 is the address of container 400 \(six\) on node pve/);
  });

  test('a bridge of a further interface that is not there', async () => {
    synth('lxc', FIRST, `[${SECOND.replace('vmbr1', 'vmbr77')}]`);
    expect(await planned()).toContain('the bridge vmbr77 is not there');
  });
});
