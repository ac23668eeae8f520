import type { Call, Endpoint, Json } from '../endpoint';
import * as formats from '../formats';
import { choice, required, text, type ParamSpecs } from '../params';
import { HOST } from '../host';
import { can } from '../privileges';

const NODE: ParamSpecs = { node: required(text({ format: formats.node })) };

function version(call: Call): Json {
  const { version: full } = call.services;
  return { version: full, release: full.split('.').slice(0, 2).join('.'), repoid: '0123456789abcdef' };
}

/** What a node that may be seen says of its load. */
export function nodeLoad(call: Call): Record<string, Json> {
  return {
    cpu: 0.02,
    maxcpu: HOST.cpus,
    mem: 1_383_575_552,
    maxmem: HOST.memory,
    disk: HOST.diskUsed,
    maxdisk: HOST.disk,
    uptime: Math.floor((Date.now() - call.services.state.bootTime) / 1000),
  };
}

/** Nodes, and the version of the API. */
export const nodeEndpoints: readonly Endpoint[] = [
  { method: 'GET', path: '/version', params: {}, handler: version },
  { method: 'GET', path: '/nodes/{node}/version', params: NODE, handler: version },
  {
    method: 'GET',
    path: '/nodes',
    params: {},
    handler: (call) =>
      call.services.state.nodes.map((node) => ({
        id: `node/${node.name}`,
        node: node.name,
        type: 'node',
        status: node.online ? 'online' : 'offline',
        level: '',
        ssl_fingerprint: call.services.fingerprint,
        ...(can(call.who, `/nodes/${node.name}`, 'Sys.Audit') ? nodeLoad(call) : {}),
      })),
  },
  {
    method: 'GET',
    path: '/nodes/{node}/network',
    params: { ...NODE, type: choice('bridge', 'bond', 'eth', 'vlan', 'any_bridge', 'any_local_bridge') },
    handler: (call) =>
      (call.services.state.nodes.find((one) => one.name === call.node)?.bridges ?? [])
        .filter((iface) =>
          ['SDN.Audit', 'SDN.Use'].some((privilege) =>
            can(call.who, `/sdn/zones/localnetwork/${iface}`, privilege),
          ),
        )
        .map((iface) => ({ iface, type: 'bridge', active: 1, autostart: 1, method: 'static', priority: 3 })),
  },
  {
    method: 'GET',
    path: '/pools',
    params: { poolid: text(), type: choice('qemu', 'lxc', 'storage') },
    handler: () => [],
  },
];
