'use strict';
/**
 * How long does a change take to reach a guest? Compares this app with Ansible on real guests, side by side: the same
 * base system, firewall, units and release of the same application. See README.md.
 */
require('../scripts/installed.js');
const { execFileSync, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { startLab } = require('./lab.js');
const { median, printTable, ratio } = require('./measure.js');

const root = path.join(__dirname, '..');
const pvestack = path.join(root, 'bin/pvestack.js');
const TEMPLATE = 'debian-12-bench_1_amd64.tar.zst';
/** What both install anyway, and Ansible's Python: what is measured is configuration, not the download of packages. */
const PACKAGES = [
  ...[
    'ca-certificates',
    'cron',
    'curl',
    'git',
    'iproute2',
    'jq',
    'locales',
    'nodejs',
    'npm',
    'openssh-server',
  ],
  ...['python3', 'python3-apt', 'sudo', 'tzdata', 'ufw', 'unattended-upgrades'],
];
const REPO = 'git://10.0.10.1/app';

const { values: options } = parseArgs({
  options: { guests: { type: 'string', default: '1' }, rounds: { type: 'string', default: '3' } },
});
const GUESTS = Number(options.guests);
const ROUNDS = Number(options.rounds);

/** @typedef {{ stack: string, name: string, address: string, vmid: number }} Guest */

/** The guests of a contestant; at most 50. */
function guestsOf(project, first) {
  return Array.from({ length: GUESTS }, (_none, index) => ({
    stack: `app-${project}-env${index + 1}`,
    name: `${project}-${index + 1}`,
    vmid: 500 + first + index,
    address: `10.0.10.${first + index}`,
  }));
}

/** The application's repository; each commit is a new version of its backend. */
class Repository {
  constructor(scratch) {
    this.base = path.join(scratch, 'repositories');
    this.folder = path.join(this.base, 'app');
    fs.cpSync(path.join(root, '__tests__/support/fixtures/node-app'), this.folder, { recursive: true });
    this.git('init', '--quiet', '--initial-branch=main');
    this.commit('one');
  }

  git(...args) {
    const identity = ['-c', 'user.name=dev', '-c', 'user.email=dev@example.lan'];
    execFileSync('git', ['-C', this.folder, ...identity, ...args]);
  }

  commit(version) {
    fs.writeFileSync(path.join(this.folder, 'backend/version'), version);
    this.git('add', '--all');
    this.git('commit', '--quiet', '--allow-empty', `--message=${version}`);
  }
}

/** This app: `pvestack synth` and `terraform`, a run of it for each stack. */
class Pvestack {
  name = 'pvestack';

  constructor(lab, scratch, guests) {
    this.lab = lab;
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
      `guest: {memory: 512, lxc_ostemplate: "local:vztmpl/${TEMPLATE}"}`,
      'app_projects:',
      `  ${project}:`,
      `    repo: ${REPO}`,
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

/** Ansible: one `ansible-playbook` for all guests. */
class Ansible {
  name = 'Ansible';

  constructor(lab, scratch, guests) {
    this.lab = lab;
    this.guests = guests;
    this.folder = fs.mkdtempSync(path.join(scratch, 'ansible-'));
    // Somebody else has to create its guests.
    this.creator = new Pvestack(lab, scratch, guests);
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
      repo: REPO,
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
      ['--inventory', inventory, path.join(root, 'bench/ansible/site.yml'), ...args],
      {
        env: {
          ANSIBLE_CONFIG: path.join(root, 'bench/ansible/ansible.cfg'),
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

/** What is measured, in this order on the same guests: how a contestant does it, and what the guests have to say then. */
const STEPS = [
  { name: 'first configuration and release', run: (one) => one.first('Shop'), serves: ['Shop', 'one'] },
  { name: 'nothing to do', run: (one) => one.apply('Shop'), serves: ['Shop', 'one'] },
  { name: 'dry run of one env value', run: (one) => one.dryRun('Store'), serves: ['Shop', 'one'] },
  { name: 'one env value, units restarted', run: (one) => one.apply('Store'), serves: ['Store', 'one'] },
  {
    name: 'a new commit, built and released',
    before: (repository) => repository.commit('two'),
    run: (one) => one.apply('Store'),
    serves: ['Store', 'two'],
  },
];

/** Whether the guests of a contestant serve what they should. @throws Error that says what they serve instead */
async function verify(lab, { name, guests }, [title, version]) {
  for (const { address } of guests) {
    const ask = (what) =>
      lab.run('curl', ['-fsS', '--retry', '20', '--retry-connrefused', `http://${address}:${what}`]);
    const served = [JSON.parse(await ask('3001/env')).TITLE, await ask('3001/')];
    if (served[0] !== title || served[1] !== version) {
      throw new Error(`${name}: ${address} serves ${served.join(', ')}, not ${title}, ${version}`);
    }
    await ask('3000/');
  }
}

async function main() {
  const missing = ['terraform', 'ansible-playbook', 'git', 'ssh-keygen', 'curl'].filter(
    (command) => spawnSync('sh', ['-c', `command -v ${command}`]).status !== 0,
  );
  if (missing.length > 0) throw new Error(`this benchmark needs ${missing.join(', ')}`);
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'pvestack-bench-'));
  let lab;
  try {
    lab = await startLab(scratch, { template: TEMPLATE, packages: PACKAGES });
    const results = STEPS.map(() => ({ pvestack: { seconds: [] }, Ansible: { seconds: [] } }));
    for (let round = 0; round < ROUNDS; round++) {
      const folder = fs.mkdtempSync(path.join(scratch, 'round-'));
      const repository = new Repository(folder);
      const git = execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim();
      const stopGit = lab.serve(path.join(git, 'git-daemon'), [
        ...[
          '--export-all',
          '--reuseaddr',
          '--listen=10.0.10.1',
          `--base-path=${repository.base}`,
          repository.base,
        ],
      ]);
      const contestants = [
        new Pvestack(lab, folder, guestsOf('ours', 101)),
        new Ansible(lab, folder, guestsOf('theirs', 151)),
      ];
      for (const one of contestants) {
        await one.provision();
        await Promise.all(one.guests.map(({ address }) => lab.ssh(address, 'apt-get -qq update')));
      }
      for (const [index, { before, run, serves }] of STEPS.entries()) {
        before?.(repository);
        for (const one of round % 2 === 0 ? contestants : [...contestants].reverse()) {
          const start = performance.now();
          await run(one);
          results[index][one.name].seconds.push((performance.now() - start) / 1000);
          await verify(lab, one, serves);
        }
      }
      for (const one of contestants) await one.remove();
      stopGit();
      console.error(`round ${round + 1} of ${ROUNDS}`);
    }
    const [cpu] = os.cpus();
    const count = (number, word) => `${number} ${word}${number === 1 ? '' : 's'}`;
    console.log(`${count(GUESTS, 'guest')}, ${count(ROUNDS, 'round')}, ${os.cpus().length} × ${cpu.model}\n`);
    printTable([
      ['', 'pvestack', 'Ansible', 'Ansible / pvestack'],
      ...STEPS.map(({ name }, index) => {
        const { pvestack: ours, Ansible: theirs } = results[index];
        return [
          name,
          `${median(ours.seconds).toFixed(1)} s`,
          `${median(theirs.seconds).toFixed(1)} s`,
          `${ratio(theirs, ours).toFixed(1)}×`,
        ];
      }),
    ]);
  } finally {
    await lab?.stop();
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
