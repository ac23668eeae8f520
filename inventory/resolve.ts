import { resolveApp } from './app';
import { distributionOf } from './distribution';
import { type Draft, isProtected, keepsData } from './draft';
import { fixedAddresses, resolveNetworks } from './networks';
import type { InventoryInput, LevelKeys, Schema } from './schema/inventory';
import { Scope } from './scope';
import type { BaseOs, Env, Guest, ProxmoxApi, SshSettings } from './types';
import type { Validation } from './validation';
import { distinct, type Value } from './values/value';

type LevelScope = Scope<LevelKeys>;

/**
 * How the Proxmox API is reached.
 * @param input the inventory as parsed
 * @param schema what it was parsed by
 * @param validation what was said of it
 * @returns the connection
 */
export function resolveApi(input: InventoryInput, schema: Schema, validation: Validation): ProxmoxApi {
  const top = new Scope(schema.inventory.shape, [{ value: input, path: [] }], validation);
  return {
    host: top.maybe('proxmox_host'),
    port: top.get('proxmox_port'),
    username: top.maybe('proxmox_user'),
    password: top.maybe('proxmox_password'),
    tokenId: top.maybe('proxmox_token_id'),
    tokenSecret: top.maybe('proxmox_token_secret'),
    insecure: top.get('proxmox_insecure'),
    caFile: top.maybe('proxmox_ca_file'),
  };
}

/**
 * An env with every default filled in. Call it only when no rule refused it.
 * @param draft the env
 * @param validation knows how scalars were written
 * @returns the env
 */
export function resolveEnv(draft: Draft, validation: Validation): Env {
  const { scope } = draft;
  const guest = resolveGuest(draft);
  const networks = resolveNetworks(draft);
  const fixed = fixedAddresses(networks);
  return {
    project: draft.project,
    env: draft.env,
    stack: draft.stack,
    present: scope.get('state') === 'present',
    path: draft.path,
    hostname: scope.maybe('name') ?? draft.stack,
    vmid: scope.maybe('vmid') ?? 0,
    address: fixed[0] ?? '',
    addresses: fixed,
    networks,
    node: scope.get('proxmox_node'),
    guest,
    ssh: resolveSsh(scope),
    configure: scope.get('configure') && guest.start,
    baseOs: resolveBaseOs(scope),
    app: resolveApp(draft, validation),
    backend: scope.get('backend'),
    templateDirs: scope
      .all('templates_dir')
      .map(({ value }) => value)
      .reverse(),
  };
}

function resolveGuest(draft: Draft): Guest {
  const { guest, scope } = draft;
  const protection = isProtected(draft);
  const tags = guest.get('tags').map((tag) => tag.toLowerCase());
  return {
    type: guest.get('proxmox_guest_type'),
    template: guest.get('lxc_ostemplate'),
    osType: guest.maybe('lxc_ostype') ?? distributionOf(guest.get('lxc_ostemplate')) ?? 'debian',
    unprivileged: guest.get('lxc_unprivileged'),
    nesting: guest.get('lxc_nesting'),
    password: guest.maybe('lxc_password'),
    start: guest.get('lxc_start_after_create'),
    cloneVmid: guest.maybe('kvm_clone_vmid'),
    kvmDisk: guest.get('kvm_disk'),
    cores: guest.get('cores'),
    memory: guest.get('memory'),
    swap: guest.get('swap'),
    diskSize: guest.get('disk_size'),
    diskStorage: guest.get('disk_storage'),
    nameservers: guest.maybe('nameservers') ?? [],
    searchdomain: guest.maybe('searchdomain'),
    onboot: guest.get('onboot'),
    startupOrder: guest.maybe('startup_order'),
    description: guest.maybe('description'),
    tags: [...new Set(tags)].sort(),
    mountPoints: guest
      .get('mount_points')
      .map(({ read_only: readOnly, ...mount }) => ({ ...mount, readOnly })),
    protection,
    // A guest with data is not replaced by a plan, whatever its protection.
    preventDestroy: (guest.maybe('prevent_destroy') ?? protection) || keepsData(draft),
    keepsData: keepsData(draft),
    adopt: scope.find('adopt')?.value ?? guest.get('adopt'),
  };
}

function resolveSsh(scope: LevelScope): SshSettings {
  return {
    user: scope.get('app_bootstrap_user'),
    port: scope.get('ssh_port'),
    publicKeys: publicKeys(scope),
    hostKey: scope.maybe('ssh_host_key'),
    bastion: scope.maybe('ssh_bastion'),
    agent: scope.get('ssh_agent'),
  };
}

/** The keys of the nearest level that has `ssh_public_keys`, `ssh_public_key` or both. */
function publicKeys(scope: LevelScope): Value[] {
  for (const { value } of scope.levels) {
    const keys = [...(value.ssh_public_keys ?? []), ...(value.ssh_public_key ? [value.ssh_public_key] : [])];
    if (keys.length > 0 || value.ssh_public_keys) return distinct(keys);
  }
  return [];
}

function resolveBaseOs(scope: LevelScope): BaseOs {
  const version = scope.maybe('node_version');
  const proxy = scope.maybe('proxy');
  return {
    user: scope.get('app_user'),
    timezone: scope.get('timezone'),
    locale: scope.get('locale'),
    securityUpgrades: scope.get('security_upgrades'),
    hardenSshd: scope.get('harden_sshd'),
    ufw: scope.get('ufw'),
    firewallPorts: scope.get('firewall_ports'),
    removePackages: scope.get('remove_packages'),
    aptSourcesRequired: scope.get('apt_sources_required'),
    proxy: proxy && { url: proxy, except: scope.get('no_proxy') },
    node:
      version === undefined
        ? undefined
        : {
            version,
            sha256: scope.maybe('node_sha256') ?? '',
            mirror: scope.get('node_mirror').replace(/\/$/, ''),
          },
  };
}
