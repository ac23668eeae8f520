'use strict';
/**
 * How long does a change take to reach a guest? Compares this app, as typed and by terraform alone, with Ansible and
 * pyinfra on real guests, side by side: the same base system, firewall, units and release of the same application. See
 * README.md.
 */
require('../scripts/installed.js');
const { execFileSync, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { Ansible } = require('./contestants/ansible.js');
const { Direct } = require('./contestants/direct.js');
const { Pyinfra } = require('./contestants/pyinfra.js');
const { Terraform } = require('./contestants/terraform.js');
const { startLab } = require('./lab.js');
const { median, printTable, ratio } = require('./measure.js');

const root = path.join(__dirname, '..');
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
  options: {
    guests: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
  },
});
const GUESTS = Number(options.guests);
const ROUNDS = Number(options.rounds);

/** The first one is what the others are compared with. */
const ALL = [Direct, Terraform, Ansible, Pyinfra];
const only = options.only === '' ? [] : options.only.split(',');
const CONTESTANTS = ALL.filter(({ name }) => only.length === 0 || only.includes(name.toLowerCase()));
if (CONTESTANTS.length === 0 || (only.length > 0 && CONTESTANTS.length !== only.length)) {
  console.error(`--only takes some of ${ALL.map(({ name }) => name.toLowerCase()).join(', ')}`);
  process.exit(2);
}

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
  const missing = ['terraform', 'ansible-playbook', 'pyinfra', 'git', 'ssh-keygen', 'curl'].filter(
    (command) => spawnSync('sh', ['-c', `command -v ${command}`]).status !== 0,
  );
  if (missing.length > 0) throw new Error(`this benchmark needs ${missing.join(', ')}`);
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'pvestack-bench-'));
  let lab;
  try {
    lab = await startLab(scratch, { template: TEMPLATE, packages: PACKAGES });
    /** By step, by contestant. */
    const results = STEPS.map(() => ({}));
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
      const contestants = CONTESTANTS.map(
        (Contestant, index) =>
          new Contestant({
            lab,
            scratch: folder,
            guests: guestsOf(`contestant${index + 1}`, 11 + 50 * index),
            repository: REPO,
            template: TEMPLATE,
          }),
      );
      for (const one of contestants) {
        await one.provision();
        await Promise.all(one.guests.map(({ address }) => lab.ssh(address, 'apt-get -qq update')));
      }
      for (const [index, { before, run, serves }] of STEPS.entries()) {
        before?.(repository);
        for (const one of round % 2 === 0 ? contestants : [...contestants].reverse()) {
          const start = performance.now();
          await run(one);
          (results[index][one.name] ??= { seconds: [] }).seconds.push((performance.now() - start) / 1000);
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
    const [ours, ...others] = Object.keys(results[0]);
    printTable([
      ['', ours, ...others.flatMap((name) => [name, `/ ${ours}`])],
      ...STEPS.map(({ name }, index) => {
        const step = results[index];
        const seconds = (one) => `${median(step[one].seconds).toFixed(1)} s`;
        return [
          name,
          seconds(ours),
          ...others.flatMap((one) => [seconds(one), `${ratio(step[one], step[ours]).toFixed(1)}×`]),
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
