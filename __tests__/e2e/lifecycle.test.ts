import { callApi } from '../support/api';
import { useLab } from '../support/lab';
import { command, describeWith, providers } from '../support/requirements';
import { unwrapped } from '../support/workspace';

jest.setTimeout(300_000);

const STACK = 'app-shop-prod';

/** One env; `guest` is its guest map, `env` are further lines of the env. */
function inventory(url: string, guest: string, env = ''): string {
  return `proxmox_host: ${url}
configure: false
ssh_public_keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExampleA ops@example.lan]
app_projects:
  shop:
    app_type: none
    envs:
      prod:
        name: shop-prod
        vmid: 301
        ip: 10.0.10.31/24
        gateway: 10.0.10.1
        guest: ${guest}
${env}`;
}

const OPEN = 'protection: false';

describeWith([providers, command('curl')], 'the life of a guest, with the real provider', () => {
  const lab = useLab();

  const deploy = async (): Promise<void> => {
    const apply = await lab.workspace.apply(STACK);
    expect([apply.code, apply.output]).toEqual([0, expect.stringContaining('Apply complete!')]);
    const plan = await lab.workspace.plan(STACK);
    expect([plan.code, plan.output]).toEqual([0, expect.stringContaining('No changes.')]);
  };

  test('a container with every option: the plan after the deploy is empty', async () => {
    const guest = `
          cores: 3
          memory: 1024
          swap: 0
          disk_size: 12
          disk_storage: local-lvm
          bridge: vmbr0
          vlan: 7
          mtu: 1400
          mac_address: bc:24:11:00:00:31
          firewall: false
          nameservers: [10.0.10.1, 10.0.10.2]
          searchdomain: example.lan
          onboot: false
          startup_order: 3
          description: "Shop: Grüße & \${not} %{a} template"
          tags: [Web, blue, ip_x]
          mount_points: [{path: /srv/data, volume: local-lvm, size: 4, backup: true}]
          protection: true
          prevent_destroy: true
          lxc_password: "{{ vault_root }}"
          allow_password_in_state: true`;
    lab.workspace.env['TF_VAR_vault_root'] = 'fake-root-password';
    lab.workspace.synth(inventory(lab.emulator.url, guest));
    await deploy();
  });

  test('a privileged container without nesting, created with a token', async () => {
    lab.workspace.synth(
      inventory(lab.emulator.url, `{${OPEN}, lxc_unprivileged: false, lxc_nesting: false}`),
    );
    await deploy();
  });

  test('a VM: the plan after the deploy is empty', async () => {
    lab.emulator.addGuest({
      vmid: 900,
      type: 'qemu',
      node: 'pve',
      running: false,
      config: {
        name: 'template',
        template: 1,
        scsi0: 'local-lvm:base-900-disk-0,size=4G',
        ide2: 'local-lvm:vm-900-cloudinit,media=cdrom',
      },
    });
    lab.workspace.synth(
      inventory(lab.emulator.url, `{proxmox_guest_type: kvm, kvm_clone_vmid: 900, ${OPEN}}`),
    );
    await deploy();
  });

  test('a changed key or template does not touch a guest that stands', async () => {
    lab.workspace.synth(inventory(lab.emulator.url, `{${OPEN}}`));
    await deploy();
    const other = inventory(
      lab.emulator.url,
      `{${OPEN}, lxc_ostemplate: "local:vztmpl/debian-13-standard_13.1-2_amd64.tar.zst"}`,
    );
    lab.workspace.synth(other.replace('ExampleA ops', 'ExampleB ops'));
    const plan = await lab.workspace.plan(STACK);
    expect([plan.code, plan.output]).toEqual([0, expect.stringContaining('No changes.')]);
  });

  test('a volume that was added by hand stays, and the guest with it', async () => {
    lab.workspace.synth(inventory(lab.emulator.url, `{${OPEN}}`));
    await deploy();
    lab.emulator.changeGuest(301, { config: { mp0: 'local-lvm:vm-301-disk-1,mp=/mnt/hand,size=1G' } });
    const plan = await lab.workspace.plan(STACK);
    expect([plan.code, plan.output]).toEqual([0, expect.stringContaining('No changes.')]);
  });

  test('a guest of which somebody makes a template is not replaced', async () => {
    lab.workspace.synth(inventory(lab.emulator.url, `{${OPEN}}`));
    await deploy();
    lab.emulator.changeGuest(301, { running: false, config: { template: 1 } });
    const plan = await lab.workspace.plan(STACK);
    expect([plan.code, plan.output]).toEqual([0, expect.stringContaining('No changes.')]);
  });

  test('a guest that is not started stays as people leave it, and every plan says that it is not configured', async () => {
    lab.workspace.synth(
      inventory(lab.emulator.url, `{${OPEN}, lxc_start_after_create: false}`).replace(
        'configure: false\n',
        '',
      ),
    );
    await deploy();
    const plan = await lab.workspace.plan(STACK);
    expect(unwrapped(plan.output)).toContain(
      'lxc_start_after_create is false, so nothing waits for SSH and nothing is configured',
    );
    lab.emulator.changeGuest(301, { running: true });
    expect((await lab.workspace.plan(STACK)).code).toBe(0);
  });

  test('adoption imports a standing guest: no create, no replacement, then an empty plan', async () => {
    lab.emulator.addGuest({
      vmid: 301,
      type: 'lxc',
      node: 'pve',
      running: true,
      config: {
        hostname: 'old-name',
        memory: 512,
        unprivileged: 1,
        features: 'nesting=1',
        ostype: 'debian',
        rootfs: 'local:301/vm-301-disk-0.raw,size=8G',
        net0: 'name=eth0,bridge=vmbr0,firewall=1,hwaddr=BC:24:11:AA:BB:CC,ip=10.0.10.31/24,gw=10.0.10.1,type=veth',
      },
    });
    lab.workspace.synth(inventory(lab.emulator.url, `{${OPEN}}`));
    expect((await lab.workspace.plan(STACK)).code).toBe(1);

    lab.workspace.synth(inventory(lab.emulator.url, `{${OPEN}}`, '        adopt: true\n'));
    const plan = await lab.workspace.plan(STACK);
    expect(plan.output).toContain('1 to import');
    expect(plan.output).toContain('0 to destroy');
    const apply = await lab.workspace.apply(STACK);
    expect([apply.code, apply.output]).toEqual([0, expect.stringContaining('1 imported')]);
    expect(lab.writes().filter((line) => /^(DELETE|POST .*\/lxc$)/.test(line))).toEqual([]);
    const again = await lab.workspace.plan(STACK);
    expect([again.code, again.output]).toEqual([0, expect.stringContaining('No changes.')]);

    // From now on the guard holds, with adopt: true still there.
    lab.emulator.removeGuest(301);
    lab.emulator.addGuest({
      vmid: 301,
      type: 'lxc',
      node: 'pve',
      running: false,
      config: { hostname: 'squatter' },
    });
    lab.emulator.log.clear();
    const squatted = await lab.workspace.apply(STACK);
    expect(squatted.code).toBe(1);
    expect(unwrapped(squatted.output)).toContain(
      'now belongs to a guest without the tag "app-shop-prod": container 301 (squatter)',
    );
    expect(lab.writes()).toEqual([]);

    // Without adopt the plan after adoption is as empty.
    lab.emulator.removeGuest(301);
    expect((await lab.workspace.apply(STACK)).code).toBe(0);
    lab.workspace.synth(inventory(lab.emulator.url, `{${OPEN}}`));
    expect((await lab.workspace.apply(STACK)).code).toBe(0);
    expect((await lab.workspace.plan(STACK)).code).toBe(0);
  });

  test('adoption of a VM that somebody made otherwise: no clone, no replacement, then an empty plan', async () => {
    lab.emulator.addGuest({
      vmid: 301,
      type: 'qemu',
      node: 'pve',
      running: true,
      config: {
        name: 'old-name',
        memory: 1024,
        cores: 1,
        sockets: 1,
        ostype: 'l26',
        boot: 'order=virtio0',
        virtio0: 'local-lvm:vm-301-disk-0,size=8G',
        net0: 'virtio=BC:24:11:AA:BB:CC,bridge=vmbr0',
        tags: 'theirs',
      },
    });
    // The template of other VMs: an adopted one was not made from it.
    const guest = `{proxmox_guest_type: kvm, kvm_clone_vmid: 900, kvm_disk: virtio0, ${OPEN}}`;
    lab.workspace.synth(inventory(lab.emulator.url, guest));
    expect((await lab.workspace.plan(STACK)).code).toBe(1);

    lab.workspace.synth(inventory(lab.emulator.url, guest, '        adopt: true\n'));
    const apply = await lab.workspace.apply(STACK);
    expect([apply.code, apply.output]).toEqual([0, expect.stringContaining('1 imported')]);
    expect(apply.output).toContain('Plan: 1 to import, 4 to add, 1 to change, 0 to destroy.');
    expect(lab.writes().filter((line) => /^(DELETE|POST .*\/(qemu|clone))$/.test(line))).toEqual([]);
    const again = await lab.workspace.plan(STACK);
    expect([again.code, again.output]).toEqual([0, expect.stringContaining('No changes.')]);

    // Without adopt it stays.
    lab.workspace.synth(inventory(lab.emulator.url, guest));
    const kept = await lab.workspace.apply(STACK);
    expect([kept.code, kept.output]).toEqual([
      0,
      expect.stringContaining('Plan: 0 to add, 0 to change, 1 to destroy.'),
    ]);
    expect((await lab.workspace.plan(STACK)).code).toBe(0);
  });

  test('a protected guest is neither destroyed nor stopped, whichever way it is tried', async () => {
    lab.workspace.synth(inventory(lab.emulator.url, '{}'));
    await deploy();
    lab.emulator.log.clear();
    const destroy = await lab.workspace.terraform(STACK, ['destroy', '-auto-approve']);
    expect(destroy.code).toBe(1);
    expect(destroy.output).toMatch(/(I|Resource i)nstance cannot be destroyed/);
    expect(lab.writes()).toEqual([]);

    // Both steps at once: Proxmox still protects the guest, and so does what the state remembers.
    lab.workspace.synth(inventory(lab.emulator.url, `{${OPEN}}`, '        state: absent\n'));
    const absent = await lab.workspace.apply(STACK);
    expect(absent.code).toBe(1);
    expect(unwrapped(absent.output)).toContain(`${STACK} is protected. Nothing was touched.`);
    expect(lab.writes()).toEqual([]);

    lab.workspace.synth(inventory(lab.emulator.url, `{${OPEN}}`));
    const opened = await lab.workspace.apply(STACK);
    expect([opened.code, opened.output]).toEqual([
      0,
      expect.stringContaining('0 added, 2 changed, 0 destroyed'),
    ]);
    lab.workspace.synth(inventory(lab.emulator.url, `{${OPEN}}`, '        state: absent\n'));
    const plan = await lab.workspace.plan(STACK);
    expect(plan.output).toContain('Plan: 0 to add, 0 to change, 4 to destroy.');
    expect((await lab.workspace.apply(STACK)).code).toBe(0);
    expect((await lab.workspace.plan(STACK)).code).toBe(0);
    expect(lab.writes().at(-1)).toBe('DELETE /nodes/pve/lxc/301');
  });

  test('two envs deployed at the same time do not meet', async () => {
    const two = `${inventory(lab.emulator.url, `{${OPEN}}`)}      dev:
        name: shop-dev
        vmid: 302
        ip: 10.0.10.32/24
        gateway: 10.0.10.1
`;
    lab.workspace.synth(two);
    const both = await Promise.all([lab.workspace.apply(STACK), lab.workspace.apply('app-shop-dev')]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect((await lab.workspace.plan(STACK)).code).toBe(0);
    expect((await lab.workspace.plan('app-shop-dev')).code).toBe(0);
  });
});

describeWith([providers, command('curl')], 'guests that Proxmox VE has no status of yet', () => {
  const lab = useLab({ statusMs: 60_000 });

  test('one that was just made is ours all the same: changed, refused to others, destroyed', async () => {
    const { workspace, emulator } = lab;
    const one = (more: string): string => inventory(emulator.url, `{${OPEN}${more}}`);
    workspace.synth(one(''));
    expect((await workspace.apply(STACK)).output).toContain('Apply complete!');
    // What it asks a cluster that has seen it in no round yet.
    const [listed] = (await callApi(emulator, 'GET', '/cluster/resources?type=vm')) as Record<
      string,
      unknown
    >[];
    expect(listed).toMatchObject({ vmid: 301, status: 'unknown' });
    expect(listed).not.toHaveProperty('name');
    expect((await workspace.plan(STACK)).output).toContain('No changes.');
    workspace.synth(one('').replace('10.0.10.31', '10.0.10.32'));
    expect((await workspace.apply(STACK)).output).toContain('Apply complete!');
    workspace.synth(one(', disk_storage: local'));
    expect((await workspace.apply(STACK)).output).toContain('Apply complete!');

    workspace.synth(
      `${one(', disk_storage: local')}
  mail: {app_type: none, envs: {prod: {name: mail, vmid: 302, ip: 10.0.10.33/24, gateway: 10.0.10.1}}}
`,
    );
    emulator.addGuest({ vmid: 302, type: 'lxc', node: 'pve', running: true, config: { hostname: 'other' } });
    const refused = await workspace.apply('app-mail-prod');
    expect([refused.code, unwrapped(refused.output)]).toEqual([
      1,
      expect.stringContaining('VMID 302 belongs to container 302 (other)'),
    ]);

    workspace.synth(one(', disk_storage: local'));
    const destroyed = await workspace.terraform(STACK, ['destroy', '-auto-approve']);
    expect([destroyed.code, destroyed.output]).toEqual([0, expect.stringContaining('Destroy complete!')]);
    expect([...emulator.state.guests.keys()]).toEqual([302]);
  });
});
