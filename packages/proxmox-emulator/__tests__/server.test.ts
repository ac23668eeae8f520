import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { DEFAULT_PASSWORD, DEFAULT_TOKEN, startEmulator, type Emulator, type EmulatorOptions } from '../src';
import { startFromArguments } from '../src/command';
import { Client, type Reply } from './client';

const AUTH = { Authorization: `PVEAPIToken=${DEFAULT_TOKEN}` };
const CREATE = {
  ostemplate: 'local:vztmpl/debian-12-standard_12.12-1_amd64.tar.zst',
  ostype: 'debian',
  features: 'nesting=1',
  storage: 'local-lvm',
};

let emulator: Emulator;
let client: Client;

async function open(options: EmulatorOptions = {}): Promise<void> {
  emulator = await startEmulator({ taskMs: 5, ...options });
  client = new Client(emulator);
}

afterEach(async () => {
  client.close();
  await emulator.stop();
});

function call(
  method: string,
  path: string,
  params?: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = AUTH,
): Promise<Reply> {
  const body = params && method !== 'GET' ? new URLSearchParams(params).toString() : undefined;
  const query = params && method === 'GET' ? new URLSearchParams(params).toString() : undefined;
  return client.send(method, path, { headers, body, query });
}

async function create(vmid: number, more: Readonly<Record<string, string>> = {}): Promise<Reply> {
  const reply = await call('POST', '/nodes/pve/lxc', { ...CREATE, vmid: String(vmid), ...more });
  await emulator.tasks.idle();
  return reply;
}

function admin(method: string, path: string, body?: unknown): Promise<Reply> {
  return client.send(method, `/_emulator/${path}`, {
    body: body === undefined ? undefined : JSON.stringify(body),
    json: true,
  });
}

async function exitStatus(reply: Reply): Promise<unknown> {
  await emulator.tasks.idle();
  const upid = encodeURIComponent(String(reply.json?.data));
  const status = await call('GET', `/nodes/pve/tasks/${upid}/status`);
  return (status.json?.data as { exitstatus?: string }).exitstatus;
}

describe('the life of a container', () => {
  it('is created, started, changed, stopped and destroyed by tasks', async () => {
    await open();
    const net0 = 'name=eth0,bridge=vmbr0,ip=10.0.10.101/24,gw=10.0.10.1';
    const made = await create(101, { hostname: 'web1', net0, start: '1', rootfs: 'local-lvm:8' });
    expect(made.json?.data).toMatch(
      /^UPID:pve:[0-9A-F]{8}:[0-9A-F]{8}:[0-9A-F]{8}:vzcreate:101:root@pam!emulator:$/,
    );
    expect(await exitStatus(made)).toBe('OK');
    const config = await call('GET', '/nodes/pve/lxc/101/config');
    expect(config.json?.data).toMatchObject({
      hostname: 'web1',
      rootfs: 'local-lvm:vm-101-disk-0,size=8G',
      unprivileged: 1,
    });
    const interfaces = await call('GET', '/nodes/pve/lxc/101/interfaces');
    expect(JSON.stringify(interfaces.json)).toContain('"inet":"10.0.10.101/24"');
    expect((await call('DELETE', '/nodes/pve/lxc/101')).reason).toBe(
      'unable to destroy CT 101 - container is running',
    );
    expect(await exitStatus(await call('POST', '/nodes/pve/lxc/101/status/shutdown'))).toBe('OK');
    expect(await exitStatus(await call('DELETE', '/nodes/pve/lxc/101'))).toBe('OK');
    expect((await call('GET', '/nodes/pve/lxc/101/config')).status).toBe(500);
    expect(emulator.state.storage('local-lvm').volumes).toEqual([]);
  });

  it('clones, resizes and moves', async () => {
    await open({ nodes: ['pve', 'pve2'] });
    await create(101, { net0: 'name=eth0,bridge=vmbr0' });
    expect(
      await exitStatus(await call('PUT', '/nodes/pve/lxc/101/resize', { disk: 'rootfs', size: '+2G' })),
    ).toBe('OK');
    expect(
      await exitStatus(await call('POST', '/nodes/pve/lxc/101/clone', { newid: '102', hostname: 'copy' })),
    ).toBe('OK');
    const copy = emulator.state.guests.get(102)?.config;
    expect(copy?.get('rootfs')).toBe('local-lvm:vm-102-disk-0,size=6G');
    expect(copy?.get('net0')).not.toBe(emulator.state.guests.get(101)?.config.get('net0'));
    expect(await exitStatus(await call('POST', '/nodes/pve/lxc/102/migrate', { target: 'pve2' }))).toBe('OK');
    expect((await call('GET', '/nodes/pve/lxc/102/config')).status).toBe(500);
    expect((await call('GET', '/nodes/pve2/lxc/102/config')).status).toBe(200);
    expect((await create(102)).reason).toBe("CT 102 already exists on node 'pve2'");
  });

  it('lets other changes wait while a task works on the guest', async () => {
    await open({ taskMs: 60 });
    const made = await call('POST', '/nodes/pve/lxc', { ...CREATE, vmid: '101' });
    expect(made.status).toBe(200);
    expect((await call('PUT', '/nodes/pve/lxc/101/config', { memory: '700' })).status).toBe(200);
    expect(emulator.state.guests.get(101)?.config.get('memory')).toBe(700);
  });

  it('says of a task that said nothing yet that there is no content', async () => {
    await open();
    await create(101, { start: '1' });
    emulator.tasks.taskMs = 60_000;
    const upid = encodeURIComponent(
      String((await call('POST', '/nodes/pve/lxc/101/status/stop')).json?.data),
    );
    const log = async (): Promise<unknown> => (await call('GET', `/nodes/pve/tasks/${upid}/log`)).json;
    expect(await log()).toEqual({ data: [{ n: 1, t: 'no content' }], total: 1 });
    await emulator.tasks.finish();
    expect(await log()).toEqual({ data: [{ n: 1, t: 'TASK OK' }], total: 1 });
  });

  it('gives an id to one of two creates only', async () => {
    await open({ taskMs: 60 });
    const both = await Promise.all([
      call('POST', '/nodes/pve/lxc', { ...CREATE, vmid: '101' }),
      call('POST', '/nodes/pve/lxc', { ...CREATE, vmid: '101' }),
    ]);
    expect(both.map((one) => one.status).sort()).toEqual([200, 500]);
    expect(both.find((one) => one.status === 500)?.reason).toBe(
      "unable to create CT 101 - CT 101 already exists on node 'pve'",
    );
  });
});

describe('credentials', () => {
  it('ticket, cookie and CSRF token', async () => {
    await open();
    const login = await call(
      'POST',
      '/access/ticket',
      { username: 'root@pam', password: DEFAULT_PASSWORD },
      {},
    );
    const data = login.json?.data as { ticket: string; CSRFPreventionToken: string };
    const Cookie = `PVEAuthCookie=${encodeURIComponent(data.ticket)}`;
    expect((await call('GET', '/version', {}, { Cookie })).status).toBe(200);
    const refused = await call('POST', '/nodes/pve/lxc', {}, { Cookie });
    expect([refused.status, refused.reason, refused.text]).toEqual([
      401,
      'Permission denied - invalid csrf token',
      '',
    ]);
    const accepted = await call(
      'POST',
      '/nodes/pve/lxc',
      {},
      { Cookie, CSRFPreventionToken: data.CSRFPreventionToken },
    );
    expect(accepted.status).toBe(400);
    const renewed = await call('POST', '/access/ticket', { username: 'root@pam', password: data.ticket }, {});
    expect(renewed.status).toBe(200);
  });

  it('a token without a role on all guests holds nothing there', async () => {
    const secret = '00000000-0000-0000-0000-000000000001';
    const one = { id: 'tf@pve!one', secret, grant: { role: 'PVEAdmin', vmids: [150] } } as const;
    const none = { id: 'tf@pve!none', secret, grant: { role: 'NoAccess' } } as const;
    await open({ tokens: [one, none] });
    const held = async ({ id }: { id: string }, path: string): Promise<unknown> => {
      const headers = { Authorization: `PVEAPIToken=${id}=${secret}` };
      return (await call('GET', '/access/permissions', { path }, headers)).json?.data;
    };
    expect(await held(none, '/vms')).toEqual({ '/vms': {} });
    expect(await held(one, '/vms')).toEqual({ '/vms': {} });
    expect(await held(one, '/vms/150')).toEqual({
      '/vms/150': expect.objectContaining({ 'VM.Audit': 1 }) as unknown,
    });
  });

  it('a token that does not see a guest cannot touch it, yet its id is taken', async () => {
    const secret = '00000000-0000-0000-0000-000000000001';
    await open({ tokens: [{ id: 'tf@pve!ci', secret, grant: { role: 'PVEAdmin', hidden: [150] } }] });
    emulator.addGuest({ vmid: 150, running: true, config: { hostname: 'secret' } });
    emulator.addGuest({ vmid: 151 });
    const headers = { Authorization: `PVEAPIToken=tf@pve!ci=${secret}` };
    const list = await call('GET', '/nodes/pve/lxc', undefined, headers);
    expect((list.json?.data as { vmid: number }[]).map((one) => one.vmid)).toEqual([151]);
    const resources = await call('GET', '/cluster/resources', { type: 'vm' }, headers);
    expect(resources.json?.data).toHaveLength(1);
    expect((await call('GET', '/nodes/pve/lxc/150/config', undefined, headers)).reason).toBe(
      'Permission check failed (/vms/150, VM.Audit)',
    );
    const taken = await call('GET', '/cluster/nextid', { vmid: '150' }, headers);
    expect(taken.json?.errors).toEqual({ vmid: 'VM 150 already exists' });
    const held = async (path: string): Promise<unknown> =>
      (await call('GET', '/access/permissions', { path }, headers)).json?.data;
    expect(await held('/vms')).toEqual({ '/vms': expect.objectContaining({ 'VM.Audit': 1 }) as unknown });
    expect(await held('/vms/150')).toEqual({ '/vms/150': {} });
    const refused = await call('POST', '/nodes/pve/lxc', { ...CREATE, vmid: '150' }, headers);
    expect(refused.reason).toBe("CT 150 already exists on node 'pve'");
    const keyctl = await call(
      'POST',
      '/nodes/pve/lxc',
      { ...CREATE, vmid: '152', features: 'keyctl=1' },
      headers,
    );
    expect(keyctl.status).toBe(403);
  });
});

describe('faults', () => {
  it('answer, delay, drop, lock, fail tasks and log out', async () => {
    await open();
    await create(101);
    emulator.faults.add({ kind: 'error', path: '/version', status: 503, reason: 'too busy', count: 1 });
    const error = await call('GET', '/version');
    expect([error.status, error.reason]).toEqual([503, 'too busy']);
    expect((await call('GET', '/version')).status).toBe(200);

    emulator.faults.add({ kind: 'slow', path: '/version', delayMs: 80, count: 1 });
    const began = Date.now();
    await call('GET', '/version');
    expect(Date.now() - began).toBeGreaterThanOrEqual(75);

    emulator.faults.add({ kind: 'drop', method: 'PUT', when: 'after', count: 1 });
    await expect(call('PUT', '/nodes/pve/lxc/101/config', { memory: '640' })).rejects.toThrow();
    expect(emulator.state.guests.get(101)?.config.get('memory')).toBe(640);
    emulator.faults.add({ kind: 'drop', method: 'PUT', count: 1 });
    await expect(call('PUT', '/nodes/pve/lxc/101/config', { memory: '641' })).rejects.toThrow();
    expect(emulator.state.guests.get(101)?.config.get('memory')).toBe(640);

    emulator.faults.add({ kind: 'lock', path: '/nodes/pve/lxc/101/**', lock: 'snapshot', count: 1 });
    expect((await call('PUT', '/nodes/pve/lxc/101/config', { memory: '642' })).reason).toBe(
      'CT is locked (snapshot)',
    );

    emulator.faults.add({
      kind: 'task',
      method: 'POST',
      path: '/nodes/pve/lxc',
      reason: 'disk full',
      count: 1,
    });
    expect(await exitStatus(await create(102))).toBe('disk full');
    expect(emulator.state.guests.has(102)).toBe(false);
    emulator.faults.add({ kind: 'task', method: 'POST', path: '/nodes/pve/lxc', when: 'after', count: 1 });
    expect(await exitStatus(await create(102))).toBe('emulated failure');
    expect(emulator.state.guests.has(102)).toBe(true);

    emulator.faults.add({ kind: 'unauthorized', skip: 1 });
    expect((await call('GET', '/version')).status).toBe(200);
    const out = await call('GET', '/version');
    expect([out.status, out.text]).toEqual([401, '']);
  });

  it('are switched by the admin endpoint', async () => {
    await open();
    const added = await admin('POST', 'faults', { kind: 'error', path: '/version' });
    expect(added.json?.data).toMatchObject({ kind: 'error', hits: 0 });
    expect((await call('GET', '/version')).status).toBe(500);
    expect((await admin('GET', 'faults')).json?.data).toMatchObject([{ hits: 1 }]);
    expect((await admin('DELETE', 'faults')).json?.data).toEqual({ removed: 1 });
    expect((await admin('POST', 'faults', { kind: 'explode' })).status).toBe(400);
    expect((await call('GET', '/version')).status).toBe(200);
  });
});

describe('admin', () => {
  it('seeds, changes and removes guests, and shows no secrets', async () => {
    await open({ nodes: ['pve', 'pve2'] });
    await create(101, { password: 'very-secret-1' });
    await admin('POST', 'guests', { vmid: 150, node: 'pve2', running: true, config: { tags: 'B a' } });
    expect(emulator.state.guests.get(150)?.config.get('tags')).toBe('a;b');
    await admin('PATCH', 'guests/150', { running: false, node: 'pve', config: { tags: null, memory: 900 } });
    expect((await call('GET', '/nodes/pve/lxc/150/status/current')).json?.data).toMatchObject({
      status: 'stopped',
      maxmem: 900 * 1024 * 1024,
    });
    await admin('DELETE', 'guests/150');
    expect(emulator.state.guests.has(150)).toBe(false);
    const everything = `${(await admin('GET', 'state')).text}${(await admin('GET', 'log')).text}`;
    expect(everything).toContain('vzcreate');
    expect(everything).not.toContain('very-secret-1');
    expect(everything).not.toContain(emulator.state.ticketKey);
  });

  it('refuses requests that a browser page made', async () => {
    await open();
    const reply = await client.send('GET', '/_emulator/state', {
      headers: { Origin: 'https://example.lan' },
    });
    expect(reply.status).toBe(403);
  });
});

describe('the server', () => {
  it('survives a restart with its state file, tickets, ids and certificate', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'emulator-'));
    const stateFile = join(folder, 'state.json');
    try {
      await open({ stateFile });
      await create(101, { hostname: 'kept', start: '1' });
      const login = await call(
        'POST',
        '/access/ticket',
        { username: 'root@pam', password: DEFAULT_PASSWORD },
        {},
      );
      const { ticket } = login.json?.data as { ticket: string };
      const { certificate } = emulator;
      await emulator.stop();
      client.close();
      await open({ stateFile });
      expect(emulator.certificate).toBe(certificate);
      const Cookie = `PVEAuthCookie=${ticket}`;
      const status = await call('GET', '/nodes/pve/lxc/101/status/current', {}, { Cookie });
      expect(status.json?.data).toMatchObject({ name: 'kept', status: 'running' });
      expect((await call('GET', '/nodes/pve/tasks')).json?.data).toHaveLength(2);
      expect(readFileSync(stateFile, 'utf8')).not.toContain(DEFAULT_PASSWORD);
    } finally {
      await emulator.stop();
      rmSync(folder, { recursive: true });
    }
  });

  it('speaks TLS 1.3 on loopback with a certificate that clients can trust', async () => {
    await open();
    expect(emulator.url).toBe(`https://127.0.0.1:${String(emulator.port)}`);
    const protocol = await new Promise<string | null>((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port: emulator.port, ca: emulator.certificate }, () => {
        resolve(socket.getProtocol());
        socket.end();
      });
      socket.on('error', reject);
    });
    expect(protocol).toBe('TLSv1.3');
  });

  it('is a command', async () => {
    const lines: string[] = [];
    const folder = mkdtempSync(join(tmpdir(), 'emulator-'));
    const cert = join(folder, 'cert.pem');
    try {
      const args = [
        '--port',
        '0',
        '--nodes',
        'a,b',
        '--cert',
        cert,
        '--hide',
        '150',
        '--fault',
        'error,path=/pools',
      ];
      const started = await startFromArguments(args, { print: (line) => lines.push(line) });
      if (!started) throw new Error('not started');
      emulator = started;
      client = new Client(emulator);
      expect(readFileSync(cert, 'utf8')).toMatch(
        /^-----BEGIN CERTIFICATE-----\n[^]+-----END CERTIFICATE-----\n$/,
      );
      expect((await call('GET', '/pools')).status).toBe(500);
      expect(lines.join('\n')).toMatch(
        /nodes: a, b[\s\S]*GET \/pools -> 500 emulated failure .*\[fault: error\]/,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
    expect(await startFromArguments(['--help'], { print: (line) => lines.push(line) })).toBeUndefined();
    await expect(startFromArguments(['--port', 'x'], { print: () => undefined })).rejects.toThrow(
      '--port must be a whole number',
    );
  });

  it('has storages with content', async () => {
    await open();
    const templates = await call('GET', '/nodes/pve/storage/local/content', { content: 'vztmpl' });
    expect(JSON.stringify(templates.json)).toContain('debian-13-standard_13.1-2_amd64.tar.zst');
    const upload = {
      content: 'vztmpl',
      filename: 'x_amd64.tar.zst',
      url: 'https://example.lan/x_amd64.tar.zst',
    };
    expect(await exitStatus(await call('POST', '/nodes/pve/storage/local/download-url', upload))).toBe('OK');
    expect(emulator.state.volume('local:vztmpl/x_amd64.tar.zst')).toMatchObject({ format: 'tzst' });
    const gone = await call(
      'DELETE',
      `/nodes/pve/storage/local/content/${encodeURIComponent('local:vztmpl/x_amd64.tar.zst')}`,
    );
    expect(await exitStatus(gone)).toBe('OK');
    expect(emulator.state.volume('local:vztmpl/x_amd64.tar.zst')).toBeUndefined();
    expect((await call('GET', '/nodes/pve/storage')).json?.data).toHaveLength(2);
    expect((await call('GET', '/nodes/pve/storage/none/status')).reason).toBe(
      "storage 'none' does not exist",
    );
  });
});

describe('virtual machines', () => {
  const template = {
    vmid: 9000,
    type: 'qemu' as const,
    config: {
      name: 'base',
      template: 1,
      memory: '1024',
      scsi0: 'local-lvm:base-9000-disk-0,size=4G',
      net0: 'virtio,bridge=vmbr0',
    },
  };

  it('are cloned, configured by cloud-init and resized', async () => {
    await open();
    emulator.addGuest(template);
    const clone = { newid: '120', name: 'vm1', full: '1' };
    expect(await exitStatus(await call('POST', '/nodes/pve/qemu/9000/clone', clone))).toBe('OK');
    const options = {
      memory: '2048',
      agent: '1',
      ide2: 'file=local-lvm:cloudinit,',
      ipconfig0: 'ip=10.0.10.120/24,gw=10.0.10.1',
      ciuser: 'ops',
      cipassword: 'very-secret-2',
      sshkeys: encodeURIComponent('ssh-ed25519 AAAA ops@example.lan'),
      description: 'two\nlines\n',
    };
    expect((await call('PUT', '/nodes/pve/qemu/120/config', options)).status).toBe(200);
    expect(
      await exitStatus(await call('PUT', '/nodes/pve/qemu/120/resize', { disk: 'scsi0', size: '9G' })),
    ).toBe('OK');
    const config = await call('GET', '/nodes/pve/qemu/120/config');
    expect(config.json?.data).toMatchObject({
      name: 'vm1',
      memory: '2048',
      cipassword: '**********',
      description: 'two\nlines',
      ide2: 'local-lvm:vm-120-cloudinit,media=cdrom',
      scsi0: 'local-lvm:vm-120-disk-0,size=9G',
    });
    expect(config.text).not.toContain('very-secret-2');
    expect(await exitStatus(await call('POST', '/nodes/pve/qemu/120/status/start'))).toBe('OK');
    // A change of a running machine's disk waits, with the size of the volume.
    const disk = 'file=local-lvm:vm-120-disk-0,cache=none,aio=native';
    expect((await call('PUT', '/nodes/pve/qemu/120/config', { scsi0: disk })).status).toBe(200);
    const waiting = await call('GET', '/nodes/pve/qemu/120/config');
    expect(waiting.json?.data).toMatchObject({
      scsi0: 'local-lvm:vm-120-disk-0,aio=native,cache=none,size=9G',
    });
    const agent = await call('GET', '/nodes/pve/qemu/120/agent/network-get-interfaces');
    expect(agent.text).toContain('"ip-address":"10.0.10.120"');
    expect((await call('DELETE', '/nodes/pve/qemu/120')).reason).toBe('VM 120 is running - destroy failed');
    expect(await exitStatus(await call('POST', '/nodes/pve/qemu/120/status/stop'))).toBe('OK');
    expect(await exitStatus(await call('DELETE', '/nodes/pve/qemu/120'))).toBe('OK');
    expect((await call('GET', '/nodes/pve/qemu/120/config')).reason).toBe(
      "Configuration file 'nodes/pve/qemu-server/120.conf' does not exist",
    );
  });

  it('are created, turned into templates and refuse what Proxmox refuses', async () => {
    await open();
    const made = await call('POST', '/nodes/pve/qemu', {
      vmid: '130',
      name: 'own',
      scsi0: 'local-lvm:2',
      net0: 'virtio',
    });
    expect(await exitStatus(made)).toBe('OK');
    expect((await create(130)).reason).toBe("VM 130 already exists on node 'pve'");
    expect((await call('PUT', '/nodes/pve/qemu/130/config', { foo: '1' })).status).toBe(400);
    expect((await call('PUT', '/nodes/pve/qemu/130/config', { scsi1: 'none9:5' })).reason).toBe(
      "storage 'none9' does not exist",
    );
    expect((await call('PUT', '/nodes/pve/qemu/130/config', {})).reason).toBe('no options specified');
    expect((await call('GET', '/nodes/pve/qemu/130/snapshot')).json?.data).toMatchObject([
      { name: 'current' },
    ]);
    expect((await call('PUT', '/nodes/pve/qemu/130/resize', { disk: 'scsi0', size: '1G' })).reason).toBe(
      'shrinking disks is not supported',
    );
    expect((await call('POST', '/nodes/pve/qemu/130/status/shutdown')).reason).toBe('VM 130 not running');
    expect(await exitStatus(await call('POST', '/nodes/pve/qemu/130/template'))).toBe('OK');
    expect(emulator.state.guests.get(130)?.config.get('scsi0')).toBe('local-lvm:base-130-disk-0,size=2G');
    expect(await exitStatus(await call('POST', '/nodes/pve/qemu/130/status/start'))).toBe(
      "you can't start a vm if it's a template",
    );
  });

  it('move a disk to another storage, and keep the old volume unless it is to go', async () => {
    await open();
    const disks = { scsi0: 'local-lvm:2,ssd=1', scsi1: 'local-lvm:3', ide2: 'local-lvm:cloudinit' };
    await exitStatus(await call('POST', '/nodes/pve/qemu', { vmid: '130', ...disks }));
    const move = (disk: string, storage: string, more = {}): Promise<Reply> =>
      call('POST', '/nodes/pve/qemu/130/move_disk', { disk, storage, ...more });
    const option = (name: string): unknown => emulator.state.guests.get(130)?.config.get(name);
    const volumes = (storage: string): string[] =>
      emulator.state.storage(storage).volumes.flatMap(({ volid, vmid }) => (vmid === 130 ? [volid] : []));

    expect((await move('scsi0', 'none9')).reason).toBe("storage 'none9' does not exist");
    expect((await move('scsi5', 'local')).reason).toBe("disk 'scsi5' does not exist");
    expect((await move('scsi0', 'local-lvm')).reason).toBe(
      "you can't move to the same storage with same format",
    );
    expect((await move('net0', 'local')).json?.errors).toHaveProperty('disk');

    expect(await exitStatus(await move('scsi0', 'local', { delete: '1' }))).toBe('OK');
    expect(option('scsi0')).toMatch(/^local:130\/vm-130-disk-0\.\w+,size=2G,ssd=1$/);
    expect(option('unused0')).toBeUndefined();
    expect(await exitStatus(await move('scsi1', 'local'))).toBe('OK');
    expect(option('unused0')).toBe('local-lvm:vm-130-disk-1');
    expect([volumes('local'), volumes('local-lvm')]).toEqual([
      [expect.stringContaining('disk-0'), expect.stringContaining('disk-1')],
      expect.arrayContaining(['local-lvm:vm-130-disk-1']),
    ]);
  });

  it('lose a disk to an unused one, and with force for good', async () => {
    await open();
    const disks = { scsi0: 'local-lvm:2', scsi1: 'local-lvm:3' };
    await exitStatus(await call('POST', '/nodes/pve/qemu', { vmid: '130', ...disks }));
    const unlink = (idlist: string, force = '0'): Promise<Reply> =>
      call('PUT', '/nodes/pve/qemu/130/unlink', { idlist, force });
    const volumes = (): string[] => emulator.state.storage('local-lvm').volumes.map(({ volid }) => volid);
    expect((await call('PUT', '/nodes/pve/qemu/130/unlink', {})).json?.errors).toHaveProperty('idlist');
    expect((await unlink('scsi1')).status).toBe(200);
    expect(emulator.state.guests.get(130)?.config.get('unused0')).toBe('local-lvm:vm-130-disk-1');
    expect(volumes()).toHaveLength(2);
    expect((await unlink('unused0,scsi0', '1')).status).toBe(200);
    expect(volumes()).toEqual([]);
    expect(emulator.state.guests.get(130)?.config.has('unused0')).toBe(false);
  });
});
