import { createHash } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** What the package proxy may do. */
interface ProxyOptions {
  /** Hosts that guests may reach through it; everything else is refused. */
  readonly hosts: ReadonlySet<string>;
  /** Folder for files that never change (packages); no cache without it. */
  readonly cache?: string;
  readonly httpProxy?: string;
  readonly httpsProxy?: string;
}

/** Files that are never changed under their name. */
const IMMUTABLE = /\.u?deb$|\/by-hash\//;

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' });
  response.end(`${text}\n`);
}

/** An HTTP proxy for package managers: to a few hosts only, with a cache of packages on disk. */
export class PackageProxy {
  /** Answers what comes in; it has to be given connections or told to listen. */
  readonly server: Server;
  private readonly tunnels = new Set<Socket>();
  private parts = 0;

  constructor(private readonly options: ProxyOptions) {
    if (options.cache !== undefined) mkdirSync(options.cache, { recursive: true });
    this.server = createServer((incoming, response) => {
      this.fetch(incoming, response).catch((error: unknown) => {
        if (!response.headersSent) refuse(response, 502, String(error));
        else response.destroy();
      });
    });
    this.server.on('connect', (incoming, socket: Socket, head) => {
      this.tunnel(incoming, socket, head);
    });
  }

  /** Ends all connections. */
  close(): void {
    this.server.close();
    this.server.closeAllConnections();
    this.tunnels.forEach((socket) => socket.destroy());
  }

  private allowed(host: string): boolean {
    return this.options.hosts.has(host);
  }

  private async fetch(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = URL.canParse(incoming.url ?? '') ? new URL(incoming.url ?? '') : undefined;
    if (url?.protocol !== 'http:' || (incoming.method !== 'GET' && incoming.method !== 'HEAD')) {
      refuse(response, 400, 'this is a proxy for package downloads');
      return;
    }
    if (!this.allowed(url.hostname)) {
      refuse(response, 403, `guests of the lab reach package archives only, not ${url.hostname}`);
      return;
    }
    const file =
      this.options.cache !== undefined && IMMUTABLE.test(url.pathname)
        ? join(this.options.cache, createHash('sha256').update(url.href).digest('hex'))
        : undefined;
    if (file !== undefined && existsSync(file)) {
      response.writeHead(200, { 'content-length': statSync(file).size, 'x-cache': 'hit' });
      if (incoming.method === 'HEAD') response.end();
      else await pipeline(createReadStream(file), response);
      return;
    }
    const answer = await this.ask(url, incoming);
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    const size = Number(answer.headers['content-length']);
    const keep = file !== undefined && incoming.method === 'GET' && answer.statusCode === 200 && size > 0;
    if (!keep) {
      await pipeline(answer, response);
      return;
    }
    this.parts += 1;
    const part = `${file}.${String(process.pid)}-${String(this.parts)}.part`;
    try {
      const copy = createWriteStream(part);
      answer.pipe(copy);
      await Promise.all([pipeline(answer, response), once(copy, 'close')]);
      if (statSync(part).size === size) renameSync(part, file);
    } finally {
      rmSync(part, { force: true });
    }
  }

  private ask(url: URL, incoming: IncomingMessage): Promise<IncomingMessage> {
    const { httpProxy } = this.options;
    const to = httpProxy === undefined ? url : new URL(httpProxy);
    const headers = Object.fromEntries(
      Object.entries(incoming.headers).filter(([name]) => !/^(proxy-)?connection$/.test(name)),
    );
    return new Promise((resolve, reject) => {
      const asked = request(
        {
          host: to.hostname,
          port: to.port === '' ? 80 : Number(to.port),
          method: incoming.method,
          path: httpProxy === undefined ? `${url.pathname}${url.search}` : url.href,
          headers: { ...headers, host: url.host },
        },
        resolve,
      );
      asked.setTimeout(60_000, () => asked.destroy(new Error(`${url.hostname} does not answer`)));
      asked.on('error', reject);
      asked.end();
    });
  }

  /** `CONNECT host:port`, for https. */
  private tunnel(incoming: IncomingMessage, socket: Socket, head: Buffer): void {
    const [host = '', port = '443'] = (incoming.url ?? '').split(':');
    if (!this.allowed(host)) {
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    const { httpsProxy } = this.options;
    const via = httpsProxy === undefined ? undefined : new URL(httpsProxy);
    const upstream = connect(via ? Number(via.port || 80) : Number(port), via?.hostname ?? host, () => {
      // The machine's own proxy answers CONNECT itself.
      if (via) upstream.write(`CONNECT ${host}:${port} HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`);
      else socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    for (const one of [upstream, socket]) {
      this.tunnels.add(one);
      one.on('error', () => undefined);
      one.on('close', () => {
        this.tunnels.delete(one);
        upstream.destroy();
        socket.destroy();
      });
    }
  }
}
