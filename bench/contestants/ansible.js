'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { Peer } = require('./peer.js');

const ansible = path.join(__dirname, '../ansible');

/** Ansible: one `ansible-playbook` for all guests. */
class Ansible extends Peer {
  name = 'Ansible';

  constructor(contest) {
    super(contest, ['--check', '--diff']);
  }

  async deploy(title, ...args) {
    const vars = {
      ansible_user: 'root',
      ansible_ssh_private_key_file: this.lab.privateKey,
      ...this.wanted(title),
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
}

module.exports = { Ansible };
