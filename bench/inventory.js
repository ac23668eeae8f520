'use strict';
/** The inventory that the benchmark runs on: any number of environments, all alike. */

/**
 * What tells the environments apart, also for the program of literals: both count from 1.
 * @param {number} index
 * @returns {{ project: string, env: string, vmid: number, address: string }}
 */
function environment(index) {
  const project = Math.ceil(index / 10);
  return {
    project: `project${String(project).padStart(4, '0')}`,
    env: `env${String(index).padStart(5, '0')}`,
    vmid: 100000 + index,
    address: `10.64.${1 + Math.floor(index / 250)}.${1 + (index % 250)}`,
  };
}

/**
 * @param {number} count how many environments; each project has ten
 * @returns {string} the inventory as YAML, with what examples/inventory.yml uses
 */
function inventoryOf(count) {
  const lines = [
    `proxmox_host: "{{ vault_proxmox_host | default('pve.example.lan') }}"`,
    'proxmox_token_id: terraform@pve!pvestack',
    `proxmox_token_secret: '{{ vault_proxmox_token_secret }}'`,
    `proxmox_node: "{{ vault_proxmox_node | default('pve') }}"`,
    'ssh_public_keys:',
    '  - ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExampleA ops@example.lan',
    'guest:',
    '  lxc_ostemplate: local:vztmpl/debian-12-standard_12.12-1_amd64.tar.zst',
    '  nameservers: [10.64.0.1]',
    '  searchdomain: example.lan',
    'app_projects:',
  ];
  for (let index = 1; index <= count; index++) {
    const { project, env, vmid, address } = environment(index);
    if (index % 10 === 1) {
      lines.push(
        `  ${project}:`,
        '    app_type: python',
        `    repo: git@git.example.lan:team/${project}.git`,
        `    git_deploy_key: '{{ vault_git_deploy_key }}'`,
        '    git_known_hosts:',
        '      - git.example.lan ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExampleB',
        '    env_vars:',
        '      SMTP_HOST: mail.example.lan',
        '      SMTP_PORT: 587',
        '    envs:',
      );
    }
    lines.push(
      `      ${env}:`,
      `        name: ${project}-${env}`,
      `        vmid: ${vmid}`,
      `        ip: ${address}/16`,
      '        gateway: 10.64.0.1',
      '        branch: main',
      '        env_vars:',
      '          LOG_LEVEL: info',
      `          DATABASE_URL: postgresql://app:{{ vault_${project}_${env}_db_password }}@localhost/app`,
    );
  }
  return `${lines.join('\n')}\n`;
}

module.exports = { environment, inventoryOf };
