/** Words of other tools and of plain speech, each with the keys of this one that may be meant; one of the level is. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  address: ['ip', 'host'],
  apps: ['app_projects'],
  apt_packages: ['packages'],
  authorized_keys: ['ssh_public_keys'],
  calendar: ['at'],
  cmd: ['run'],
  command: ['run'],
  container_id: ['vmid'],
  cpu: ['cores'],
  cpus: ['cores'],
  ctid: ['vmid'],
  datastore: ['disk_storage'],
  db: ['postgresql', 'database'],
  database: ['postgresql'],
  dbname: ['database'],
  default_gateway: ['gateway'],
  deploy_key: ['git_deploy_key'],
  disk: ['disk_size'],
  disk_gb: ['disk_size'],
  dns: ['nameservers'],
  dns_servers: ['nameservers'],
  domain: ['searchdomain'],
  env: ['env_vars'],
  environment: ['env_vars'],
  environment_variables: ['env_vars'],
  environments: ['envs'],
  firewall_rules: ['firewall_ports'],
  fqdn: ['name'],
  git_branch: ['branch'],
  git_repo: ['repo'],
  git_url: ['repo'],
  gw: ['gateway'],
  health_check: ['backend_health_path'],
  health_path: ['backend_health_path'],
  healthcheck: ['backend_health_path'],
  host: ['name'],
  host_name: ['name'],
  hostname: ['name'],
  http_proxy: ['proxy'],
  https_proxy: ['proxy'],
  id: ['vmid'],
  image: ['lxc_ostemplate'],
  ip_address: ['ip'],
  ipv4: ['ip'],
  kind: ['app_type', 'proxmox_guest_type'],
  known_hosts: ['git_known_hosts'],
  language: ['app_type'],
  mac: ['mac_address'],
  mem: ['memory'],
  mount: ['mount_points'],
  mounts: ['mount_points'],
  nameserver: ['nameservers'],
  network: ['bridge'],
  node: ['proxmox_node'],
  os: ['lxc_ostype'],
  ostemplate: ['lxc_ostemplate'],
  ostype: ['lxc_ostype'],
  owner: ['user'],
  ports: ['firewall_ports'],
  postgres: ['postgresql'],
  projects: ['app_projects'],
  public_keys: ['ssh_public_keys'],
  ram: ['memory'],
  ref: ['branch'],
  repo_url: ['repo'],
  repository: ['repo'],
  rootfs: ['disk_size'],
  runtime: ['app_type'],
  script: ['run'],
  ssh_key: ['ssh_public_keys'],
  ssh_keys: ['ssh_public_keys'],
  ssh_user: ['app_bootstrap_user'],
  storage: ['disk_storage', 'volume'],
  tag: ['tags', 'vlan'],
  target_node: ['proxmox_node'],
  template: ['lxc_ostemplate'],
  type: ['app_type', 'proxmox_guest_type'],
  url: ['repo'],
  username: ['user'],
  variables: ['env_vars'],
  vars: ['env_vars'],
  vcpus: ['cores'],
  vlan_id: ['vlan'],
  vlan_tag: ['vlan'],
  vm_id: ['vmid'],
  volumes: ['mount_points'],
};

const AWS = 'remove it: export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY';
const HTTP = 'remove it: export TF_HTTP_USERNAME and TF_HTTP_PASSWORD';
const SECRET = 'write it in env_vars as "{{ vault_… }}"';

/** What to do about words that no single key stands for. */
const ADVICE: Readonly<Record<string, string>> = {
  access_key: AWS,
  build: 'write backend_build and frontend_build; python_install may build, too',
  cron: 'write jobs: {<name>: {run: …, cron: …}}',
  deploy:
    'remove it: the head of branch is deployed; on a guest with configure: false nothing is done, and state: absent removes it',
  enabled: 'remove it: state: absent removes an environment',
  install: 'write backend_install and frontend_install, or python_install',
  password: SECRET,
  port: 'write backend_port (and frontend_port)',
  python_version: "remove it: Python is the guest's Debian's",
  schedule: 'write at (systemd) or cron',
  secret_key: AWS,
  secrets: SECRET,
  start: 'write backend_start and frontend_start, or service_start of a Python application',
  version: "remove it: a guest has its Debian's version; that of Node.js is node_version",
};

/** The same where the word stands in the settings of a backend. */
const OF_BACKEND: Readonly<Record<string, string>> = {
  key: "write prefix: each stack's state is <prefix>/<stack>.tfstate",
  password: HTTP,
  token: 'remove it: terraform login keeps it',
  username: HTTP,
};

/**
 * The key of this tool that a word of another one stands for.
 * @param word what was written
 * @param known the keys that are allowed there
 * @returns the key, or undefined
 */
export function keyFor(word: string, known: readonly string[]): string | undefined {
  const keys = Object.hasOwn(KEYS, word.toLowerCase()) ? (KEYS[word.toLowerCase()] ?? []) : [];
  return keys.find((key) => known.includes(key));
}

/**
 * What to do about a word that no single key stands for.
 * @param word what was written
 * @param path of the map that it stands in
 * @returns what to do, or undefined
 */
export function adviceFor(word: string, path: readonly PropertyKey[]): string | undefined {
  const table = path.includes('backend') ? { ...ADVICE, ...OF_BACKEND } : ADVICE;
  return Object.hasOwn(table, word.toLowerCase()) ? table[word.toLowerCase()] : undefined;
}
