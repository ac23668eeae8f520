'use strict';
const path = require('node:path');
const { Terraform } = require('./terraform.js');

const pvestack = path.join(__dirname, '../../bin/pvestack.js');

/** This app as typed: `pvestack deploy`, one run for all stacks. */
class Direct extends Terraform {
  name = 'pvestack';

  async pvestack(...args) {
    await this.lab.run(process.execPath, [pvestack, ...args, ...this.guests.map(({ stack }) => stack)], {
      cwd: this.folder,
      env: { APP_INVENTORY: 'inventory.yml', TF_VAR_ssh_private_key_file: this.lab.privateKey },
    });
  }

  async apply(title) {
    this.write({ title });
    await this.pvestack('deploy', '--auto-approve', '--parallel', '8');
  }

  first(title) {
    return this.apply(title);
  }

  async dryRun(title) {
    this.write({ title });
    await this.pvestack('plan', '--parallel', '8');
  }
}

module.exports = { Direct };
