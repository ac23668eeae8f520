import { DEFAULT_TOKEN, startEmulator, type Emulator } from '../src';
import { Client } from './client';

const AUTH = { Authorization: `PVEAPIToken=${DEFAULT_TOKEN}` };
const ADMIN = { id: 'adm@pve!tok', secret: '00000000-0000-0000-0000-0000000000a1' };
const NOBODY = { id: 'no@pve!tok', secret: '00000000-0000-0000-0000-0000000000a2' };
const by = ({ id, secret }: typeof ADMIN): Record<string, string> => ({
  Authorization: `PVEAPIToken=${id}=${secret}`,
});

let emulator: Emulator;
let client: Client;

beforeEach(async () => {
  emulator = await startEmulator({ taskMs: 5 });
  client = new Client(emulator);
  emulator.auth.setToken({ ...ADMIN, grant: { role: 'PVEAdmin' } });
  emulator.auth.setToken({ ...NOBODY, grant: { role: 'NoAccess' } });
  emulator.addGuest({ vmid: 500, config: { hostname: 'web', net0: 'name=eth0,bridge=vmbr0' } });
  emulator.addGuest({
    vmid: 510,
    type: 'qemu',
    config: { name: 'tpl', scsi0: 'local-lvm:vm-510-disk-0,size=1G' },
  });
  emulator.addGuest({ vmid: 512, type: 'qemu', config: { name: 'other' } });
});

afterEach(async () => {
  client.close();
  await emulator.stop();
});

/** A request, and what a real Proxmox VE 9.2 answered to it: status, reason or error by parameter, the end of its task. */
const MEASURED: [
  method: string,
  path: string,
  params: Record<string, string>,
  answer: { status: number; reason?: string; errors?: Record<string, string>; data?: unknown; task?: string },
  headers?: Record<string, string>,
][] = [
  [
    'PUT',
    '/nodes/pve/lxc/500/config',
    { net0: 'name=eth0,bridge=vmbr0,mtu=9000' },
    { status: 500, reason: "net0: MTU size '9000' is bigger than bridge MTU '1500'" },
  ],
  ['PUT', '/nodes/pve/qemu/512/config', { net0: 'virtio,bridge=vmbr99' }, { status: 200, data: null }],
  [
    'PUT',
    '/nodes/pve/qemu/512/config',
    { startup: 'order=3' },
    { status: 403, reason: 'Permission check failed (/, Sys.Modify)' },
    by(ADMIN),
  ],
  [
    'PUT',
    '/nodes/pve/qemu/512/config',
    { memory: 'x' },
    {
      status: 400,
      errors: {
        memory: "invalid format - format error\nmemory.current: type check ('integer') failed - got 'x'\n",
      },
    },
  ],
  [
    'PUT',
    '/nodes/pve/qemu/512/config',
    { sshkeys: 'nonsense key' },
    { status: 400, errors: { sshkeys: 'invalid format - invalid urlencoded string: nonsense key\n' } },
  ],
  [
    'PUT',
    '/nodes/pve/qemu/510/resize',
    { disk: 'scsi5', size: '3G' },
    { status: 200, task: "disk 'scsi5' does not exist" },
  ],
  [
    'POST',
    '/nodes/pve/qemu/510/clone',
    { newid: '512', full: '1' },
    { status: 500, reason: 'unable to create VM 512: config file already exists' },
  ],
  [
    'POST',
    '/nodes/pve/qemu',
    { vmid: '500' },
    { status: 500, reason: "unable to create VM 500 - CT 500 already exists on node 'pve'" },
  ],
  ['GET', '/nodes/pve/network', {}, { status: 200, data: [] }, by(NOBODY)],
  ['GET', '/nodes/pve/tasks', {}, { status: 200, data: [] }, by(NOBODY)],
];

test.each(MEASURED)('%s %s %j', async (method, path, params, answer, headers = AUTH) => {
  const text = new URLSearchParams(params).toString();
  const reply = await client.send(method, path, {
    headers,
    ...(method === 'GET' ? { query: text } : { body: text }),
  });
  const { status, reason, errors, data, task } = answer;
  expect(reply.status).toBe(status);
  if (reason !== undefined) expect(reply.reason).toBe(reason);
  if (errors !== undefined) expect(reply.json).toMatchObject({ errors });
  if (data !== undefined) expect(reply.json?.data).toEqual(data);
  if (task === undefined) return;
  await emulator.tasks.idle();
  expect(emulator.tasks.find(String(reply.json?.data))?.exitstatus).toBe(task);
});

test('a machine without its bridge does not start', async () => {
  const change = new URLSearchParams({ net0: 'virtio,bridge=vmbr99' }).toString();
  await client.send('PUT', '/nodes/pve/qemu/512/config', { headers: AUTH, body: change });
  const reply = await client.send('POST', '/nodes/pve/qemu/512/status/start', { headers: AUTH, body: '' });
  await emulator.tasks.idle();
  expect(emulator.tasks.find(String(reply.json?.data))?.exitstatus).toBe("bridge 'vmbr99' does not exist");
});
