import { canonical, isIpv4, isIpv6 } from '../../inventory/address';
import type { Env } from '../../inventory/types';
import { eachOf } from '../each-of';
import type { Answer, Api } from './api';
import type { Report } from './finding';
import { valueIn } from '../value';

/** A guest in the list of the cluster. */
export interface Listed {
  vmid: number;
  type: 'lxc' | 'qemu';
  node: string;
  name?: string;
  tags?: string;
  status?: string;
  template?: number;
}

interface StorageInfo {
  storage: string;
  content: string;
  active?: number;
  enabled?: number;
  avail?: number;
}

/**
 * Looks at what guests are made from: nodes, storages, templates, bridges.
 * @param api the API
 * @param envs the stacks whose guests Terraform makes
 * @param environment where variables are
 * @param listed the guests of the cluster
 * @param report takes the findings
 */
export async function checkNodes(
  api: Api,
  envs: readonly Env[],
  environment: NodeJS.ProcessEnv,
  listed: readonly Listed[],
  report: Report,
): Promise<void> {
  const { status, data, message } = await api.get('nodes');
  if (status !== 200) {
    report.fault(`the nodes are not told (HTTP ${status}): ${message}`, 'Look after the cluster.');
    return;
  }
  const nodes = data as { node: string; status?: string }[];
  const wanted = groupBy(envs, ({ node }) => valueIn(node, environment));
  for (const [name, own] of wanted) {
    const stacks = stacksOf(own);
    const node = nodes.find((one) => one.node === name);
    if (!node) {
      const known = nodes.map((one) => one.node).sort();
      report.fault(
        `${stacks}: there is no node ${name} in this cluster`,
        `There are: ${known.join(', ')}. Write one in proxmox_node.`,
      );
    } else if (node.status !== undefined && node.status !== 'online') {
      report.fault(
        `${stacks}: the node ${name} is ${node.status}`,
        'Start it, or write another proxmox_node.',
      );
    } else {
      report.ok(`the node ${name} is online`);
      await checkStorages(api, name, own, environment, listed, report);
      await checkBridges(api, name, own, environment, report);
      checkClones(name, own, listed, report);
    }
  }
}

async function checkStorages(
  api: Api,
  node: string,
  envs: readonly Env[],
  environment: NodeJS.ProcessEnv,
  listed: readonly Listed[],
  report: Report,
): Promise<void> {
  const { status, data, message } = await api.get(`nodes/${node}/storage`);
  if (status !== 200) {
    report.fault(`the node ${node} does not tell its storages (HTTP ${status}): ${message}`, 'Is it online?');
    return;
  }
  const storages = data as StorageInfo[];
  // What is made on them: content type, and GiB of the guests that are still to be made.
  const uses = new Map<
    string,
    { name: string; content: string; key: string; stacks: string[]; size: number }
  >();
  const use = (name: string | undefined, content: string, key: string, stack: string, size: number): void => {
    if (name === undefined || name === '' || name.startsWith('/')) return;
    const id = `${name} ${content}`;
    const known = uses.get(id) ?? { name, content, key, stacks: [], size: 0 };
    if (!known.stacks.includes(stack)) known.stacks.push(stack);
    known.size += size;
    uses.set(id, known);
  };
  for (const { guest, stack, vmid } of envs) {
    const content = guest.type === 'kvm' ? 'images' : 'rootdir';
    const isNew = !listed.some((one) => one.vmid === vmid);
    use(valueIn(guest.diskStorage, environment), content, 'disk_storage', stack, isNew ? guest.diskSize : 0);
    for (const { volume, size = 0 } of guest.mountPoints) {
      const [name, existing] = (valueIn(volume, environment) ?? '').split(':');
      use(name, 'rootdir', 'mount_points', stack, isNew && existing === undefined ? size : 0);
    }
    if (guest.type === 'lxc') {
      const [name, volume] = (valueIn(guest.template, environment) ?? '').split(':');
      if (volume !== undefined) use(name, 'vztmpl', 'lxc_ostemplate', stack, 0);
    }
  }
  for (const { name, content, key, stacks, size } of uses.values()) {
    const found = storages.find(({ storage }) => storage === name);
    const usable = storages
      .filter((one) => one.content.split(',').includes(content))
      .map(({ storage }) => storage);
    const others = usable.length === 0 ? 'There is none for it.' : `There are: ${usable.sort().join(', ')}.`;
    const who = stacks.join(', ');
    if (!found) {
      report.fault(
        `${who}: the node ${node} has no storage ${name} (${key}), or these credentials may not use it`,
        `${others} Write one, or grant it: Datastore.AllocateSpace on /storage/${name}.`,
      );
    } else if (!found.content.split(',').includes(content)) {
      report.fault(
        `${who}: the storage ${name} (${key}) on ${node} is not for ${content}, only for ${found.content}`,
        `${others} Or on a Proxmox node, as root: pvesm set ${name} --content ${found.content},${content}.`,
      );
    } else if (found.active === 0 || found.enabled === 0) {
      report.fault(
        `${who}: the storage ${name} (${key}) is not active on ${node}`,
        'Bring it back, or write another one.',
      );
    } else if (found.avail !== undefined && size * 2 ** 30 > found.avail) {
      report.note(
        `the storage ${name} on ${node} has ${gib(found.avail)} GiB left, and the guests that are still to be made want ${size}`,
        'A thin storage allows that until they fill up.',
      );
    } else {
      const left = found.avail === undefined || content === 'vztmpl' ? '' : `, ${gib(found.avail)} GiB free`;
      report.ok(`the storage ${name} on ${node} is for ${content}${left}`);
    }
  }
  await checkTemplates(api, node, envs, environment, storages, report);
}

async function checkTemplates(
  api: Api,
  node: string,
  envs: readonly Env[],
  environment: NodeJS.ProcessEnv,
  storages: readonly StorageInfo[],
  report: Report,
): Promise<void> {
  const containers = envs.filter(({ guest }) => guest.type === 'lxc');
  for (const [template, own] of groupBy(containers, ({ guest }) => valueIn(guest.template, environment))) {
    const [storage = '', volume = ''] = template.split(':');
    if (!volume.startsWith('vztmpl/') || !storages.some((one) => one.storage === storage)) continue;
    const { status, data } = await api.get(`nodes/${node}/storage/${storage}/content?content=vztmpl`);
    if (status !== 200) {
      report.note(
        `these credentials may not ask for the template ${template} (HTTP ${status})`,
        `Datastore.Audit on /storage/${storage} lets them.`,
      );
      continue;
    }
    const there = (data as { volid: string }[]).map(({ volid }) => volid);
    if (there.includes(template)) report.ok(`the template ${template} is on ${node}`);
    else {
      report.fault(
        `${stacksOf(own)}: the template ${template} is not on ${node}`,
        `There are: ${there.sort().join(', ') || 'none'}. On that node, as root: pveam update && pveam download ${storage} ${volume.replace('vztmpl/', '')}.`,
      );
    }
  }
}

async function checkBridges(
  api: Api,
  node: string,
  envs: readonly Env[],
  environment: NodeJS.ProcessEnv,
  report: Report,
): Promise<void> {
  const { status, data } = await api.get(`nodes/${node}/network?type=any_bridge`);
  if (status !== 200) {
    report.note(
      `these credentials may not ask for the bridges of ${node} (HTTP ${status})`,
      'A plan looks once more.',
    );
    return;
  }
  const bridges = data as { iface: string; bridge_vlan_aware?: number; mtu?: string | number }[];
  const interfaces = envs.flatMap(({ stack, networks }) => networks.map((one) => ({ ...one, stack })));
  for (const [name, own] of groupBy(interfaces, ({ bridge }) => valueIn(bridge, environment))) {
    const found = bridges.find(({ iface }) => iface === name);
    const vlans = [...new Set(own.flatMap(({ vlan }) => vlan ?? []))];
    if (!found) {
      report.fault(
        `${stacksOf(own)}: the node ${node} has no bridge ${name}, or these credentials may not use it`,
        `There are: ${
          bridges
            .map(({ iface }) => iface)
            .sort()
            .join(', ') || 'none'
        }. Write one, or grant it: SDN.Use on /sdn/zones/localnetwork/${name}.`,
      );
      continue;
    }
    const tooBig = own.filter(({ mtu = 0 }) => mtu > Number(found.mtu ?? 1500));
    if (tooBig.length > 0) {
      report.fault(
        `${stacksOf(tooBig)}: the MTU is bigger than that of the bridge ${name} (${Number(found.mtu ?? 1500)})`,
        'Write a smaller mtu, or raise that of the bridge.',
      );
    }
    report.ok(`the bridge ${name} is on ${node}`);
    if (vlans.length > 0 && found.bridge_vlan_aware !== 1) {
      report.note(
        `the bridge ${name} on ${node} does not say that it is VLAN aware, and VLAN ${vlans.join(', ')} is asked for`,
        'Without it Proxmox makes a bridge for each VLAN, which works where its port carries them.',
      );
    }
  }
}

function checkClones(node: string, envs: readonly Env[], listed: readonly Listed[], report: Report): void {
  for (const { guest, stack } of envs) {
    if (guest.type !== 'kvm' || guest.cloneVmid === undefined) continue;
    const found = listed.find(({ vmid }) => vmid === guest.cloneVmid);
    const id = String(guest.cloneVmid);
    if (!found)
      report.fault(
        `${stack}: there is no VM ${id} to clone (kvm_clone_vmid), or these credentials may not see it`,
        'Write the VMID of a template of VMs.',
      );
    else if (found.type !== 'qemu')
      report.fault(`${stack}: ${id} (kvm_clone_vmid) is a container`, 'Write the VMID of a template of VMs.');
    else if (found.node !== node)
      report.fault(
        `${stack}: the VM ${id} (kvm_clone_vmid) is on node ${found.node}, and is cloned only where it is`,
        `Write proxmox_node: ${found.node}, or the VMID of a template on ${node}.`,
      );
    else report.ok(`the VM ${id} is there to be cloned`);
  }
}

/**
 * Looks whose VMIDs and addresses are.
 * @param api the API
 * @param envs the stacks whose guests Terraform makes
 * @param listed the guests of the cluster
 * @param report takes the findings
 */
export async function checkIdentity(
  api: Api,
  envs: readonly Env[],
  listed: readonly Listed[],
  report: Report,
): Promise<void> {
  const configs = new Map<number, Record<string, unknown>>();
  const unread: number[] = [];
  await eachOf(listed, 16, async ({ vmid, node, type }) => {
    const { status, data, message } = await api.get(`nodes/${node}/${type}/${String(vmid)}/config`);
    if (status === 200) configs.set(vmid, data as Record<string, unknown>);
    // A guest that was removed since the list was made holds no address.
    else if (!message.includes('does not exist')) unread.push(vmid);
  });
  if (unread.length > 0) {
    report.fault(
      `the configurations of ${unread.sort((a, b) => a - b).join(', ')} cannot be read, so their addresses are not known`,
      'Give the credentials VM.Audit there.',
    );
  }
  await eachOf(envs, 16, async (env) => {
    const { stack, vmid, node, addresses } = env;
    const found = listed.find((one) => one.vmid === vmid);
    const holder = [...configs].find(
      ([id, config]) => id !== vmid && addresses.some((one) => holds(config, one)),
    );
    const other = listed.find((one) => one.vmid === holder?.[0]);
    if (other) {
      const taken = addresses.filter((one) => holds(holder?.[1] ?? {}, one)).join(', ');
      report.fault(
        `${stack}: ${taken} is the address of ${describe(other)}`,
        'Write another ip in the inventory.',
      );
    }
    if (found) {
      const tags = (found.tags ?? '').split(/[;, ]/);
      const isOurs = tags.includes(stack.toLowerCase());
      if (isOurs)
        report.ok(`${stack}: VMID ${vmid} is its guest, ${found.status ?? 'unknown'} on ${found.node}`);
      else if (env.guest.adopt)
        report.note(`${stack}: VMID ${vmid} is ${describe(found)}`, 'adopt: true will take it over.');
      else
        report.fault(
          `${stack}: VMID ${vmid} is ${describe(found)}, which is not its guest`,
          'Write another vmid in the inventory, or take it over with adopt: true.',
        );
      return;
    }
    const { status } = await api.get(`cluster/nextid?vmid=${String(vmid)}`);
    if (status === 400) {
      report.fault(
        `${stack}: VMID ${vmid} is taken by a guest that these credentials may not see`,
        'Write another vmid in the inventory.',
      );
    } else if (status === 200 && !other)
      report.ok(`${stack}: VMID ${vmid} is free, ${addresses.join(', ')} is in no guest's configuration`);
    else if (status !== 200)
      report.note(
        `${stack}: nobody tells whether VMID ${vmid} is free (HTTP ${status})`,
        `A plan asks once more, on ${node.parts.join('')}.`,
      );
  });
}

/** The same search as planner/preflight.sh makes. */
function holds(config: Record<string, unknown>, address: string): boolean {
  return Object.entries(config).some(
    ([name, value]) =>
      /^(net|ipconfig)\d+$/.test(name) &&
      typeof value === 'string' &&
      value.split(',').some((part) => {
        const [, written = ''] = /^ip6?=([^/]*)/.exec(part) ?? [];
        // An IPv6 address is written in many ways.
        return (isIpv4(written) || isIpv6(written)) && canonical(written) === address;
      }),
  );
}

/**
 * The guests that the credentials see.
 * @param api the API
 * @param report takes what stands in the way
 * @returns the list, empty where it is not told
 */
export async function listGuests(api: Api, report: Report): Promise<Listed[]> {
  const { status, data, message }: Answer = await api.get('cluster/resources?type=vm');
  if (status === 200 && Array.isArray(data)) return data as Listed[];
  report.fault(
    `the guests are not listed (HTTP ${status}): ${message}`,
    'Give the credentials VM.Audit on /vms.',
  );
  return [];
}

const describe = ({ type, vmid, name, node }: Listed): string =>
  `${type === 'lxc' ? 'container' : 'VM'} ${String(vmid)} (${name ?? '?'}) on node ${node}`;
const gib = (bytes: number): number => Math.floor(bytes / 2 ** 30);
const stacksOf = (envs: readonly Pick<Env, 'stack'>[]): string =>
  [...new Set(envs.map(({ stack }) => stack))].join(', ');

/** Groups by a key; what has none is left out: that its variable is missing is said elsewhere. */
function groupBy<T>(items: readonly T[], key: (item: T) => string | undefined): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = key(item);
    if (name !== undefined) groups.set(name, [...(groups.get(name) ?? []), item]);
  }
  return groups;
}
