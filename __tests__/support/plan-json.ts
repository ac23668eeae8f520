import type { PlanJson, ResourceChange, Value } from '../../cli/plan/plan-json';

/**
 * A change as `terraform show -json` has it, of a resource in the root module.
 * @param address its address
 * @param before its values before; null: it is created
 * @param after its values after; null: it is destroyed
 * @param more what else is said of it
 * @returns the change
 */
export function changed(
  address: string,
  before: Value,
  after: Value,
  more: Partial<ResourceChange['change']> & { why?: string } = {},
): ResourceChange {
  const [type = '', name = ''] = address.split('.');
  const { why, ...change } = more;
  const actions =
    before === null
      ? ['create']
      : after === null
        ? ['delete']
        : type === 'null_resource'
          ? ['delete', 'create']
          : ['update'];
  return {
    ...{ address, mode: 'managed', type, name },
    ...(why === undefined ? {} : { action_reason: why }),
    change: {
      actions,
      before,
      after,
      after_unknown: {},
      before_sensitive: {},
      after_sensitive: {},
      ...change,
    },
  };
}

/** The values of a container, with some of them other ones. */
export function container(other: Record<string, Value> = {}): Value {
  return {
    vm_id: 301,
    node_name: 'pve',
    cpu: [{ cores: 2 }],
    memory: [{ dedicated: 2048, swap: 512 }],
    disk: [{ datastore_id: 'local-lvm', size: 8, mount_options: [] }],
    initialization: [
      {
        hostname: 'shop-dev',
        dns: [],
        ip_config: [{ ipv4: [{ address: '10.0.10.31/24', gateway: '10.0.10.1' }] }],
      },
    ],
    network_interface: [{ bridge: 'vmbr0', vlan_id: 0 }],
    tags: ['app', 'app-shop-dev', 'ip-10.0.10.31'],
    started: true,
    description: 'app-shop-dev\n',
    ...other,
  };
}

/** The values of a layer. */
export function triggers(values: Record<string, string>): Value {
  return { id: '1', triggers: { guest: '301 BC:24:11:00:00:31', ...values } };
}

/** A plan of these changes, with the answer of the guest. */
export function planOf(
  changes: readonly ResourceChange[],
  look: Record<string, string> = {},
  more: PlanJson = {},
): PlanJson {
  return {
    applyable: changes.length > 0,
    resource_changes: changes,
    prior_state: {
      values: {
        root_module: { resources: [{ address: 'data.external.guest[0]', values: { result: look } }] },
      },
    },
    ...more,
  };
}
