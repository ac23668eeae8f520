import { spawn } from 'node:child_process';
import type { Socket } from 'node:dgram';
import type { Server } from 'node:net';
import type { Namespaces } from './namespaces';

/** Listens where it is started, hands the socket to its parent and ends. */
const LISTEN = `
const [kind, host, port] = process.argv.slice(1);
const udp = kind === 'udp';
const socket = udp ? require('node:dgram').createSocket('udp4') : require('node:net').createServer();
socket.on('error', (error) => {
  process.send({ error: error.message }, () => process.exit(1));
});
const ready = () => {
  process.send({ listening: true }, socket, () => process.disconnect());
};
if (udp) socket.bind(Number(port), host, ready);
else socket.listen({ host, port: Number(port) }, ready);
process.on('disconnect', () => process.exit(0));
`;

function open(namespaces: Namespaces, kind: 'tcp' | 'udp', host: string, port: number): Promise<unknown> {
  const command = namespaces.inNetwork([process.execPath, '-e', LISTEN, kind, host, String(port)]);
  const [file = '', ...args] = command;
  const failed = (why: string): Error => new Error(`cannot listen on ${host}:${String(port)}: ${why}`);
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { PATH: process.env.PATH },
    });
    child.on('error', reject);
    child.on('message', (message: { error?: string }, socket: unknown) => {
      if (message.error === undefined) resolve(socket);
      else reject(failed(message.error));
    });
    child.on('exit', (code) => {
      reject(failed(`exit code ${String(code)}`));
    });
  });
}

/**
 * Listens in the network of the guests; this process answers, though it is elsewhere itself.
 * @returns the listening socket; connections come as its `connection` events
 * @throws Error when the address or port cannot be had there
 */
export async function listenInside(namespaces: Namespaces, host: string, port: number): Promise<Server> {
  return (await open(namespaces, 'tcp', host, port)) as Server;
}

/**
 * Takes a UDP port in the network of the guests.
 * @returns the socket; datagrams come as its `message` events
 * @throws Error when the address or port cannot be had there
 */
export async function bindInside(namespaces: Namespaces, host: string, port: number): Promise<Socket> {
  return (await open(namespaces, 'udp', host, port)) as Socket;
}
