import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';

/** An object of JSON:API. */
interface Resource {
  id: string;
  type: string;
  attributes: Record<string, unknown>;
  relationships?: Record<string, { data: unknown }>;
}

/** The part of HCP Terraform's API that makes workspaces and variables, on loopback. */
export interface TfeServer {
  /** Address and port. */
  hostname: string;
  /** For NODE_EXTRA_CA_CERTS. */
  caFile: string;
  /** The objects by the path of their list. */
  lists: Map<string, Resource[]>;
  stop(): Promise<void>;
}

/** Lists, with what a new object must have. Source: HCP Terraform, API: workspaces, workspace variables, variable sets. */
const LISTS: [pattern: RegExp, needs: readonly string[]][] = [
  [/^\/organizations\/team\/workspaces$/, ['name']],
  [/^\/organizations\/team\/varsets$/, ['name']],
  [/^\/workspaces\/ws-\d+\/vars$/, ['key', 'category']],
  [/^\/varsets\/varset-\d+\/relationships\/vars$/, ['key', 'category']],
];

/**
 * Starts one with the organization `team`, which has a project `apps`. It refuses what the API refuses: a wrong token, a
 * body of another type, an object that is there already.
 * @param token of its user
 * @returns the server, empty
 */
export async function serveTfe(token: string): Promise<TfeServer> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tfe-'));
  const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
  const names = ['-subj', '/CN=tfe', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...names, '-keyout', key, '-out', cert],
    { stdio: 'ignore' },
  );
  const lists = new Map<string, Resource[]>();
  let ids = 0;
  const handle = (method: string, where: string, data: unknown): [status: number, data?: unknown] => {
    const item = data as Partial<Resource> | undefined;
    const named = /^\/organizations\/team\/workspaces\/([^/]+)$/.exec(where)?.[1];
    const workspaces = lists.get('/organizations/team/workspaces') ?? [];
    if (where === '/organizations/team/projects')
      return [200, [{ id: 'prj-1', attributes: { name: 'apps' } }]];
    if (named !== undefined) {
      const found = workspaces.find(({ attributes }) => attributes['name'] === named);
      if (!found) return [404];
      if (method === 'PATCH') Object.assign(found.attributes, item?.attributes);
      return [200, found];
    }
    const members = /^\/varsets\/(varset-\d+)\/relationships\/workspaces$/.exec(where)?.[1];
    if (members !== undefined) return [204];
    const [, list = where, id] = /^(.*\/vars)\/(var-\d+)$/.exec(where) ?? [];
    const kind = LISTS.find(([pattern]) => pattern.test(list));
    if (!kind) return [404];
    const known = lists.get(list) ?? [];
    if (method === 'GET') return [200, known];
    if (kind[1].some((name) => typeof item?.attributes?.[name] !== 'string')) return [422];
    if (id !== undefined) {
      const found = known.find((one) => one.id === id);
      if (!found || method !== 'PATCH') return [404];
      Object.assign(found.attributes, item?.attributes);
      return [200, found];
    }
    const [first = ''] = kind[1];
    if (known.some(({ attributes }) => attributes[first] === item?.attributes?.[first])) return [422];
    const type = String(item?.type);
    const made = {
      ...item,
      id: `${{ workspaces: 'ws', varsets: 'varset', vars: 'var' }[type] ?? type}-${String(++ids)}`,
    };
    lists.set(list, [...known, made as Resource]);
    return [201, made];
  };
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const where = new URL(request.url ?? '', 'https://tfe').pathname.replace(/^\/api\/v2/, '');
      const isAllowed = request.headers.authorization === `Bearer ${token}`;
      const isTyped = body === '' || request.headers['content-type'] === 'application/vnd.api+json';
      const sent = body === '' ? undefined : (JSON.parse(body) as { data: unknown }).data;
      const [status, data] = !isAllowed ? [401] : isTyped ? handle(request.method ?? '', where, sent) : [415];
      const errors =
        status < 400 ? undefined : [{ title: `status ${String(status)}`, detail: `no: ${where}` }];
      response.writeHead(status, { 'content-type': 'application/vnd.api+json' });
      response.end(status === 204 ? '' : JSON.stringify({ data, errors }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    hostname: `127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    caFile: cert,
    lists,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          rmSync(folder, { recursive: true });
          resolve();
        });
      }),
  };
}
