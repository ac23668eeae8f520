import { useLab } from '../support/lab';
import { command, describeWith, providers } from '../support/requirements';
import { unwrapped } from '../support/workspace';

jest.setTimeout(300_000);

const STACK = 'app-shop-dev';

/** One VM; `keys` are further guest keys. */
const inventory = (keys = ''): string => `configure: false
guest: {proxmox_guest_type: kvm, kvm_clone_vmid: 900${keys}}
app_projects:
  shop:
    app_type: none
    envs:
      dev:
        name: shop-dev
        vmid: 301
        ip: 10.0.10.31/24
        gateway: 10.0.10.1
`;

describeWith([providers, command('curl')], 'what is particular to VMs, with the real provider', () => {
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

  const deploy = async (keys?: string): Promise<string> => {
    lab.workspace.synth(inventory(keys));
    const { output } = await lab.workspace.apply(STACK);
    return unwrapped(output);
  };
  const token = (without: readonly string[]): void => {
    const [id, secret] = ['ci@pve!ci', '00000000-0000-0000-0000-0000000000c1'];
    lab.emulator.auth.setToken({ id, secret, grant: { role: 'PVEAdmin', without } });
    lab.workspace.env['PROXMOX_VE_API_TOKEN'] = `${id}=${secret}`;
  };

  test('the role of the README: create, change, destroy, without VM.Config.HWType', async () => {
    token(['VM.Config.HWType', 'Sys.Audit']);
    const created = await deploy();
    expect(created).toContain('Apply complete!');
    expect(created).not.toMatch(/deprecated/i);
    expect(await deploy(', memory: 4096, cores: 4, disk_size: 16, nameservers: [10.0.10.1]')).toContain(
      '1 changed',
    );
    expect((await lab.workspace.terraform(STACK, ['destroy', '-auto-approve'])).code).toBe(0);
  });

  test('startup_order needs Sys.Modify on /', async () => {
    token([]);
    expect(await deploy()).toContain('Apply complete!');
    expect(await deploy(', startup_order: 3')).toContain('Permission check failed (/, Sys.Modify)');
    lab.emulator.auth.setToken({
      id: 'ci@pve!ci',
      secret: '00000000-0000-0000-0000-0000000000c1',
      grant: { role: 'Administrator' },
    });
    expect(await deploy(', startup_order: 3')).toContain('1 changed');
  });

  test('memory and cores: without a guest agent it is stopped hard, and started', async () => {
    await deploy();
    lab.emulator.log.clear();
    await deploy(', memory: 4096');
    expect(lab.writes().filter((line) => line.includes('/status/'))).toEqual([
      'POST /nodes/pve/qemu/301/status/stop',
      'POST /nodes/pve/qemu/301/status/start',
    ]);
  });

  test('with the agent in its template: it is shut down', async () => {
    lab.emulator.changeGuest(900, { config: { agent: '1' } });
    await deploy();
    const plan = await lab.workspace.plan(STACK);
    expect([plan.code, plan.output]).toEqual([0, expect.stringContaining('No changes.')]);
    lab.emulator.log.clear();
    await deploy(', memory: 4096');
    expect(lab.writes().filter((line) => line.includes('/status/'))).toEqual([
      'POST /nodes/pve/qemu/301/status/shutdown',
      'POST /nodes/pve/qemu/301/status/start',
    ]);
  });

  test('made a template by hand: it is not replaced', async () => {
    await deploy();
    lab.emulator.changeGuest(301, { running: false, config: { template: 1 } });
    lab.emulator.log.clear();
    const plan = await lab.workspace.plan(STACK);
    expect(plan.output).toContain('Plan: 0 to add, 1 to change, 0 to destroy.');
  });
});
