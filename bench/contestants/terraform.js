'use strict';
const fs = require('node:fs');
const path = require('node:path');

const pvestack = path.join(__dirname, '../../bin/pvestack.js');

/** This app: `pvestack synth` and `terraform`, a run of it for each stack. */
class Terraform {
  name = 'terraform';

  constructor({ lab, scratch, guests, repository, template }) {
    this.lab = lab;
    this.repository = repository;
    this.template = template;
    this.guests = guests;
    this.folder = fs.mkdtempSync(path.join(scratch, 'pvestack-'));
    fs.writeFileSync(path.join(this.folder, 'cdktf.json'), '{"language": "typescript", "app": "true"}');
  }

  /** An inventory of its guests as YAML; with `configure: false` they are only created. */
  write({ title, configure = true }) {
    const envs = this.guests.map(
      ({ name, vmid, address }, index) =>
        `      env${index + 1}: {name: ${name}, vmid: ${vmid}, ip: ${address}/24, gateway: 10.0.10.1, branch: main}`,
    );
    const [, project] = this.guests[0].stack.split('-');
    const lines = [
      `proxmox_host: ${this.lab.url}`,
      `ssh_public_keys: [${this.lab.publicKey}]`,
      `configure: ${configure}`,
      `guest: {memory: 512, lxc_ostemplate: "local:vztmpl/${this.template}"}`,
      'app_projects:',
      `  ${project}:`,
      `    repo: ${this.repository}`,
      '    backend_health_path: /health',
      `    env_vars: {TITLE: ${title}, LOG_LEVEL: info}`,
      '    envs:',
      ...envs,
    ];
    fs.writeFileSync(path.join(this.folder, 'inventory.yml'), `${lines.join('\n')}\n`);
  }

  async terraform(command, ...args) {
    await Promise.all(
      this.guests.map(({ stack }) =>
        this.lab.run('terraform', [command, '-no-color', '-input=false', ...args], {
          cwd: path.join(this.folder, 'cdktf.out/stacks', stack),
          env: { TF_VAR_ssh_private_key_file: this.lab.privateKey, TF_IN_AUTOMATION: '1' },
        }),
      ),
    );
  }

  async synth() {
    await this.lab.run(process.execPath, [pvestack, 'synth'], {
      cwd: this.folder,
      env: { APP_INVENTORY: 'inventory.yml' },
    });
  }

  async provision() {
    this.write({ title: 'none', configure: false });
    await this.synth();
    await this.terraform('init');
    await this.terraform('apply', '-auto-approve');
  }

  async first(title) {
    this.write({ title });
    await this.synth();
    await this.terraform('init');
    await this.terraform('apply', '-auto-approve');
  }

  async apply(title) {
    this.write({ title });
    await this.synth();
    await this.terraform('apply', '-auto-approve');
  }

  async dryRun(title) {
    this.write({ title });
    await this.synth();
    await this.terraform('plan');
  }

  async remove() {
    await this.terraform('destroy', '-auto-approve');
  }
}

module.exports = { Terraform };
