'use strict';
/** Real guests for a benchmark: the emulator with its driver for LXC, keys, and a git server beside the guests. */
const { execFileSync, spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');

/**
 * @typedef {object} Lab
 * @property {Record<string, string>} env what terraform and ssh need to reach it
 * @property {string} url of the Proxmox API
 * @property {string} publicKey
 * @property {string} privateKey path of the private half
 * @property {(command: string, args: string[], options?: object) => Promise<string>} run runs a command in the
 *   network of the guests and gives its output; an Error with it where the command fails
 * @property {(address: string, script: string) => Promise<string>} ssh runs a script as root on a guest
 * @property {(command: string, args: string[]) => () => void} serve starts a server there; the result ends it
 * @property {() => Promise<void>} stop ends the guests
 */

/**
 * @param {string} scratch an existing folder
 * @param {{ template: string, packages: string[] }} base the template of the guests: Debian 12 with packages
 * @returns {Promise<Lab>}
 * @throws Error with the emulator's message where this machine cannot have guests
 */
async function startLab(scratch, { template, packages }) {
  const privateKey = path.join(scratch, 'key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'ops@example.lan', '-f', privateKey]);
  const emulator = spawn(
    process.execPath,
    [
      path.join(root, 'bin/pvestack.js'),
      ...['emulator', '--driver', 'lxc', '--port', '0', '--quiet', '--task-ms', '20'],
      ...['--cert', path.join(scratch, 'ca.pem'), '--base', `${template}=bookworm:${packages.join(',')}`],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  await new Promise((resolve, reject) => {
    const take = (chunk) => {
      output += chunk;
      if (/nsenter .* bash\n/.test(output)) resolve();
    };
    emulator.stdout.on('data', take);
    emulator.stderr.on('data', take);
    emulator.on('exit', () => reject(new Error(`no guests here: ${output.trim()}`)));
  });
  const env = Object.fromEntries(
    [...output.matchAll(/export (\w+)='?([^'\n]+)'?/g)].map(([, name, value]) => [name, value]),
  );
  const [, enter] = /^\s*(nsenter .*) bash$/m.exec(output);
  const [file, ...words] = enter.split(' ');

  const run = (command, args, options = {}) =>
    new Promise((resolve, reject) => {
      const child = spawn(file, [...words, command, ...args], {
        cwd: options.cwd ?? scratch,
        env: { ...process.env, CHECKPOINT_DISABLE: '1', ...env, ...options.env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let text = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      }
      child.on('error', reject);
      child.on('close', (code) => {
        if (code === 0) resolve(text);
        else reject(new Error(`${command} ${args.join(' ')} failed:\n${text}`));
      });
    });
  const servers = [];
  const SSH = [
    'BatchMode=yes',
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    'ConnectionAttempts=20',
    'LogLevel=ERROR',
  ];
  return {
    env,
    url: env.PROXMOX_VE_ENDPOINT,
    privateKey,
    publicKey: fs.readFileSync(`${privateKey}.pub`, 'utf8').trim(),
    run,
    ssh: (address, script) =>
      run('ssh', ['-i', privateKey, ...SSH.flatMap((option) => ['-o', option]), `root@${address}`, script]),
    serve: (command, args) => {
      const server = spawn(file, [...words, command, ...args], { stdio: 'ignore', detached: true });
      // Where the benchmark fails it is not to wait for its servers.
      server.unref();
      servers.push(server);
      return () => process.kill(-server.pid, 'SIGTERM');
    },
    stop: async () => {
      for (const { exitCode, signalCode, pid } of servers) {
        if (exitCode === null && signalCode === null) process.kill(-pid, 'SIGTERM');
      }
      emulator.removeAllListeners('exit');
      const ended = new Promise((resolve) => emulator.once('exit', resolve));
      emulator.kill('SIGTERM');
      await ended;
    },
  };
}

module.exports = { startLab };
