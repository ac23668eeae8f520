'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { Terraform } = require('./terraform.js');

const ansible = path.join(__dirname, '../ansible');

/** Ansible: one `ansible-playbook` for all guests. */
class Ansible {
  name = 'Ansible';

  constructor({ lab, scratch, guests, repository, template }) {
    this.lab = lab;
    this.repository = repository;
    this.guests = guests;
    this.folder = fs.mkdtempSync(path.join(scratch, 'ansible-'));
    // Somebody else has to create its guests.
    this.creator = new Terraform({ lab, scratch, guests, repository, template });
  }

  async playbook(title, ...args) {
    const vars = {
      ansible_user: 'root',
      ansible_ssh_private_key_file: this.lab.privateKey,
      app_env: 'dev',
      backend_port: 3001,
      frontend_port: 3000,
      branch: 'main',
      env_vars: { LOG_LEVEL: 'info', TITLE: title },
      repo: this.repository,
      ssh_public_keys: [this.lab.publicKey],
    };
    const hosts = Object.fromEntries(
      this.guests.map(({ name, address }) => [name, { ansible_host: address }]),
    );
    // JSON is YAML.
    const inventory = path.join(this.folder, 'inventory.yml');
    fs.writeFileSync(inventory, JSON.stringify({ all: { hosts, vars } }));
    await this.lab.run(
      'ansible-playbook',
      ['--inventory', inventory, path.join(ansible, 'site.yml'), ...args],
      {
        env: {
          ANSIBLE_CONFIG: path.join(ansible, 'ansible.cfg'),
          ANSIBLE_HOME: path.join(this.folder, 'home'),
          LC_ALL: 'C.UTF-8',
        },
      },
    );
  }

  provision() {
    return this.creator.provision();
  }

  first(title) {
    return this.playbook(title);
  }

  apply(title) {
    return this.playbook(title);
  }

  dryRun(title) {
    return this.playbook(title, '--check', '--diff');
  }

  remove() {
    return this.creator.remove();
  }
}

module.exports = { Ansible };
