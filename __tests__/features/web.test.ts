import * as registry from '../../registry';
import { application } from '../../renderers/application';
import { stackOutputs } from '../../renderers/outputs';
import { templateSource } from '../../renderers/template-source';
import { envOf, inventoryOf, layersIn } from '../renderers/envs';
import { fileOf } from '../renderers/guest-files';

type Keys = Record<string, unknown>;
const project = (web: unknown, more: Keys = {}): string =>
  `web: ${JSON.stringify(web)}\n${Object.entries(more)
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`)
    .join('')}`;
const PYTHON = { app_type: 'python', service_start: 'python -m shop' };
const ROUTES = { '/api/*': 'backend', '/': 'frontend' };

test('the whole file, for one service under any name', () => {
  expect(fileOf('/etc/caddy/Caddyfile', project({}, PYTHON)).join('\n')).toMatchSnapshot();
});

test('the whole file, for two services, a name, a certificate and further lines', () => {
  const web = {
    hostname: ['shop.example.lan', 'www.example.lan'],
    tls: 'acme',
    email: 'ops@example.lan',
    acme_ca: 'https://ca.example.lan/acme/acme/directory',
    routes: { '/': 'frontend', '/api/*': 'backend' },
    snippet: '# their own\n\nheader X-Price "${5}"\n',
  };
  const settings = { health_timeout: 9, backend_health_path: '/health' };
  expect(fileOf('/etc/caddy/Caddyfile', project(web, settings)).join('\n')).toMatchSnapshot();
});

test('the whole file, of files that a build makes, which no process serves', () => {
  const all = project(
    { routes: { '/api': 'backend', '/': 'frontend' } },
    { services: { backend: {}, frontend: { static: 'dist/' } } },
  );
  expect(fileOf('/etc/caddy/Caddyfile', all).join('\n')).toMatchSnapshot();
  expect(fileOf('/etc/pvestack/web/static', all)).toEqual(['frontend/dist']);
  expect(fileOf('/etc/pvestack/services', all)).toEqual(['app-backend.service backend 3001 -']);
  const below = { single_page: false, routes: { '/': 'backend', '/docs': 'frontend' } };
  const there = project(below, { services: { backend: {}, frontend: { dir: '.', static: '.' } } });
  expect(fileOf('/etc/caddy/Caddyfile', there).join('\n')).toMatchSnapshot();
  expect(fileOf('/etc/pvestack/web/static', there)).toEqual(['.']);
});

test.each<[Keys, string[], string[], Record<string, string>]>([
  [
    { routes: ROUTES },
    ['http:// {'],
    ['allow 80/tcp'],
    { backend: 'http://10.0.10.101/api', frontend: 'http://10.0.10.101/' },
  ],
  [
    { routes: { '/v1/': 'backend' }, hostname: 'shop.example.lan' },
    ['http://shop.example.lan {', '\t\t@route0 path /v1 /v1/*', '\t\trespond 404', 'http:// {'],
    ['allow 80/tcp'],
    { backend: 'http://shop.example.lan/v1' },
  ],
  [
    { routes: ROUTES, hostname: 'shop.example.lan', tls: 'internal' },
    ['shop.example.lan {', '\ttls internal', '\tskip_install_trust'],
    ['allow 80/tcp', 'allow 443/tcp'],
    { backend: 'https://shop.example.lan/api', frontend: 'https://shop.example.lan/' },
  ],
])('%j: lines, ports and URLs', (web, lines, ports, urls) => {
  expect(fileOf('/etc/caddy/Caddyfile', project(web))).toEqual(expect.arrayContaining(lines));
  const env = envOf({ project: project(web) });
  const [, baseOs, layer] = layersIn(env);
  expect(baseOs?.lists['firewall']).toEqual(['allow 22/tcp', ...ports]);
  expect(layer).toMatchObject({ name: 'web', lists: { packages: ['caddy'] } });
  expect(stackOutputs(env, application(env, templateSource([]), registry))['urls']).toEqual(urls);
});

test('instances share the work, and requests wait as long as their health check does', () => {
  const api = { port: 3001, count: 2, health_timeout: 90 };
  const lines = fileOf('/etc/caddy/Caddyfile', project({}, { services: { api, mail: {} } }));
  expect(lines.map((line) => line.trim())).toEqual(
    expect.arrayContaining([
      'lb_try_duration 90s',
      'reverse_proxy localhost:3001 localhost:3002 {',
      'lb_policy round_robin',
      'fail_duration 1s',
    ]),
  );
});

test('a port of a service stays open where the inventory says so', () => {
  const env = envOf({ project: project({ routes: ROUTES }, { firewall_ports: ['3001 from 10.0.10.0/24'] }) });
  expect(layersIn(env)[1]?.lists['firewall']).toEqual([
    'allow 22/tcp',
    'allow 80/tcp',
    'allow from 10.0.10.0/24 to any port 3001 proto tcp',
  ]);
});

test('without it there is nothing of it', () => {
  expect(layersIn(envOf({ project: 'web: false' }))).toEqual(layersIn(envOf()));
});

test.each<[unknown, Keys, string]>([
  [
    {},
    {},
    'web  does not say which of backend, frontend answers what  write e.g. routes: {"/api": backend, "/": frontend}',
  ],
  [
    { routes: { '/': 'web' } },
    {},
    'web.routes./  leads to web, which is no service  write one of backend, frontend',
  ],
  [
    { routes: { api: 'backend' } },
    {},
    'is not the beginning of a path  write e.g. /api, or / for all the rest',
  ],
  [{ routes: { '/a b': 'backend' } }, {}, 'is not the beginning of a path'],
  [
    {},
    { app_type: 'python' },
    'web  has no service to stand before  remove it, or write a service with a port',
  ],
  [
    { routes: ROUTES, tls: 'internal' },
    {},
    'web.tls  needs a name that the certificate is for  write hostname',
  ],
  [
    { routes: ROUTES, email: 'a@example.lan' },
    {},
    'web.email  is for tls: acme  remove it, or write tls: acme',
  ],
  [{ routes: ROUTES, hostname: 'Shop_1' }, {}, 'hostname'],
  [{ routes: ROUTES }, { backend_port: 80 }, "backend_port  is the web front's port  choose another port"],
  [{ routes: { '/a': 'backend', '/a/*': 'frontend' } }, {}, 'web.routes./a/*  is there twice'],
  [{ routes: ROUTES, snippet: 'a {{ vault_x }}' }, {}, 'cannot be a vault reference here'],
  [{ routes: ROUTES, snippet: '}\nhttp://other {' }, {}, 'web.snippet  closes or leaves open'],
  [{ routes: ROUTES, snippet: 'redir /old { "x' }, {}, 'web.snippet  closes or leaves open'],
  [
    false,
    { services: { frontend: { static: 'dist' } } },
    'frontend.static  is served by a web front, and there is none  write web, e.g. web: {}',
  ],
  [
    { routes: ROUTES },
    { services: { backend: {}, frontend: { static: 'dist', port: 3005 } } },
    'frontend.port  is of a service that is started  remove it, or static',
  ],
  [
    { routes: ROUTES },
    { services: { backend: {}, frontend: { static: 'dist', count: 2 } } },
    'frontend.count  counts processes, and this service is files  remove it, or static',
  ],
  [
    { routes: { '/': 'mail' } },
    { services: { api: { port: 3001 }, mail: {} } },
    'leads to mail, which has no port  write one of api',
  ],
  [true, {}, 'web  is neither a map nor false'],
])('%j with %j is refused', (web, more, words) => {
  expect(() => inventoryOf({ project: project(web, more) })).toThrow(words);
});
