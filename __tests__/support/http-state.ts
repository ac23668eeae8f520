import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server for Terraform's `http` backend, with basic authentication and locks, on loopback. */
export interface StateServer {
  /** e.g. `http://127.0.0.1:4711`; a state is at any path below it. */
  url: string;
  /** States by path, as they were sent. */
  states: Map<string, string>;
  stop(): Promise<void>;
}

/**
 * Starts one. Source: Terraform, "Backend Type: http".
 * @param user who may use it
 * @param password the user's
 * @returns the server, empty
 */
export async function serveStates(user: string, password: string): Promise<StateServer> {
  const states = new Map<string, string>();
  const locks = new Map<string, string>();
  const allowed = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const server = createServer((request, response) => {
    const { method = '', url = '' } = request;
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const answer = (status: number, text = ''): void => {
        response.writeHead(status).end(text);
      };
      const where = new URL(url, 'http://state').pathname;
      if (request.headers.authorization !== allowed) answer(401);
      else if (method === 'LOCK' && locks.has(where)) answer(423, locks.get(where));
      else if (method === 'LOCK') answer(200, (locks.set(where, body), ''));
      else if (method === 'UNLOCK') answer(200, (locks.delete(where), ''));
      else if (method === 'POST') answer(200, (states.set(where, body), ''));
      else if (method === 'DELETE') answer(200, (states.delete(where), ''));
      else if (method === 'GET' && states.has(where)) answer(200, states.get(where));
      else answer(method === 'GET' ? 404 : 405);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    states,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
}
