import { spawn } from 'node:child_process';
import type { Server } from 'node:net';
import type { Namespaces } from './namespaces';

/** Listens where it is started, hands the socket to its parent and ends. */
const LISTEN = `
const [host, port] = process.argv.slice(1);
const server = require('node:net').createServer();
server.on('error', (error) => {
  process.send({ error: error.message }, () => process.exit(1));
});
server.listen({ host, port: Number(port) }, () => {
  process.send({ listening: true }, server, () => process.disconnect());
});
process.on('disconnect', () => process.exit(0));
`;

/**
 * Listens in the network of the guests; this process answers, though it is elsewhere itself.
 * @returns the listening socket; connections come as its `connection` events
 * @throws Error when the address or port cannot be had there
 */
export function listenInside(namespaces: Namespaces, host: string, port: number): Promise<Server> {
  const command = namespaces.inNetwork([process.execPath, '-e', LISTEN, host, String(port)]);
  const [file = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { PATH: process.env.PATH },
    });
    child.on('error', reject);
    child.on('message', (message: { error?: string }, server) => {
      if (message.error === undefined) resolve(server as Server);
      else reject(new Error(`cannot listen on ${host}:${String(port)}: ${message.error}`));
    });
    child.on('exit', (code) => {
      reject(new Error(`cannot listen on ${host}:${String(port)} (exit code ${String(code)})`));
    });
  });
}
