'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { Terraform } = require('./terraform.js');

/** Another tool, for which somebody else has to create the guests. A subclass has a `deploy(title, …args)`. */
class Peer {
  /** @param {string[]} dryRun arguments of a run that changes nothing and shows what it would */
  constructor(contest, dryRun) {
    const { lab, scratch, guests, repository } = contest;
    this.lab = lab;
    this.repository = repository;
    this.guests = guests;
    this.folder = fs.mkdtempSync(path.join(scratch, 'peer-'));
    this.creator = new Terraform(contest);
    this.dry = dryRun;
  }

  /** What the guests are to have. */
  wanted(title) {
    return {
      app_env: 'dev',
      backend_port: 3001,
      frontend_port: 3000,
      branch: 'main',
      env_vars: { LOG_LEVEL: 'info', TITLE: title },
      repo: this.repository,
      ssh_public_keys: [this.lab.publicKey],
    };
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
    return this.deploy(title, ...this.dry);
  }

  remove() {
    return this.creator.remove();
  }
}

module.exports = { Peer };
