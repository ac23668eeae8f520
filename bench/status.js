'use strict';
/** How long does `pvestack status` take, compared with one ssh call to each guest, all at a time? On real guests. */
require('../scripts/installed.js');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { startLab } = require('./lab.js');
const { median, printTable, ratio } = require('./measure.js');

const root = path.join(__dirname, '..');
const TEMPLATE = 'debian-12-baked_1_amd64.tar.zst';
const PACKAGES = [
  ...['ca-certificates', 'cron', 'curl', 'git', 'iproute2', 'jq', 'locales', 'openssh-server', 'sudo'],
  ...['tzdata', 'ufw', 'unattended-upgrades', 'nodejs', 'npm'],
];
const { values: options } = parseArgs({
  options: { guests: { type: 'string', default: '8' }, rounds: { type: 'string', default: '9' } },
});

const addressOf = (i) => `10.0.10.${101 + i}`;

function inventory(lab, count) {
  const envs = Array.from({ length: count }, (_none, i) => [
    `e${i}`,
    {
      name: `shop-${i}`,
      vmid: 501 + i,
      ip: `${addressOf(i)}/24`,
      gateway: '10.0.10.1',
      branch: 'main',
    },
  ]);
  return JSON.stringify({
    proxmox_host: lab.url,
    ssh_public_keys: [lab.publicKey],
    guest: { lxc_ostemplate: `local:vztmpl/${TEMPLATE}`, protection: false, memory: 512 },
    app_projects: { shop: { repo: 'git://10.0.10.1/app', envs: Object.fromEntries(envs) } },
  });
}

async function main() {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'pvestack-bench-'));
  let lab;
  try {
    lab = await startLab(scratch, { template: TEMPLATE, packages: PACKAGES });
    const repositories = path.join(scratch, 'repositories');
    const app = path.join(repositories, 'app');
    fs.cpSync(path.join(root, '__tests__/support/fixtures/node-app'), app, { recursive: true });
    const git = (...args) =>
      execFileSync('git', ['-C', app, '-c', 'user.name=dev', '-c', 'user.email=dev@example.lan', ...args]);
    git('init', '--quiet', '--initial-branch=main');
    git('add', '--all');
    git('commit', '--quiet', '--message=one');
    const daemon = path.join(execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim(), 'git-daemon');
    const stopGit = lab.serve(daemon, [
      ...['--export-all', '--reuseaddr', '--listen=10.0.10.1', `--base-path=${repositories}`],
      repositories,
    ]);
    const count = Number(options.guests);
    const config = { language: 'typescript', app: 'true', context: { inventory: 'inventory.yml' } };
    fs.writeFileSync(path.join(scratch, 'cdktf.json'), JSON.stringify(config));
    fs.writeFileSync(path.join(scratch, 'inventory.yml'), inventory(lab, count));
    const env = { TF_VAR_ssh_private_key_file: lab.privateKey };
    const pvestack = (...args) =>
      lab.run(process.execPath, [path.join(root, 'bin/pvestack.js'), ...args], { env });
    await pvestack('deploy', 'all', '--auto-approve', '--parallel', '2');

    const OPTIONS = `-F /dev/null -i ${lab.privateKey} -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR`;
    const calls = Array.from({ length: count }, (_none, i) => `ssh ${OPTIONS} root@${addressOf(i)} true &`);
    const contestants = {
      'ssh to each': () => lab.run('sh', ['-euc', `${calls.join(' ')} wait`]),
      'pvestack status': () => pvestack('status'),
      'one ssh': () => lab.run('sh', ['-euc', `ssh ${OPTIONS} root@${addressOf(0)} true`]),
      'status of one': () => pvestack('status', 'app-shop-e0'),
    };
    const results = Object.fromEntries(Object.keys(contestants).map((name) => [name, { seconds: [] }]));
    for (let round = 0; round < Number(options.rounds); round++) {
      const names = Object.keys(contestants);
      for (const name of round % 2 === 0 ? names : names.reverse()) {
        const started = process.hrtime.bigint();
        await contestants[name]();
        results[name].seconds.push(Number(process.hrtime.bigint() - started) / 1e9);
      }
    }
    console.log(`${count} guests, ${options.rounds} rounds, ${os.cpus().length} × ${os.cpus()[0].model}\n`);
    const times = (one, other) => `${ratio(results[one], results[other]).toFixed(2)}×`;
    printTable([
      ['', 'seconds', 'of ssh'],
      ...Object.entries(results).map(([name, result], i) => [
        name,
        median(result.seconds).toFixed(2),
        times(name, i < 2 ? 'ssh to each' : 'one ssh'),
      ]),
    ]);
    stopGit();
  } finally {
    if (lab) await lab.stop();
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
