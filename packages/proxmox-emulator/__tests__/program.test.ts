import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const PROGRAM = join(__dirname, '..', 'bin', 'proxmox-emulator.js');

describe('the program proxmox-emulator', () => {
  it('runs until it is interrupted, and leaves no certificate behind', async () => {
    const child = spawn(process.execPath, [PROGRAM, '--port', '0', '--quiet'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    let certificate = '';
    for await (const line of createInterface({ input: child.stdout })) {
      certificate = /SSL_CERT_FILE=(.+)/.exec(line)?.[1] ?? certificate;
      if (line.includes('logs in with')) break;
    }
    expect(existsSync(certificate)).toBe(true);
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(existsSync(certificate)).toBe(false);
  });

  it.each([
    [['--help'], 0, /^Usage: proxmox-emulator \[options\]/, ''],
    [['--port', 'x'], 1, /^$/, '--port must be a whole number, not "x"\n'],
    [['--nodes', ''], 1, /^$/, '--nodes must name at least one, with commas between several\n'],
    [['--bridges', ','], 1, /^$/, '--bridges must name at least one, with commas between several\n'],
    [['--driver', 'x'], 1, /^$/, '--driver must be record or lxc, not "x"\n'],
  ])('%j', (args, code, out, err) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([code, err]);
    expect(stdout).toMatch(out);
  });
});
