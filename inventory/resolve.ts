import type { Path } from './document';
import { groupPart, stackId } from './names';
import type { EnvInput, InventoryInput, ProjectInput } from './schema/inventory';
import type { GuestInput } from './schema/guest';
import { type Found, Scope, toText } from './scope';
import type { Text } from './text';
import type {
  Address,
  App,
  AppPart,
  BaseOs,
  Env,
  Guest,
  PostgreSql,
  ProxmoxApi,
  PythonSettings,
  ReleaseSettings,
  SshSettings,
} from './types';
import type { Validation } from './validation';

/** All keys that a level of the inventory can have. */
export type Level = Partial<InventoryInput & ProjectInput & EnvInput>;

/** An env before the rules: its values, and where each stands. */
export interface Draft {
  project: string;
  env: string;
  stack: string;
  /** Path of the env. */
  path: Path;
  /** Path of its project. */
  projectPath: Path;
  scope: Scope<Level>;
  guest: Scope<GuestInput>;
}

const TEMPLATE = 'local:vztmpl/debian-12-standard_12.12-1_amd64.tar.zst';

/**
 * Every env of the inventory, sorted by stack.
 * @param input the inventory as parsed
 * @param validation tells which values were refused
 * @returns the drafts
 */
export function drafts(input: InventoryInput, validation: Validation): Draft[] {
  const all = Object.entries(input.app_projects).flatMap(([project, projectInput]) =>
    Object.entries(projectInput.envs).map(([env, envInput]): Draft => {
      const projectPath = ['app_projects', project];
      const path = [...projectPath, 'envs', env];
      const levels: Found<Level>[] = [
        { value: envInput, path },
        { value: projectInput, path: projectPath },
        { value: input, path: [] },
      ];
      const scope = new Scope<Level>(levels, validation);
      return {
        project,
        env,
        stack: stackId(project, env),
        path,
        projectPath,
        scope,
        guest: scope.within('guest'),
      };
    }),
  );
  return all.sort((a, b) => (a.stack < b.stack ? -1 : a.stack > b.stack ? 1 : 0));
}

/**
 * How the Proxmox API is reached.
 * @param input the inventory as parsed
 * @returns the connection
 */
export function resolveApi(input: InventoryInput): ProxmoxApi {
  const optional = (value: string | undefined, secret = false): Text | undefined =>
    value === undefined ? undefined : toText(value, secret);
  return {
    ...defined('host', optional(input.proxmox_host)),
    port: input.proxmox_port ?? 8006,
    ...defined('username', optional(input.proxmox_user)),
    ...defined('password', optional(input.proxmox_password, true)),
    ...defined('tokenId', optional(input.proxmox_token_id)),
    ...defined('tokenSecret', optional(input.proxmox_token_secret, true)),
    insecure: input.proxmox_insecure ?? false,
    ...defined('caFile', optional(input.proxmox_ca_file)),
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
  const { address, prefix } = splitAddress(scope.find('ip')?.value ?? '');
  return {
    project: draft.project,
    env: draft.env,
    stack: draft.stack,
    present: scope.get('state', 'present') === 'present',
    path: draft.path,
    hostname: scope.get('name', draft.stack),
    vmid: scope.get('vmid', 0),
    ip: { address, prefix },
    ...defined('gateway', scope.find('gateway')?.value),
    node: toText(scope.get('proxmox_node', 'pve')),
    guest,
    ssh: resolveSsh(scope),
    configure: scope.get('configure', true) && guest.start,
    baseOs: resolveBaseOs(scope),
    app: resolveApp(draft, validation),
    backend: scope.get('backend', { type: 'local' }),
    templateDirs: scope
      .all('templates_dir')
      .map(({ value }) => value)
      .reverse(),
  };
}

/**
 * The guest of an env with every default filled in.
 * @param draft the env
 * @returns the guest
 */
function resolveGuest(draft: Draft): Guest {
  const { guest } = draft;
  const optional = (
    key: 'lxc_password' | 'searchdomain' | 'description',
    secret = false,
  ): Text | undefined => {
    const value = guest.find(key)?.value;
    return value === undefined ? undefined : toText(value, secret);
  };
  const protection = guest.get('protection', draft.env.toLowerCase() === 'prod');
  const tags = guest.get('tags', []).map((tag) => tag.toLowerCase());
  return {
    type: guest.get('proxmox_guest_type', 'lxc'),
    template: toText(guest.get('lxc_ostemplate', TEMPLATE)),
    osType: guest.get('lxc_ostype', 'debian'),
    unprivileged: guest.get('lxc_unprivileged', true),
    nesting: guest.get('lxc_nesting', true),
    ...defined('password', optional('lxc_password', true)),
    start: guest.get('lxc_start_after_create', true),
    ...defined('cloneVmid', guest.find('kvm_clone_vmid')?.value),
    kvmDisk: guest.get('kvm_disk', 'scsi0'),
    cores: guest.get('cores', 2),
    memory: guest.get('memory', 2048),
    swap: guest.get('swap', 512),
    diskSize: guest.get('disk_size', 8),
    diskStorage: toText(guest.get('disk_storage', 'local-lvm')),
    bridge: toText(guest.get('bridge', 'vmbr0')),
    ...defined('vlan', guest.find('vlan')?.value),
    ...defined('mtu', guest.find('mtu')?.value),
    ...defined('macAddress', guest.find('mac_address')?.value.toUpperCase()),
    firewall: guest.get('firewall', true),
    nameservers: guest.get('nameservers', []).map((server) => toText(server)),
    ...defined('searchdomain', optional('searchdomain')),
    onboot: guest.get('onboot', true),
    ...defined('startupOrder', guest.find('startup_order')?.value),
    ...defined('description', optional('description')),
    tags: [...new Set(tags)].sort(),
    mountPoints: guest.get('mount_points', []).map((mount) => ({
      path: toText(mount.path),
      volume: toText(mount.volume),
      ...defined('size', mount.size),
      backup: mount.backup ?? false,
      readOnly: mount.read_only ?? false,
    })),
    protection,
    // A guest with data is not replaced by a plan, whatever its protection.
    preventDestroy: guest.get('prevent_destroy', protection) || keepsData(draft),
    adopt: draft.scope.find('adopt')?.value ?? guest.get('adopt', false),
  };
}

function resolveSsh(scope: Scope<Level>): SshSettings {
  const bastion = scope.find('ssh_bastion')?.value;
  const hostKey = scope.find('ssh_host_key')?.value;
  return {
    user: toText(scope.get('app_bootstrap_user', 'root')),
    publicKeys: publicKeys(scope).map((publicKey) => toText(publicKey)),
    ...defined('hostKey', hostKey === undefined ? undefined : toText(hostKey)),
    ...defined(
      'bastion',
      bastion && {
        host: toText(bastion.host),
        port: bastion.port ?? 22,
        user: toText(bastion.user ?? 'root'),
      },
    ),
  };
}

/** The keys of the nearest level that has `ssh_public_keys`, `ssh_public_key` or both. */
function publicKeys(scope: Scope<Level>): string[] {
  for (const { value } of scope.levels) {
    const keys = [...(value.ssh_public_keys ?? []), ...(value.ssh_public_key ? [value.ssh_public_key] : [])];
    if (keys.length > 0 || value.ssh_public_keys)
      return [...new Set(keys.map((publicKey) => publicKey.trim()))];
  }
  return [];
}

function resolveBaseOs(scope: Scope<Level>): BaseOs {
  const version = scope.find('node_version')?.value;
  return {
    user: scope.get('app_user', 'appuser'),
    timezone: scope.get('timezone', 'Etc/UTC'),
    locale: scope.get('locale', 'C.UTF-8'),
    securityUpgrades: scope.get('security_upgrades', true),
    hardenSshd: scope.get('harden_sshd', true),
    ufw: scope.get('ufw', true),
    firewallPorts: scope.get('firewall_ports', []),
    removePackages: scope.get('remove_packages', false),
    ...defined(
      'node',
      version === undefined
        ? undefined
        : {
            version,
            sha256: scope.get('node_sha256', ''),
            mirror: scope.get('node_mirror', 'https://nodejs.org/dist').replace(/\/$/, ''),
          },
    ),
  };
}

function resolveRelease(scope: Scope<Level>): ReleaseSettings {
  const part = (name: 'backend' | 'frontend', port: number): AppPart => ({
    folder: scope.get(`${name}_dir`, name),
    port: scope.get(`${name}_port`, port),
    ...defined('install', scope.find(`${name}_install`)?.value),
    ...defined('build', scope.find(`${name}_build`)?.value),
    start: scope.get(`${name}_start`, 'npm start'),
    ...defined('healthPath', scope.find(`${name}_health_path`)?.value),
  });
  return {
    backend: part('backend', 3001),
    frontend: part('frontend', 3000),
    ...defined('migrate', scope.find('migrate')?.value),
    healthTimeout: scope.get('health_timeout', 30),
    trialStart: scope.get('trial_start', true),
    keep: scope.get('keep_releases', 5),
    ...defined('memory', scope.find('service_memory')?.value),
  };
}

function resolvePython({ scope, project }: Draft): PythonSettings {
  const database = resolvePostgresql(scope, project);
  const optional = <K extends 'python_install' | 'service_start' | 'health_command'>(
    name: K,
  ): string | undefined => scope.find(name)?.value;
  const jobs = scope
    .all('jobs')
    .reduce<NonNullable<Level['jobs']>>((merged, { value }) => ({ ...merged, ...value }), {});
  return {
    ...defined('install', optional('python_install')),
    ...defined('postgresql', database),
    ...defined('serviceStart', optional('service_start')),
    ...defined('healthCommand', optional('health_command')),
    jobs: scope.get('run_jobs', false)
      ? Object.entries(jobs)
          .map(([name, { timeout, ...job }]) => ({ name, ...job, timeout: timeout ?? 3600 }))
          .sort((a, b) => (a.name < b.name ? -1 : 1))
      : [],
    ...defined('failureMail', scope.find('failure_mail')?.value),
    ...defined('failureHook', scope.find('failure_hook')?.value),
    logDays: scope.get('log_days', 30),
  };
}

function resolvePostgresql(scope: Scope<Level>, project: string): PostgreSql | undefined {
  const value = scope.find('postgresql')?.value;
  if (!value) return undefined;
  const database = value.database ?? groupPart(project).toLowerCase();
  return {
    database,
    user: value.user ?? (value.password === undefined ? 'app' : database),
    ...defined('password', value.password === undefined ? undefined : toText(value.password, true)),
    extensions: value.extensions ?? [],
    backupAt: value.backup_at ?? '*-*-* 02:30:00',
    backupKeep: value.backup_keep ?? 14,
  };
}

/** Whether a guest holds data that a plan must not destroy. */
export function keepsData({ scope }: Draft): boolean {
  const hasData = scope.get('app_type', 'node') === 'python' && Boolean(scope.find('postgresql')?.value);
  return scope.get('data', hasData ? 'keep' : 'disposable') === 'keep';
}

function resolveApp(draft: Draft, validation: Validation): App {
  const { scope } = draft;
  const repo = scope.find('repo')?.value;
  const deployKey = scope.find('git_deploy_key')?.value;
  return {
    type: scope.get('app_type', 'node'),
    ...defined('repo', repo === undefined ? undefined : toText(repo)),
    branch: toText(scope.get('branch', 'main')),
    ...defined('deployKey', deployKey === undefined ? undefined : toText(deployKey, true)),
    knownHosts: scope.get('git_known_hosts', []).map((line) => toText(line)),
    backendPort: scope.get('backend_port', 3001),
    frontendPort: scope.get('frontend_port', 3000),
    release: resolveRelease(scope),
    python: resolvePython(draft),
    packages: [...new Set(scope.get('packages', []))].sort().map((name) => toText(name)),
    envVars: resolveEnvVars(scope, validation),
  };
}

/** Project and env merged, by name; scalars as they were written, so that `1.10` and `yes` stay what they are. */
function resolveEnvVars(scope: Scope<Level>, validation: Validation): Record<string, Text> {
  const values = new Map<string, Text>();
  for (const { value: map, path } of scope.all('env_vars')) {
    for (const [name, value] of Object.entries(map)) {
      const text = typeof value === 'string' ? value : (validation.written([...path, name]) ?? String(value));
      values.set(name, toText(text, true));
    }
  }
  return Object.fromEntries([...values].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Splits `10.0.10.101/24`.
 * @param value the address with prefix
 * @returns the address; prefix NaN where there is none
 */
export function splitAddress(value: string): Address {
  const [address = '', ...rest] = value.split('/');
  const prefix = rest.join('/');
  return { address, prefix: /^(0|[1-9]\d?)$/.test(prefix) ? Number(prefix) : NaN };
}

/** `app_<project>_<env>`, to tell collisions of ids that differ only in case or in `-`. */
export function groupOf(draft: Draft): string {
  return `app_${groupPart(draft.project)}_${groupPart(draft.env)}`.toLowerCase();
}

function defined<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}
