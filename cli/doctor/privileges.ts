import { literal } from '../../inventory/text';
import type { Env } from '../../inventory/types';
import { eachOf } from '../each-of';
import type { Api } from './api';
import type { Report } from './finding';
import { valueIn } from '../value';

/** What a container takes on its VMID; see docs/operations.md, "The token". */
const CONTAINER = [
  'VM.Allocate',
  'VM.Audit',
  'VM.Config.CPU',
  'VM.Config.Disk',
  'VM.Config.Memory',
  'VM.Config.Network',
  'VM.Config.Options',
  'VM.PowerMgmt',
];
const MACHINE = [...CONTAINER, 'VM.Config.CDROM', 'VM.Config.Cloudinit'];

/** A path of the cluster and what is needed there: all of it, or one of `any`. */
interface Need {
  path: string;
  all: readonly string[];
  any?: readonly string[];
}

/**
 * What credentials need for an env.
 * @param env the env
 * @param environment where its variables are
 * @returns paths and privileges
 */
function needsOf({ guest, networks, vmid }: Env, environment: NodeJS.ProcessEnv): Need[] {
  const isMachine = guest.type === 'kvm';
  const storages = [guest.diskStorage, ...guest.mountPoints.map(({ volume }) => volume)]
    .map((text) => valueIn(text, environment) ?? '')
    .filter((name) => name !== '' && !name.startsWith('/'))
    .map((name) => name.split(':')[0] ?? '');
  const template = isMachine ? undefined : valueIn(guest.template, environment)?.split(':vztmpl/');
  const links = networks.flatMap(({ bridge, vlan }) => {
    const name = valueIn(bridge, environment);
    return name === undefined ? [] : [`${name}${vlan === undefined ? '' : `/${String(vlan)}`}`];
  });
  return [
    { path: `/vms/${String(vmid)}`, all: isMachine ? MACHINE : CONTAINER },
    ...[...new Set(storages)].map((name) => ({ path: `/storage/${name}`, all: ['Datastore.AllocateSpace'] })),
    ...(template?.length === 2
      ? [
          {
            path: `/storage/${template[0] ?? ''}`,
            all: [],
            any: ['Datastore.Audit', 'Datastore.AllocateSpace'],
          },
        ]
      : []),
    ...[...new Set(links)].map((link) => ({ path: `/sdn/zones/localnetwork/${link}`, all: ['SDN.Use'] })),
    ...(isMachine && guest.cloneVmid !== undefined
      ? [{ path: `/vms/${String(guest.cloneVmid)}`, all: ['VM.Clone'] }]
      : []),
    // It changes what the host does when it starts; of a container nobody asks for it.
    ...(isMachine && guest.startupOrder !== undefined ? [{ path: '/', all: ['Sys.Modify'] }] : []),
  ];
}

/**
 * Asks what the credentials may do, and says what they lack, with the line that grants it.
 * @param api the API, and whose credentials it takes
 * @param envs the stacks whose guests Terraform makes
 * @param environment where variables are
 * @param report takes the findings
 */
export async function checkPrivileges(
  api: Api & { user: string; token?: string },
  envs: readonly Env[],
  environment: NodeJS.ProcessEnv,
  report: Report,
): Promise<void> {
  const held = new Map<string, ReadonlySet<string>>();
  const unasked: string[] = [];
  const needs = envs.map((env) => ({ env, needs: needsOf(env, environment) }));
  const paths = new Set(['/vms', ...needs.flatMap((one) => one.needs.map(({ path }) => path))]);
  await eachOf([...paths], 16, async (path) => {
    const { status, data } = await api.get(`access/permissions?path=${encodeURIComponent(path)}`);
    if (status !== 200) unasked.push(path);
    else held.set(path, new Set(Object.keys((data as Record<string, object> | undefined)?.[path] ?? {})));
  });
  if (unasked.length > 0) {
    report.note(
      `these credentials may not ask what they may do on ${unasked.sort().join(', ')}`,
      'The next deploy will tell.',
    );
  }
  const all = held.get('/vms');
  if (all && !all.has('VM.Audit')) {
    report.fault(
      'these credentials do not see the guests of the cluster: they lack VM.Audit on /vms, so every plan is refused',
      grant(api, '/vms', 'PVEAuditor'),
    );
  }
  // By what is lacking and where, so that what all stacks lack is said once.
  const lacking = new Map<string, { path: string; what: string[]; stacks: string[] }>();
  for (const { env, needs: own } of needs) {
    for (const { path, all: must, any = [] } of own) {
      const has = held.get(path);
      if (!has) continue;
      const missing = must.filter((name) => !has.has(name));
      const what =
        any.length > 0 && !any.some((name) => has.has(name)) ? [...missing, any[0] ?? ''] : missing;
      if (what.length === 0) continue;
      const isGuest = path === `/vms/${String(env.vmid)}`;
      const key = `${isGuest ? '/vms/' : path} ${what.join()}`;
      const known = lacking.get(key) ?? { path, what, stacks: [] };
      if (isGuest && known.stacks.length > 0) known.path = '/vms';
      known.stacks.push(env.stack);
      lacking.set(key, known);
    }
  }
  for (const { path, what, stacks } of lacking.values()) {
    const role = path.startsWith('/storage') && what.join() === 'Datastore.Audit' ? 'PVEAuditor' : 'AppStack';
    const more =
      role === 'AppStack'
        ? ` The role has to hold it: pveum role modify AppStack --append 1 --privs "${what.join(' ')}".`
        : '';
    report.fault(
      `${stacks.join(', ')}: these credentials lack ${what.join(', ')} on ${path}`,
      `${grant(api, path, role)}${more}`,
    );
  }
  if (lacking.size === 0 && all?.has('VM.Audit') && unasked.length === 0) {
    report.ok(`the credentials of ${api.token ?? api.user} may do all that is needed`);
  }
  for (const { stack, guest } of envs) {
    const needsRoot = guest.mountPoints.some(({ volume }) => literal(volume)?.startsWith('/'));
    if (needsRoot && (api.token !== undefined || api.user !== 'root@pam')) {
      report.fault(
        `${stack}: Proxmox allows a bind mount to root@pam with a password only, to no token`,
        'Use a volume of a storage, or proxmox_user: root@pam with proxmox_password.',
      );
    }
  }
}

function grant({ user, token }: { user: string; token?: string }, path: string, role: string): string {
  const line = `pveum acl modify ${path} --roles ${role}`;
  return token === undefined
    ? `On a Proxmox node, as root: ${line} --users ${user}.`
    : `On a Proxmox node, as root: ${line} --users ${user} (and, where the token was made with --privsep 1, also --tokens '${token}').`;
}
