import { onGuest, type Call, type Endpoint, type Json } from '../endpoint';
import type { GuestInterface } from '../driver';
import * as formats from '../formats';
import { CONTAINER, guestOf } from '../guests/kind';
import { GUEST_PATH } from '../guests/schema';
import { required, text } from '../params';
import { can } from '../privileges';
import { containerStatus } from './status';

function address(cidr: string, kind: 'inet' | 'inet6'): Json {
  const [ip = '', prefix = ''] = cidr.split('/');
  return { 'ip-address': ip, prefix, 'ip-address-type': kind };
}

function interfaceView(one: GuestInterface): Json {
  const addresses = [
    ...(one.inet === undefined ? [] : [address(one.inet, 'inet')]),
    ...(one.inet6 === undefined ? [] : [address(one.inet6, 'inet6')]),
  ];
  return {
    name: one.name,
    hwaddr: one.mac,
    'hardware-address': one.mac,
    ...(one.inet === undefined ? {} : { inet: one.inet }),
    ...(one.inet6 === undefined ? {} : { inet6: one.inet6 }),
    'ip-addresses': addresses,
  };
}

async function interfaces(call: Call): Promise<Json> {
  const { state, driver } = call.services;
  const guest = state.find('lxc', call.node, call.vmid);
  if (!guest || !(await driver.isRunning(guest))) return null;
  const lo: GuestInterface = { name: 'lo', mac: '00:00:00:00:00:00', inet: '127.0.0.1/8', inet6: '::1/128' };
  return [lo, ...(await driver.interfaces(guest))].map(interfaceView);
}

const SUBDIRS = [
  'config',
  'pending',
  'status',
  'vncproxy',
  'termproxy',
  'vncwebsocket',
  'spiceproxy',
  'migrate',
  'clone',
  'rrd',
  'rrddata',
  'firewall',
  'snapshot',
  'resize',
  'interfaces',
];

/** Looking at containers. */
export const readEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/nodes/{node}/lxc',
    params: { node: required(text({ format: formats.node })) },
    handler: (call) => {
      const { state } = call.services;
      const visible = [...state.guests.values()].filter(
        (guest) =>
          guest.type === 'lxc' &&
          guest.node === call.node &&
          can(call.who, `/vms/${String(guest.vmid)}`, 'VM.Audit'),
      );
      return Promise.all(visible.map((guest) => containerStatus(call.services, guest)));
    },
  },
  {
    method: 'GET',
    path: CONTAINER.path,
    params: GUEST_PATH,
    handler: (call) => {
      guestOf(CONTAINER, call);
      return SUBDIRS.map((subdir) => ({ subdir }));
    },
  },
  {
    method: 'GET',
    path: `${CONTAINER.path}/status/current`,
    params: GUEST_PATH,
    permission: onGuest('VM.Audit'),
    handler: async (call) => {
      const guest = guestOf(CONTAINER, call);
      return { ...(await containerStatus(call.services, guest)), ha: { managed: 0 } };
    },
  },
  {
    method: 'GET',
    path: `${CONTAINER.path}/interfaces`,
    params: GUEST_PATH,
    permission: onGuest('VM.Audit'),
    handler: interfaces,
  },
];
