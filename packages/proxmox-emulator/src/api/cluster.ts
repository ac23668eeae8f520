import type { Call, Endpoint, Json } from '../endpoint';
import { badParameters } from '../errors';
import * as formats from '../formats';
import { choice, integer, type ParamSpec } from '../params';
import { can } from '../privileges';
import { uptime } from '../guests/status';
import { nodeLoad } from './nodes';
import type { Guest, Node, Storage } from '../model';
import { guestStatus } from './guests';
import { taskVisible } from './tasks';

const vmid: ParamSpec = integer(undefined, undefined, { format: formats.vmid });

async function guestResource(call: Call, guest: Guest): Promise<Json> {
  const { state, statusMs } = call.services;
  // What pvestatd says of a guest comes with its next round.
  const isFresh = state.ageOf(guest) < statusMs;
  const all = await guestStatus(call.services, guest);
  const known = ['vmid', 'tags', 'lock', 'maxmem', 'maxdisk'];
  const status: typeof all = isFresh
    ? {
        ...Object.fromEntries(Object.entries(all).filter(([name]) => known.includes(name))),
        status: 'unknown',
      }
    : all;
  const pick = (...names: string[]): Record<string, Json> =>
    Object.fromEntries(names.flatMap((name) => (status[name] === undefined ? [] : [[name, status[name]]])));
  return {
    id: `${guest.type}/${String(guest.vmid)}`,
    type: guest.type,
    node: guest.node,
    template: Number(guest.config.get('template') ?? 0),
    maxcpu: all.cpus ?? 1,
    memhost: 0,
    diskread: 0,
    diskwrite: 0,
    uptime: isFresh ? 0 : uptime(guest),
    ...pick('vmid', 'name', 'status', 'cpu', 'maxmem', 'mem', 'maxdisk', 'disk', 'netin', 'netout'),
    ...pick('diskread', 'diskwrite', 'tags', 'lock'),
  };
}

function nodeResource(call: Call, node: Node): Json {
  return {
    id: `node/${node.name}`,
    type: 'node',
    node: node.name,
    status: node.online ? 'online' : 'offline',
    level: '',
    'cgroup-mode': 2,
    ...(can(call.who, `/nodes/${node.name}`, 'Sys.Audit') && node.online ? nodeLoad(call) : {}),
  };
}

function storageResource(node: string, storage: Storage): Json {
  return {
    id: `storage/${node}/${storage.storage}`,
    type: 'storage',
    node,
    storage: storage.storage,
    plugintype: storage.type,
    status: 'available',
    shared: storage.shared ? 1 : 0,
    content: storage.content.join(','),
    disk: storage.used,
    maxdisk: storage.total,
  };
}

async function resources(call: Call): Promise<Json> {
  const { state } = call.services;
  const type = call.str('type');
  const wanted = (kind: string): boolean => type === undefined || type === kind;
  const found: Json[] = [];
  if (wanted('vm')) {
    const guests = [...state.guests.values()]
      .filter((guest) => can(call.who, `/vms/${String(guest.vmid)}`, 'VM.Audit'))
      .sort((a, b) => a.vmid - b.vmid);
    found.push(...(await Promise.all(guests.map((guest) => guestResource(call, guest)))));
  }
  if (wanted('node')) found.push(...state.nodes.map((node) => nodeResource(call, node)));
  for (const node of state.nodes) {
    if (wanted('storage')) {
      for (const storage of state.storages) {
        const here = !storage.nodes || storage.nodes.includes(node.name);
        if (here && can(call.who, `/storage/${storage.storage}`, 'Datastore.Audit')) {
          found.push(storageResource(node.name, storage));
        }
      }
    }
    if (wanted('network') && can(call.who, '/sdn/zones/localnetwork', 'SDN.Audit')) {
      found.push({
        id: `network/${node.name}/zone/localnetwork`,
        type: 'network',
        node: node.name,
        network: 'localnetwork',
        'network-type': 'zone',
        status: 'ok',
      });
    }
  }
  return found;
}

/** What concerns the cluster as a whole. */
export const clusterEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/cluster/nextid',
    params: { vmid },
    handler: (call) => {
      const { state } = call.services;
      const asked = call.num('vmid');
      // Guests that the caller may not see take their ids as well.
      if (asked === undefined) return String(state.nextId());
      if (state.guests.has(asked)) throw badParameters({ vmid: `VM ${String(asked)} already exists` });
      return String(asked);
    },
  },
  {
    method: 'GET',
    path: '/cluster/resources',
    params: { type: choice('vm', 'storage', 'node', 'sdn', 'network') },
    handler: resources,
  },
  {
    method: 'GET',
    path: '/cluster/tasks',
    params: {},
    handler: (call) =>
      call.services.state.tasks
        .filter((task) => taskVisible(call, task))
        .slice(-25)
        .reverse()
        .map((task) => ({
          upid: task.upid,
          node: task.node,
          type: task.type,
          id: task.id,
          user: task.user,
          ...(task.tokenid === undefined ? {} : { tokenid: task.tokenid }),
          starttime: task.starttime,
          ...(task.endtime === undefined
            ? { saved: '0' }
            : { saved: '1', endtime: task.endtime, status: task.exitstatus ?? '' }),
        })),
  },
  {
    method: 'GET',
    path: '/cluster/status',
    params: {},
    permission: (call) => {
      call.check('/', 'Sys.Audit');
    },
    handler: (call) =>
      call.services.state.nodes.map((node, index) => ({
        id: `node/${node.name}`,
        type: 'node',
        name: node.name,
        nodeid: index + 1,
        online: node.online ? 1 : 0,
        local: index === 0 ? 1 : 0,
        level: '',
      })),
  },
  {
    method: 'GET',
    path: '/cluster/ha/resources',
    params: { type: choice('ct', 'vm') },
    handler: () => [],
  },
];
