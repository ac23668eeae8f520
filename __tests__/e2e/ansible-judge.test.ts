import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DEFAULT_PASSWORD, DEFAULT_TOKEN, startEmulator, type Emulator } from 'proxmox-emulator';
import { ansibleEnvironment, ansibleProxmox, runTasks, type Task, type TaskResult } from '../support/ansible';
import { describeWith } from '../support/requirements';
import { runCommand } from '../support/workspace';

jest.setTimeout(400_000);

const TEMPLATE = 'local:vztmpl/debian-12-standard_12.12-1_amd64.tar.zst';
const KEY =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExampleA ops@example.lan';
const MAC = 'BC:24:11:[0-9A-F]{2}:[0-9A-F]{2}:[0-9A-F]{2}';

/** A container with every option that a token may set. */
const CONTAINER = {
  vmid: 150,
  node: 'pve',
  hostname: 'judged',
  ostemplate: TEMPLATE,
  password: 'fake-password-1',
  pubkey: KEY,
  disk: 'local-lvm:8',
  cores: 2,
  memory: 1024,
  swap: 0,
  netif: { net0: 'name=eth0,bridge=vmbr0,ip=10.0.10.150/24,gw=10.0.10.1,firewall=1' },
  features: ['nesting=1'],
  nameserver: '10.0.10.1',
  searchdomain: 'example.lan',
  onboot: true,
  startup: ['order=3'],
  description: 'made by Ansible',
  tags: ['web', 'blue'],
};

/** The only guest that proxmox_vm_info found, in its own words. */
function found(result: TaskResult | undefined): Record<string, unknown> {
  expect(result?.proxmox_vms).toHaveLength(1);
  return result?.proxmox_vms?.[0] ?? {};
}

/** An emulator of a test's own, and Ansible. */
interface Court {
  emulator: Emulator;
  folder: string;
  certFile: string;
  /** Runs the tasks with the token, other arguments in `api`. @returns what each registered */
  run(tasks: readonly Task[], api?: Record<string, unknown>): Promise<TaskResult[]>;
}

const [TOKEN_ID = '', TOKEN_SECRET = ''] = DEFAULT_TOKEN.split('=');
const [USER = '', TOKEN = ''] = TOKEN_ID.split('!');
const BY_TOKEN = { api_token_id: TOKEN, api_token_secret: TOKEN_SECRET };

/** The tests run at the same time, as Ansible waits much, so each has what it needs for itself. */
async function inCourt(test: (court: Court) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'judge-'));
  const certFile = path.join(folder, 'ca.pem');
  const emulator = await startEmulator({ taskMs: 1, nodes: ['pve', 'pve2'], certFile });
  const api = { api_host: '127.0.0.1', api_port: emulator.port, api_user: USER, validate_certs: true };
  try {
    await test({
      emulator,
      folder,
      certFile,
      run: (tasks, more = BY_TOKEN) => runTasks(folder, certFile, { ...api, ...more }, tasks),
    });
  } finally {
    await emulator.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What Ansible says of each. */
const words = (results: readonly (TaskResult | undefined)[]): unknown[] =>
  results.map((result) => [result?.failed, result?.changed, result?.msg]);

describeWith([ansibleProxmox], "Ansible's Proxmox modules, an independent client", () => {
  test.concurrent('a container is created, read, changed, started, stopped and destroyed', () =>
    inCourt(async ({ emulator, run }) => {
      const change = { vmid: 150, node: 'pve', hostname: 'judged', update: true };
      const results = await run([
        ['proxmox', CONTAINER],
        ['proxmox', { ...CONTAINER, update: false }],
        ['proxmox', { vmid: 150, state: 'started' }],
        ['proxmox_vm_info', { vmid: 150, config: 'current', network: true }],
        ['proxmox', { ...change, memory: 2048, cores: 3, tags: ['web', 'Green'], delete: ['description'] }],
        ['proxmox', { ...change, memory: 2048, cores: 3 }],
        ['proxmox_vm_info', { vmid: 150, config: 'pending' }],
        ['proxmox', { vmid: 150, state: 'restarted' }],
        ['proxmox', { vmid: 150, state: 'absent' }],
        ['proxmox', { vmid: 150, state: 'stopped', force: true }],
        ['proxmox', { vmid: 150, state: 'absent', purge: true }],
        ['proxmox', { vmid: 150, state: 'absent' }],
      ]);
      expect(words(results.filter((_result, index) => index !== 3 && index !== 6))).toEqual([
        [false, true, `Created VM judged (150) from template ${TEMPLATE}`],
        [false, false, 'VM judged (150) already exists.'],
        [false, true, 'VM judged (150) started.'],
        [false, true, 'VM judged (150) has been updated.'],
        [false, false, 'Container config is already up to date.'],
        [false, true, 'VM judged (150) is restarted.'],
        [false, false, 'VM 150 is running. Stop it before deletion.'],
        [false, true, 'VM judged (150) stopped.'],
        [false, true, 'VM 150 removed.'],
        [false, false, 'VM 150 is already absent.'],
      ]);
      expect(found(results[3])).toMatchObject({
        id: 'lxc/150',
        name: 'judged',
        node: 'pve',
        status: 'running',
        tags: 'blue;web',
        maxmem: 1024 * 1024 * 1024,
        network: expect.arrayContaining([
          expect.objectContaining({ name: 'eth0', inet: '10.0.10.150/24' }),
        ]) as unknown,
      });
      expect(found(results[3])['config']).toEqual({
        arch: 'amd64',
        cores: 2,
        description: 'made by Ansible\n',
        digest: expect.stringMatching(/^[0-9a-f]{40}$/) as unknown,
        features: 'nesting=1',
        hostname: 'judged',
        memory: 1024,
        nameserver: '10.0.10.1',
        net0: expect.stringMatching(
          `^name=eth0,bridge=vmbr0,firewall=1,gw=10.0.10.1,hwaddr=${MAC},ip=10.0.10.150/24,type=veth$`,
        ) as unknown,
        onboot: 1,
        ostype: 'debian',
        rootfs: 'local-lvm:vm-150-disk-0,size=8G',
        searchdomain: 'example.lan',
        startup: 'order=3',
        swap: 0,
        tags: 'blue;web',
        unprivileged: 1,
      });
      const changed = found(results[6])['config'];
      expect(changed).toMatchObject({ memory: 2048, cores: 3, tags: 'green;web' });
      expect(changed).not.toHaveProperty('description');
      expect(emulator.state.guests.size).toBe(0);
      expect(emulator.state.storage('local-lvm').volumes).toEqual([]);
    }),
  );

  test.concurrent('a container whose number the cluster chooses; its template and copies of that', () =>
    inCourt(async ({ run }) => {
      const golden = { node: 'pve2', hostname: 'golden' };
      const results = await run([
        [
          'proxmox',
          {
            ...golden,
            ostemplate: TEMPLATE,
            disk_volume: { storage: 'local-lvm', size: 6 },
            mount_volumes: [{ id: 'mp0', storage: 'local-lvm', size: 2, mountpoint: '/srv' }],
          },
        ],
        ['proxmox', { ...golden, state: 'template' }],
        ['proxmox', { vmid: 171, hostname: 'linked', node: 'pve2', clone: 100, clone_type: 'linked' }],
        [
          'proxmox',
          { vmid: 172, hostname: 'full', node: 'pve2', clone: 100, clone_type: 'full', storage: 'local' },
        ],
        ['proxmox_vm_info', { node: 'pve2', type: 'lxc', config: 'current' }],
      ]);
      expect(words(results.slice(0, 4))).toEqual([
        [false, true, `Created VM golden (100) from template ${TEMPLATE}`],
        [false, true, 'VM golden (100) converted to template.'],
        [false, true, 'Cloned VM linked (171) from 100'],
        [false, true, 'Cloned VM full (172) from 100'],
      ]);
      expect(
        results[4]?.proxmox_vms?.map(({ name, template, config }) => [
          name,
          template,
          config?.['rootfs'],
          config?.['mp0'],
        ]),
      ).toEqual([
        ['golden', true, 'local-lvm:base-100-disk-0,size=6G', 'local-lvm:base-100-disk-1,mp=/srv,size=2G'],
        ['linked', false, 'local-lvm:vm-171-disk-0,size=6G', 'local-lvm:vm-171-disk-1,mp=/srv,size=2G'],
        ['full', false, 'local:172/vm-172-disk-0.raw,size=6G', 'local:172/vm-172-disk-1.raw,mp=/srv,size=2G'],
      ]);
    }),
  );

  test.concurrent('a VM is created, cloned, set up by cloud-init, moved and destroyed', () =>
    inCourt(async ({ emulator, run }) => {
      const results = await run([
        [
          'proxmox_kvm',
          {
            vmid: 900,
            node: 'pve',
            name: 'golden',
            memory: 512,
            scsihw: 'virtio-scsi-pci',
            scsi: { scsi0: 'local-lvm:4' },
            ide: { ide2: 'local-lvm:cloudinit' },
            net: { net0: 'virtio,bridge=vmbr0' },
            agent: 'enabled=1',
          },
        ],
        ['proxmox_kvm', { vmid: 900, node: 'pve', state: 'template' }],
        ['proxmox_kvm', { node: 'pve', clone: 'golden', newid: 901, name: 'copy', storage: 'local-lvm' }],
        ['proxmox_kvm', { node: 'pve', clone: 'golden', newid: 901, name: 'copy', storage: 'local-lvm' }],
        [
          'proxmox_kvm',
          {
            vmid: 901,
            node: 'pve',
            name: 'copy',
            update: true,
            cores: 2,
            memory: 1024,
            ciuser: 'ops',
            cipassword: 'fake-password-2',
            sshkeys: KEY,
            ipconfig: { ipconfig0: 'ip=10.0.10.91/24,gw=10.0.10.1' },
            nameservers: ['10.0.10.1'],
            searchdomains: ['example.lan'],
            tags: ['web', 'blue'],
          },
        ],
        ['proxmox_disk', { vmid: 901, disk: 'scsi1', storage: 'local-lvm', size: '2', state: 'present' }],
        ['proxmox_disk', { vmid: 901, disk: 'scsi1', size: '5G', state: 'resized' }],
        ['proxmox_nic', { vmid: 901, interface: 'net1', bridge: 'vmbr1' }],
        ['proxmox_kvm', { vmid: 901, state: 'started' }],
        ['proxmox_vm_info', { vmid: 901, config: 'current', network: true }],
        ['proxmox_kvm', { vmid: 901, node: 'pve2', migrate: true }],
        ['proxmox_kvm', { vmid: 901, state: 'absent' }],
        ['proxmox_kvm', { vmid: 901, state: 'stopped', force: true }],
        ['proxmox_disk', { vmid: 901, disk: 'scsi1', state: 'detached' }],
        ['proxmox_disk', { vmid: 901, disk: 'unused0', state: 'absent' }],
        ['proxmox_kvm', { vmid: 901, state: 'absent' }],
        ['proxmox_kvm', { vmid: 900, state: 'absent' }],
      ]);
      expect(words(results.filter((_result, index) => index !== 9))).toEqual([
        [false, true, 'VM golden with vmid 900 deployed'],
        [false, true, 'VM 900 is converting to template'],
        [false, true, 'VM copy with newid 901 cloned from vm with vmid 900'],
        [false, false, 'vmid 901 with VM name copy already exists'],
        [false, true, 'VM copy with vmid 901 updated'],
        [false, true, 'Disk scsi1 created in VM 901'],
        [false, true, 'Disk scsi1 resized in VM 901'],
        [false, true, 'Nic net1 updated on VM with vmid 901'],
        [false, true, 'VM 901 started'],
        [false, true, 'VM 901 has been migrated from pve to pve2'],
        [false, false, 'VM 901 is running. Stop it before deletion or use force=true.'],
        [false, true, 'VM 901 is shutting down'],
        [false, true, 'Disk scsi1 detached from VM 901'],
        [false, true, 'Disk unused0 removed from VM 901'],
        [false, true, 'VM 901 removed'],
        [false, true, 'VM 900 removed'],
      ]);
      expect(results[0]).toMatchObject({
        mac: { net0: expect.stringMatching(`^${MAC}$`) as unknown },
        devices: { ide2: 'local-lvm:vm-900-cloudinit', scsi0: 'local-lvm:vm-900-disk-0' },
      });
      const copy = found(results[9]);
      expect(copy).toMatchObject({
        id: 'qemu/901',
        status: 'running',
        tags: 'blue;web',
        config: {
          memory: '1024',
          cores: 2,
          cipassword: '**********',
          ciuser: 'ops',
          sshkeys: encodeURIComponent(KEY),
          ipconfig0: 'ip=10.0.10.91/24,gw=10.0.10.1',
          net1: expect.stringMatching(`^virtio=${MAC},bridge=vmbr1$`) as unknown,
          scsi0: 'local-lvm:vm-901-disk-0,size=4G',
          scsi1: 'local-lvm:vm-901-disk-1,size=5G',
        },
        network: expect.arrayContaining([
          expect.objectContaining({
            'ip-addresses': [{ 'ip-address': '10.0.10.91', 'ip-address-type': 'ipv4', prefix: 24 }],
          }),
        ]) as unknown,
      });
      expect(copy['config']).not.toHaveProperty('template');
      expect(emulator.state.guests.size).toBe(0);
      expect(emulator.state.storage('local-lvm').volumes).toEqual([]);
    }),
  );

  test.concurrent('what is refused, in the words that Ansible passes on', () =>
    inCourt(async ({ emulator, run }) => {
      emulator.addGuest({ vmid: 160, node: 'pve2', running: true, config: { hostname: 'standing' } });
      const container = {
        vmid: 170,
        node: 'pve',
        hostname: 'new',
        ostemplate: TEMPLATE,
        disk: 'local-lvm:4',
      };
      const wrong = { api_token_secret: '11111111-1111-1111-1111-111111111111' };
      const ticket = `https://127.0.0.1:${emulator.port}/api2/json/access/ticket`;
      const cases: [Task, string][] = [
        [
          ['proxmox', { ...container, vmid: 160, force: true }],
          "An error occurred: 500 Internal Server Error: CT 160 already exists on node 'pve2'",
        ],
        [
          ['proxmox', { ...container, ostemplate: 'local:vztmpl/none.tar.zst' }],
          'ostemplate local:vztmpl/none.tar.zst does not exist on node pve and storage local.',
        ],
        [
          ['proxmox', { ...container, disk: 'none:4' }],
          "An error occurred: 500 Internal Server Error: storage 'none' does not exist",
        ],
        [
          ['proxmox', { ...container, hostname: 'bad_name', cores: 0 }],
          'An error occurred: 400 Bad Request: Parameter verification failed. - ' +
            "{'cores': 'value must have a minimum value of 1', " +
            "'hostname': 'invalid format - value does not look like a valid DNS name\\n'}",
        ],
        [
          ['proxmox', { ...container, features: ['nesting=1', 'keyctl=1'] }],
          'An error occurred: 403 Forbidden: Permission check failed ' +
            '(changing feature flags (except nesting) is only allowed for root@pam)',
        ],
        [['proxmox_kvm', { vmid: 170, state: 'started' }], 'VM with vmid 170 does not exist in cluster'],
        [
          ['proxmox', { vmid: 160, state: 'started', ...wrong }],
          "401 Unauthorized: Authentication failed! - {'errors': b''}",
        ],
        [
          ['proxmox', { vmid: 160, state: 'started', api_password: 'wrong' }],
          `Couldn't authenticate user: root@pam to ${ticket} code: 401`,
        ],
      ];
      const results = await run(cases.map(([task]) => task));
      expect(words(results)).toEqual(cases.map(([, message]) => [true, false, message]));
      expect([...emulator.state.guests.keys()]).toEqual([160]);
    }),
  );

  test.concurrent('with user and password, root may set what a token may not', () =>
    inCourt(async ({ emulator, run }) => {
      const features = ['nesting=1', 'keyctl=1'];
      const netif = { net0: 'name=eth0,bridge=vmbr9,ip=dhcp' };
      const results = await run(
        [
          ['proxmox', { ...CONTAINER, features, netif }],
          ['proxmox', { vmid: 150, state: 'started', timeout: 1 }],
        ],
        { api_password: DEFAULT_PASSWORD },
      );
      expect(results.map(({ failed }) => failed)).toEqual([false, true]);
      expect(results[1]?.msg).toContain("TASK ERROR: bridge 'vmbr9' does not exist");
      expect(emulator.state.guests.get(150)?.config.get('features')).toBe('nesting=1,keyctl=1');
      expect(new Set(emulator.log.list().map(({ who }) => who))).toEqual(new Set(['-', 'root@pam']));
    }),
  );

  test.concurrent('its inventory plugin reads every guest', () =>
    inCourt(async ({ emulator, folder, certFile }) => {
      emulator.addGuest({
        vmid: 160,
        node: 'pve2',
        running: true,
        config: { hostname: 'web', tags: 'app;blue', net0: 'name=eth0,bridge=vmbr0,ip=10.0.10.160/24' },
      });
      emulator.addGuest({ vmid: 161, type: 'qemu', running: true, config: { name: 'machine' } });
      const file = path.join(folder, 'judge.proxmox.yml');
      const source = {
        plugin: 'community.proxmox.proxmox',
        url: emulator.url,
        user: USER,
        token_id: TOKEN,
        token_secret: TOKEN_SECRET,
        validate_certs: true,
        want_facts: true,
      };
      writeFileSync(file, JSON.stringify(source));
      const { output } = await runCommand('ansible-inventory', ['--inventory', file, '--list'], {
        cwd: folder,
        env: { ...ansibleEnvironment(folder), REQUESTS_CA_BUNDLE: certFile },
      });
      const read = JSON.parse(output) as Record<string, { hosts?: string[] } | undefined>;
      expect(read['proxmox_all_lxc']?.hosts).toEqual(['web']);
      expect(read['proxmox_all_qemu']?.hosts).toEqual(['machine']);
      expect(read['proxmox_nodes']?.hosts).toEqual(['pve', 'pve2']);
      expect(JSON.stringify(read['_meta'])).toContain('10.0.10.160');
    }),
  );
});
