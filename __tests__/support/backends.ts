import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A server that keeps states. */
interface Server {
  port: number;
  stop(): unknown;
}

/** A port that is free now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await done()) return;
    await sleep(100);
  }
  throw new Error('it did not start within 20 s');
}

/**
 * Starts moto's S3 server on loopback with a bucket `states`.
 * @returns the server
 */
export async function serveS3(): Promise<Server> {
  const port = await freePort();
  const server = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  const bucket = `http://127.0.0.1:${port}/states`;
  await until(async () => (await fetch(bucket, { method: 'PUT' }).catch(() => undefined))?.ok ?? false);
  return { port, stop: () => server.kill() };
}

/**
 * Starts PostgreSQL on loopback with an empty database `states`, whose user `states` needs no password.
 * @returns the server
 */
export async function servePostgres(): Promise<Server> {
  const port = await freePort();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'pg-'));
  // PostgreSQL refuses to run as root.
  const asUser =
    process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];
  if (asUser.length > 0) execFileSync('chown', ['65534:65534', folder]);
  chmodSync(folder, 0o700);
  const run = (name: string, ...args: string[]): [string, string[]] => {
    const [file = name, ...rest] = [...asUser, name, ...args];
    return [file, rest];
  };
  const data = path.join(folder, 'data');
  execFileSync(...run('initdb', '-A', 'trust', '-U', 'states', '-D', data), { stdio: 'ignore', cwd: '/' });
  const server = spawn(
    ...run(
      'postgres',
      '-D',
      data,
      '-p',
      String(port),
      '-c',
      'listen_addresses=127.0.0.1',
      '-k',
      folder,
      '-c',
      'fsync=off',
    ),
    { stdio: 'ignore', cwd: '/' },
  );
  const url = `postgres://states@127.0.0.1:${port}/postgres`;
  await until(() => {
    try {
      execFileSync('psql', [url, '-qc', 'create database states'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
  return {
    port,
    stop: async () => {
      const ended = new Promise((resolve) => server.on('exit', resolve));
      server.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
