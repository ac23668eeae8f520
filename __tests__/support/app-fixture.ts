import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LabOptions } from 'proxmox-emulator';
import type { RealLab } from './real-lab';
import { command, type Requirement } from './requirements';

const baked = (file: string, suite: string): Required<Pick<LabOptions, 'bases'>> => ({
  bases: {
    [file]: {
      suite,
      include: [
        ...['ca-certificates', 'cron', 'curl', 'git', 'iproute2', 'jq', 'locales', 'openssh-server', 'sudo'],
        ...['tzdata', 'ufw', 'unattended-upgrades', 'nodejs', 'npm'],
      ],
    },
  },
});
/** A template with the packages of base_os and of a Node application in it, for suites whose subject they are not. */
export const BAKED = baked('debian-12-baked_1_amd64.tar.zst', 'bookworm');
/** The same of Debian 13. */
export const BAKED_13 = baked('debian-13-baked_1_amd64.tar.zst', 'trixie');

/** Git, to make repositories and to serve them. */
export const git: Requirement = command('git');

const NODE_APP = path.join(__dirname, 'fixtures/node-app');

/** A small Node application: a backend with a migration and a health endpoint, a frontend that is built. */
export const APP: Readonly<Record<string, string>> = Object.fromEntries(
  readdirSync(NODE_APP, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.join(parentPath, name))
    .map((file) => [path.relative(NODE_APP, file), readFileSync(file, 'utf8')]),
);

/** A repository of an application, new and in a folder of its own. */
export class AppRepository {
  /** This one. */
  readonly folder: string;

  /**
   * @param branch the first branch
   * @param files what is in its first commit
   * @param name its folder's
   * @param base the folder in which repositories are; a new one without it
   */
  constructor(
    branch = 'dev',
    files: Readonly<Record<string, string>> = APP,
    name = 'app',
    readonly base = mkdtempSync(path.join(os.tmpdir(), 'repos-')),
  ) {
    this.folder = path.join(base, name);
    mkdirSync(this.folder);
    this.git('init', '--quiet', `--initial-branch=${branch}`);
    this.commit('one', files);
  }

  /** Runs git in it. @returns what git printed */
  git(...args: string[]): string {
    const identity = ['-c', 'user.name=dev', '-c', 'user.email=dev@example.lan'];
    return execFileSync('git', ['-C', this.folder, ...identity, ...args], { encoding: 'utf8' }).trim();
  }

  /**
   * Commits changes to the present branch.
   * @param message of the commit
   * @param files contents by path; undefined deletes a file or folder
   * @returns the commit
   */
  commit(message: string, files: Readonly<Record<string, string | undefined>> = {}): string {
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(this.folder, name);
      if (content === undefined) rmSync(file, { recursive: true });
      else {
        mkdirSync(path.dirname(file), { recursive: true });
        writeFileSync(file, content);
      }
    }
    this.git('add', '--all');
    this.git('commit', '--quiet', '--allow-empty', `--message=${message}`);
    return this.git('rev-parse', 'HEAD');
  }

  /** Takes the last commits of the present branch back. */
  undo(commits = 1): void {
    this.git('reset', '--quiet', '--hard', `HEAD~${commits}`);
  }

  /** Removes the folder. */
  remove(): void {
    rmSync(this.base, { recursive: true, force: true });
  }
}

/**
 * Starts a server in the network of the guests and waits until it listens on the lab's address there.
 * @param lab the lab
 * @param port it is to listen on
 * @param args its command line
 * @returns ends it
 */
export async function serve(lab: RealLab, port: number, args: readonly string[]): Promise<() => void> {
  const [file = '', ...rest] = lab.wrap(args);
  // A process group of its own, as git daemon has children.
  const server = spawn(file, rest, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  let errors = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const stop = (): void => {
    if (server.pid !== undefined && server.exitCode === null) process.kill(-server.pid, 'SIGTERM');
  };
  for (let tries = 0; tries < 200; tries++) {
    const listening = await lab.exec('ss', ['-Hltn', `sport = :${port}`]);
    if (listening.output.trim() !== '') return stop;
    await sleep(50);
  }
  stop();
  throw new Error(`${args.join(' ')} does not listen on port ${port}: ${errors}`);
}

/**
 * Serves a repository to the guests, e.g. as git://10.0.10.1/app.
 * @param lab the lab
 * @param repository what to serve
 * @param address where to, one of the bridge
 * @returns ends the server
 */
export function serveGit(lab: RealLab, { base }: AppRepository, address = '10.0.10.1'): Promise<() => void> {
  const daemon = path.join(execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim(), 'git-daemon');
  const options = ['--export-all', '--reuseaddr', `--listen=${address}`, `--base-path=${base}`, base];
  return serve(lab, 9418, [daemon, ...options]);
}

/** What a client saw that asked again and again. */
export interface Watch {
  requests: number;
  /** By URL: milliseconds from the first failure to the next success, for each window without answers. */
  windows: Record<string, number[]>;
}

/**
 * Asks URLs every 50 ms, each time by a new connection, from beside the guests.
 * @param lab the lab
 * @param urls what to ask; anything but a 2xx in time is a failure
 * @param options milliseconds that an answer may take, and the body of a POST instead of a GET
 * @returns ends it and says what it saw
 */
export async function watch(
  lab: RealLab,
  urls: readonly string[],
  { timeout = 1000, body }: { timeout?: number; body?: string } = {},
): Promise<() => Promise<Watch>> {
  const program = `
    const http = require('node:http');
    const urls = ${JSON.stringify(urls)};
    const seen = { requests: 0, windows: Object.fromEntries(urls.map((url) => [url, []])) };
    const failing = {};
    const note = (url, sent, well) => {
      if (!well) failing[url] ??= sent;
      else if (failing[url] !== undefined) {
        seen.windows[url].push(Date.now() - failing[url]);
        delete failing[url];
      }
    };
    const ask = (url) => new Promise((done) => {
      const sent = Date.now();
      seen.requests++;
      const method = ${JSON.stringify(body === undefined ? 'GET' : 'POST')};
      const request = http.request(url, { agent: false, method, timeout: ${timeout} }, (response) => {
        response.resume();
        response.on('close', () => done(note(url, sent, response.complete && response.statusCode < 300)));
      });
      request.on('timeout', () => request.destroy(new Error('timeout')));
      request.on('error', () => done(note(url, sent, false)));
      request.end(${JSON.stringify(body ?? '')});
    });
    let going = true;
    process.stdin.on('data', () => (going = false));
    const loop = async (url) => {
      while (going) await Promise.all([ask(url), new Promise((next) => setTimeout(next, 50))]);
    };
    console.log('');
    Promise.all(urls.map(loop)).then(() => {
      for (const [url, sent] of Object.entries(failing)) seen.windows[url].push(Date.now() - sent);
      console.log(JSON.stringify(seen));
      process.exit(0);
    });`;
  const [file = '', ...args] = lab.wrap([process.execPath, '-e', program]);
  const client = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  client.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = new Promise((resolve) => client.on('close', resolve));
  await new Promise((resolve) => client.stdout.once('data', resolve));
  return async () => {
    client.stdin.end('stop\n');
    await ended;
    return JSON.parse(output) as Watch;
  };
}
