import { onGuest, type Call, type Endpoint, type Json } from '../endpoint';
import { failure } from '../errors';
import * as formats from '../formats';
import { guestOf, MACHINE } from '../guests/kind';
import { GUEST_PATH } from '../guests/schema';
import { flag, required, text } from '../params';
import { can } from '../privileges';
import { parseProps } from '../propstring';
import { IPCONFIG } from './schema';
import { machineStatus } from './status';

function agentOn(value: string): boolean {
  return /(^|,)(enabled=)?1(,|$)/.test(value);
}

function address(cidr: string, kind: 'ipv4' | 'ipv6'): Json {
  const [ip = '', prefix = ''] = cidr.split('/');
  return { 'ip-address': ip, 'ip-address-type': kind, prefix: Number(prefix) };
}

/** What the guest agent would say about a machine whose cloud-init configured its addresses. */
async function agentInterfaces(call: Call): Promise<Json> {
  const { machines } = call.services;
  const guest = guestOf(MACHINE, call);
  if (!agentOn(String(guest.config.get('agent') ?? '0'))) throw failure('No QEMU guest agent configured');
  if (!(await machines.isRunning(guest))) throw failure(`VM ${String(call.vmid)} is not running`);
  const result: Json[] = [
    {
      name: 'lo',
      'hardware-address': '00:00:00:00:00:00',
      'ip-addresses': [address('127.0.0.1/8', 'ipv4'), address('::1/128', 'ipv6')],
    },
  ];
  for (const [option, value] of guest.config) {
    const number = /^net(\d+)$/.exec(option)?.[1];
    if (number === undefined) continue;
    const parsed = parseProps(IPCONFIG, String(guest.config.get(`ipconfig${number}`) ?? ''), '');
    const props = 'error' in parsed ? new Map<string, string>() : parsed.props;
    const [ip = '', ip6 = ''] = [props.get('ip'), props.get('ip6')];
    result.push({
      name: `eth${number}`,
      'hardware-address': (/^\w+=([^,]+)/.exec(String(value))?.[1] ?? '').toLowerCase(),
      'ip-addresses': [
        ...(ip.includes('/') ? [address(ip, 'ipv4')] : []),
        ...(ip6.includes('/') ? [address(ip6, 'ipv6')] : []),
      ],
    });
  }
  return { result };
}

/** Looking at machines. */
export const readEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/nodes/{node}/qemu',
    params: { node: required(text({ format: formats.node })), full: flag() },
    handler: (call) =>
      Promise.all(
        [...call.services.state.guests.values()]
          .filter((guest) => guest.type === 'qemu' && guest.node === call.node)
          .filter((guest) => can(call.who, `/vms/${String(guest.vmid)}`, 'VM.Audit'))
          .map((guest) => machineStatus(call.services, guest)),
      ),
  },
  {
    method: 'GET',
    path: `${MACHINE.path}/status/current`,
    params: GUEST_PATH,
    permission: onGuest('VM.Audit'),
    handler: async (call) => {
      const guest = guestOf(MACHINE, call);
      const status = await machineStatus(call.services, guest);
      const agent: Record<string, Json> = agentOn(String(guest.config.get('agent') ?? '0'))
        ? { agent: 1 }
        : {};
      return { ...status, ...agent, qmpstatus: status.status ?? 'stopped', ha: { managed: 0 } };
    },
  },
  {
    method: 'GET',
    path: `${MACHINE.path}/agent/network-get-interfaces`,
    params: GUEST_PATH,
    permission: onGuest('VM.Audit', 'VM.GuestAgent.Audit'),
    handler: agentInterfaces,
  },
];
