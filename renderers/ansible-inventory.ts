import { inUrl } from '../inventory/address';
import { groups } from '../inventory/names';
import type { Text } from '../inventory/text';
import type { Env } from '../inventory/types';

/** What Ansible knows of a host. */
type HostVars = Record<string, string | number>;

/** A static Ansible inventory, as its `yaml` plugin reads it. */
interface AnsibleInventory {
  all: {
    hosts: Record<string, HostVars>;
    children: Record<string, { hosts: Record<string, Record<string, never>> }>;
  };
}

/**
 * An Ansible inventory of the guests, with the groups and variables of the seed's playbooks.
 * @param envs the envs; absent ones are left out
 * @returns the inventory; references stay Jinja, which Ansible resolves itself
 */
export function ansibleInventory(envs: readonly Env[]): AnsibleInventory {
  const hosts: Record<string, HostVars> = {};
  const children: AnsibleInventory['all']['children'] = {};
  for (const env of envs.filter(({ present }) => present)) {
    hosts[env.hostname] = {
      ansible_host: env.address,
      ...(env.ssh.port === 22 ? {} : { ansible_port: env.ssh.port }),
      ansible_user: toJinja(env.ssh.user),
      ...bastionVars(env),
      app_project: env.project,
      app_env: env.env,
    };
    for (const group of groups(env.project, env.env)) {
      (children[group] ??= { hosts: {} }).hosts[env.hostname] = {};
    }
  }
  return { all: { hosts, children } };
}

/**
 * The same as a dynamic inventory script answers `--list`.
 * @param envs the envs; absent ones are left out
 * @returns groups with their hosts, and all host variables
 */
export function dynamicInventory(envs: readonly Env[]): Record<string, unknown> {
  const { hosts, children } = ansibleInventory(envs).all;
  const lists = Object.entries(children).map(([group, { hosts: members }]) => [
    group,
    { hosts: Object.keys(members) },
  ]);
  return { _meta: { hostvars: hosts }, ...Object.fromEntries(lists) };
}

/** How Ansible's ssh goes through the bastion of an env. */
function bastionVars({ ssh: { bastion } }: Env): HostVars {
  if (!bastion) return {};
  const jump = `${toJinja(bastion.user)}@${inUrl(toJinja(bastion.host))}:${bastion.port}`;
  return { ansible_ssh_common_args: `-o ProxyJump=${jump}` };
}

function toJinja(text: Text): string {
  return text.parts
    .map((part) => {
      if (typeof part === 'string') return part;
      const fallback =
        part.default === undefined ? '' : ` | default('${part.default.replace(/[\\']/g, '\\$&')}')`;
      return `{{ ${part.variable}${fallback} }}`;
    })
    .join('');
}
