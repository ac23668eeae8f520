import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { serve } from './app-fixture';
import type { RealLab } from './real-lab';

/** The address of the guests' network that servers of a test have. */
const HOST = '10.0.10.1';

/** A server over https: of git's repositories, and of the files that they keep in LFS. */
const HTTPS_SERVER = `
  const { spawn } = require('node:child_process');
  const fs = require('node:fs');
  const [base, port, cert, key] = process.argv.slice(1);
  const tls = { cert: fs.readFileSync(cert), key: fs.readFileSync(key) };
  const bodyOf = async (request) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    return Buffer.concat(parts);
  };
  const lfs = async (request, response) => {
    const { objects } = JSON.parse(await bodyOf(request));
    const answers = objects.map(({ oid, size }) =>
      fs.existsSync(base + '/lfs/' + oid)
        ? { oid, size, actions: { download: { href: 'https://${HOST}:' + port + '/lfs/' + oid } } }
        : { oid, size, error: { code: 404, message: 'no such file' } });
    response.setHeader('content-type', 'application/vnd.git-lfs+json');
    response.end(JSON.stringify({ transfer: 'basic', objects: answers }));
  };
  const git = async (request, response, { pathname, search }) => {
    const env = {
      PATH: process.env.PATH, GIT_PROJECT_ROOT: base, GIT_HTTP_EXPORT_ALL: '1', PATH_INFO: pathname,
      QUERY_STRING: search.slice(1), REQUEST_METHOD: request.method, CONTENT_TYPE: request.headers['content-type'] || '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] || '',
      GIT_PROTOCOL: request.headers['git-protocol'] || '',
    };
    const backend = spawn('git', ['http-backend'], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    backend.stdin.on('error', () => {});
    backend.stdin.end(await bodyOf(request));
    const answer = await bodyOf(backend.stdout);
    const end = answer.indexOf('\\r\\n\\r\\n');
    for (const line of answer.subarray(0, end).toString().split('\\r\\n')) {
      const [name, value] = line.split(': ');
      if (name === 'Status') response.statusCode = Number(value.slice(0, 3));
      else response.setHeader(name, value);
    }
    response.end(answer.subarray(end + 4));
  };
  require('node:https').createServer(tls, (request, response) => {
    const url = new URL(request.url, 'https://x');
    if (url.pathname.endsWith('/info/lfs/objects/batch')) lfs(request, response);
    else if (url.pathname.startsWith('/lfs/')) fs.createReadStream(base + url.pathname).pipe(response);
    else git(request, response, url);
  }).listen(Number(port), '${HOST}');`;

/**
 * Serves the repositories of a folder over https, with the files in its folder `lfs` as those that they keep in LFS.
 * @param lab the lab
 * @param base the folder; it gets the server's certificate, cert.pem
 * @param port it is to listen on
 * @returns ends the server
 */
export function serveHttps(lab: RealLab, base: string, port: number): Promise<() => void> {
  const [cert, key] = [path.join(base, 'cert.pem'), path.join(base, 'key.pem')];
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...[
        '-subj',
        '/CN=git.example.lan',
        '-addext',
        `subjectAltName=IP:${HOST},DNS:git.example.lan`,
        '-keyout',
        key,
        '-out',
        cert,
      ],
    ],
    { stdio: 'ignore' },
  );
  return serve(lab, port, [process.execPath, '-e', HTTPS_SERVER, base, String(port), cert, key]);
}

/** Passes connections on to git's daemon, with so many bytes a second; with 0 it answers nothing. */
const SLOW_SERVER = `
  const net = require('node:net');
  const [port, rate] = process.argv.slice(1).map(Number);
  net.createServer((client) => {
    client.on('error', () => {});
    if (rate === 0) return client.resume();
    const server = net.connect(9418, '${HOST}');
    server.on('error', () => {});
    client.on('close', () => server.destroy());
    client.pipe(server);
    server.on('data', (bytes) => {
      client.write(bytes);
      server.pause();
      setTimeout(() => server.resume(), (bytes.length * 1000) / rate);
    });
    server.on('end', () => client.end());
  }).listen(port, '${HOST}');`;

/**
 * A slow way to the server of git://10.0.10.1.
 * @param lab the lab
 * @param port it is to listen on
 * @param rate bytes a second; with 0 it answers nothing
 * @returns ends it
 */
export function serveSlowly(lab: RealLab, port: number, rate: number): Promise<() => void> {
  return serve(lab, port, [process.execPath, '-e', SLOW_SERVER, String(port), String(rate)]);
}

/**
 * The certificate of a server of {@link serveHttps}.
 * @param base its folder
 * @returns PEM
 */
export function certificateOf(base: string): string {
  return readFileSync(path.join(base, 'cert.pem'), 'utf8');
}
