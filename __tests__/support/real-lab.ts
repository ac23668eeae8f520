import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DEFAULT_TOKEN,
  missingForGuests,
  startLxcEmulator,
  type Emulator,
  type EmulatorOptions,
  type LabOptions,
} from 'proxmox-emulator';
import { callApi, type ApiParams } from './api';
import type { Requirement } from './requirements';
import { runCommand, Workspace, type Outcome } from './workspace';

/** Root on Linux with lxc and mmdebstrap, where namespaces can really be made and overlay file systems mounted. */
export const realGuests: Requirement = {
  name: 'real LXC guests (Linux, root, lxc, mmdebstrap)',
  met: () => {
    if (missingForGuests().length > 0) return false;
    try {
      const probe =
        'mount -t tmpfs tmpfs /mnt && mkdir /mnt/u /mnt/w && mount -t overlay overlay -o lowerdir=/etc,upperdir=/mnt/u,workdir=/mnt/w /mnt && ip link add vmbr0 type bridge';
      execFileSync('unshare', ['--mount', '--net', '--pid', '--cgroup', '--fork', 'sh', '-euc', probe], {
        stdio: 'ignore',
      });
      return true;
    } catch {
      return false;
    }
  },
};

/** An emulated Proxmox VE whose guests are real, one for all tests of a file. */
export interface RealLab {
  emulator: Emulator;
  /** Runs terraform in the network of the guests, with the emulator's token and certificate in its environment. */
  workspace: Workspace;
  /** A key pair made for this run. */
  publicKey: string;
  /** Path of its private half. */
  privateKey: string;
  /** The exports of the emulator: endpoint, token, certificate. */
  env: NodeJS.ProcessEnv;
  /** The command line that runs a command in the network of the guests. */
  wrap(command: readonly string[]): string[];
  /** Runs a command of this machine in the network of the guests, with {@link env} in its environment. */
  exec(
    file: string,
    args: readonly string[],
    options?: { env?: NodeJS.ProcessEnv; cwd?: string },
  ): Promise<Outcome>;
  /**
   * Runs a POSIX sh script as root on a guest.
   * @param guest its address, or its VMID
   */
  ssh(guest: string | number, script: string): Promise<Outcome>;
  /**
   * Runs a command line of an operator's machine, whose ssh and scp know the guests.
   * @param line for a shell
   */
  shell(line: string): Promise<Outcome>;
  /** Waits until a guest answers over SSH (as `ssh` takes it). @returns the milliseconds that it took */
  waitForSsh(guest: string | number, timeoutMs?: number): Promise<number>;
  /**
   * Asks the API; where the answer is a task, waits for its end.
   * @param path below `/api2/json`
   * @returns the answer's data @throws Error for a refusal or a failed task
   */
  api(method: string, path: string, params?: ApiParams): Promise<unknown>;
  /**
   * Creates and starts a container through the API, and waits for SSH.
   * @param address with prefix length
   * @param params options of the request that add to sensible defaults, or take one away (undefined)
   */
  addGuest(vmid: number, address: string, params?: ApiParams): Promise<void>;
}

/** What a suite does with one stack again and again; each expects that it goes well. */
interface Stack {
  /** Runs a POSIX sh script as root on its guest. @returns what it printed, without spaces around it */
  ssh(script: string): Promise<string>;
  /** Deploys it by terraform. */
  apply(...args: string[]): Promise<Outcome>;
  /** That a plan has nothing to do. */
  nothingToDo(): Promise<void>;
}

/**
 * The everyday life of one stack.
 * @param lab the lab
 * @param name the stack
 * @param guest its guest, as `ssh` of the lab takes it
 * @returns what a suite does with it
 */
export function stackIn(lab: RealLab, name: string, guest: string | number): Stack {
  return {
    ssh: async (script) => {
      const { code, output } = await lab.ssh(guest, script);
      expect([code, output]).toEqual([0, output]);
      return output.trim();
    },
    apply: async (...args) => {
      const outcome = await lab.workspace.apply(name, ...args);
      expect([outcome.code, outcome.output]).toEqual([0, expect.stringContaining('Apply complete!')]);
      return outcome;
    },
    nothingToDo: async () => {
      const { code, output } = await lab.workspace.plan(name);
      expect([code, output]).toEqual([0, expect.stringContaining('No changes.')]);
    },
  };
}

const SSH_OPTIONS = [
  'BatchMode=yes',
  'StrictHostKeyChecking=no',
  'UserKnownHostsFile=/dev/null',
  'GlobalKnownHostsFile=/dev/null',
  'LogLevel=ERROR',
  'ConnectTimeout=3',
].flatMap((option) => ['-o', option]);

/**
 * Sets a lab up before the tests of the suite and takes it down after. Base images are built first where the cache
 * lacks them, which takes minutes: set the suite's timeout accordingly.
 * @param options of the emulator and of the lab
 * @returns the lab; its parts are there while tests run
 */
export function useRealLab(options: { emulator?: EmulatorOptions; lab?: LabOptions } = {}): RealLab {
  let folder: string;
  const lab = {} as RealLab;

  const addressOf = (guest: string | number): string => {
    if (typeof guest === 'string') return guest;
    const net0 = String(lab.emulator.state.guests.get(guest)?.config.get('net0') ?? '');
    return /(?:^|,)ip=([\d.]+)/.exec(net0)?.[1] ?? '';
  };
  lab.exec = (file, args, more = {}) => {
    const [wrapped = '', ...rest] = lab.wrap([file, ...args]);
    const env = { ...process.env, ...lab.env, ...more.env };
    return runCommand(wrapped, rest, { cwd: more.cwd ?? folder, env });
  };
  lab.ssh = (guest, script) =>
    lab.exec('ssh', ['-i', lab.privateKey, ...SSH_OPTIONS, `root@${addressOf(guest)}`, script]);
  lab.shell = (line) => {
    const words = ['-i', lab.privateKey, ...SSH_OPTIONS].join(' ');
    const named = `ssh() { command ssh ${words} "$@"; }\nscp() { command scp -q ${words} "$@"; }\n`;
    return lab.exec('sh', ['-euc', named + line]);
  };
  lab.waitForSsh = async (guest, timeoutMs = 30_000) => {
    const started = Date.now();
    let last: Outcome;
    do {
      last = await lab.ssh(guest, 'true');
      if (last.code === 0) return Date.now() - started;
      await sleep(50);
    } while (Date.now() - started < timeoutMs);
    throw new Error(`guest ${String(guest)} does not answer over SSH: ${last.output}`);
  };
  lab.api = (method, where, params) => callApi(lab.emulator, method, where, params);
  lab.addGuest = async (vmid, address, params = {}) => {
    const node = lab.emulator.state.nodes[0]?.name ?? 'pve';
    await lab.api('POST', `/nodes/${node}/lxc`, {
      vmid: String(vmid),
      ostemplate: 'local:vztmpl/debian-12-standard_12.12-1_amd64.tar.zst',
      storage: 'local-lvm',
      hostname: `guest-${String(vmid)}`,
      features: 'nesting=1',
      net0: `name=eth0,bridge=vmbr0,ip=${address},gw=10.0.10.1`,
      'ssh-public-keys': lab.publicKey,
      start: '1',
      ...params,
    });
    if ((params['start'] ?? '1') === '1') await lab.waitForSsh(address.split('/')[0] ?? '');
  };

  beforeAll(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'lab-'));
    lab.privateKey = path.join(folder, 'key');
    execFileSync('ssh-keygen', [
      '-q',
      '-t',
      'ed25519',
      '-N',
      '',
      '-C',
      'ops@example.lan',
      '-f',
      lab.privateKey,
    ]);
    lab.publicKey = readFileSync(`${lab.privateKey}.pub`, 'utf8').trim();
    const certFile = path.join(folder, 'ca.pem');
    const started = await startLxcEmulator({ taskMs: 20, ...options.emulator, certFile }, options.lab);
    lab.emulator = started.emulator;
    lab.wrap = (command) => started.lab.namespaces.inNetwork(command);
    lab.env = {
      PROXMOX_VE_ENDPOINT: lab.emulator.url,
      PROXMOX_VE_API_TOKEN: DEFAULT_TOKEN,
      SSL_CERT_FILE: certFile,
    };
    lab.workspace = new Workspace({ PROXMOX_VE_API_TOKEN: DEFAULT_TOKEN, SSL_CERT_FILE: certFile }, lab.wrap);
  });

  afterAll(async () => {
    await lab.emulator.stop();
    lab.workspace.remove();
    rmSync(folder, { recursive: true, force: true });
  });
  return lab;
}
