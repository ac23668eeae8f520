'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { Peer } = require('./peer.js');

/** pyinfra: one run for all guests. */
class Pyinfra extends Peer {
  name = 'pyinfra';

  constructor(contest) {
    super(contest, ['--dry', '--diff']);
  }

  async deploy(title, ...args) {
    const data = {
      ssh_user: 'root',
      ssh_key: this.lab.privateKey,
      ssh_strict_host_key_checking: 'no',
      ssh_known_hosts_file: path.join(this.folder, 'known_hosts'),
      ...this.wanted(title),
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
}

module.exports = { Pyinfra };
