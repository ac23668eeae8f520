'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { Terraform } = require('./terraform.js');

/** pyinfra: one run for all guests. */
class Pyinfra {
  name = 'pyinfra';

  constructor({ lab, scratch, guests, repository, template }) {
    this.lab = lab;
    this.repository = repository;
    this.guests = guests;
    this.folder = fs.mkdtempSync(path.join(scratch, 'pyinfra-'));
    // Somebody else has to create its guests.
    this.creator = new Terraform({ lab, scratch, guests, repository, template });
  }

  async deploy(title, ...args) {
    const data = {
      ssh_user: 'root',
      ssh_key: this.lab.privateKey,
      ssh_strict_host_key_checking: 'no',
      ssh_known_hosts_file: path.join(this.folder, 'known_hosts'),
      app_env: 'dev',
      backend_port: 3001,
      frontend_port: 3000,
      branch: 'main',
      env_vars: { LOG_LEVEL: 'info', TITLE: title },
      repo: this.repository,
      public_keys: [this.lab.publicKey],
    };
    // Of texts, numbers, lists and maps JSON is Python.
    const hosts = this.guests.map(
      ({ address }) => `    (${JSON.stringify(address)}, ${JSON.stringify(data)}),`,
    );
    const inventory = path.join(this.folder, 'inventory.py');
    fs.writeFileSync(inventory, ['guests = [', ...hosts, ']', ''].join('\n'));
    await this.lab.run('pyinfra', ['-y', inventory, 'site.py', ...args], {
      cwd: path.join(__dirname, '../pyinfra'),
      env: { PYTHONDONTWRITEBYTECODE: '1', LC_ALL: 'C.UTF-8' },
    });
  }

  provision() {
    return this.creator.provision();
  }

  first(title) {
    return this.deploy(title);
  }

  apply(title) {
    return this.deploy(title);
  }

  dryRun(title) {
    return this.deploy(title, '--dry', '--diff');
  }

  remove() {
    return this.creator.remove();
  }
}

module.exports = { Pyinfra };
