import * as z from 'zod';
import path from 'node:path';
import { inUrl } from '../inventory/address';
import { hostnameProblem } from '../inventory/rules/hostname';
import { bool, filled, isLine, key, message, plain, plainBy } from '../inventory/schema/fields';
import { listedServices, type ServiceSettings } from '../inventory/services';
import type { Env } from '../inventory/types';
import { type Contribution, defineFeature } from '../renderers/contribution';
import { type GuestFile, rootFile } from '../renderers/layers/layer';
import { CONFIG, inRelease, unitPath } from '../renderers/layers/paths';
import { literalLines, renderGuestLines } from '../renderers/lines';

const PORTS = [80, 443];

const hostname = (): z.ZodString => plainBy(hostnameProblem);

/** The beginning of a path; `/api`, `/api/` and `/api/*` mean the same: it and all below it. */
const BEGINNING = /^\/([A-Za-z0-9._~-]+(\/[A-Za-z0-9._~-]+)*)?(\/?\*|\/)?$/;

const beginning = (route: string): string => route.replace(/\/?\*?$/, '') || '/';

const schema = z.strictObject({
  hostname: key(z.union([hostname(), z.array(hostname()).min(1)]), {
    description: 'The host name by which people reach it, or several. Others are answered with 421.',
    otherwise: 'any name, and the address',
  }),
  tls: filled(z.enum(['off', 'internal', 'acme']), {
    description:
      "off: http on port 80. internal: https by a CA of the guest's own. acme: https by Let's Encrypt or another CA that speaks ACME. http leads to https.",
    default: 'off',
  }),
  email: key(
    plain(/^[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+$/, 'is not a mail address', 'write e.g. ops@example.lan'),
    { description: 'Whom the CA tells that a certificate ends. With `tls: acme`.', otherwise: 'nobody' },
  ),
  acme_ca: key(
    plain(
      /^https:\/\/[A-Za-z0-9.:/_-]+$/,
      'is not a https URL',
      'write e.g. https://ca.example.lan/acme/acme/directory',
    ),
    {
      description: "The CA's directory, whose certificate the guest trusts. With `tls: acme`.",
      otherwise: "Let's Encrypt, then ZeroSSL",
    },
  ),
  routes: key(z.record(z.string(), plain(isLine, 'is not one line', 'write the name of a service')), {
    description:
      'Which service answers what: the beginning of a path and a service, e.g. `{"/api": backend, "/": frontend}`. The longest counts, and a path arrives as it was asked for.',
    otherwise: 'all of it the one service that there is',
  }),
  single_page: filled(bool(), {
    description:
      'Whether static files are a single-page application: a path that is no file, and has no extension, is answered with index.html. false: with 404, and 404.html where there is one.',
    default: true,
  }),
  snippet: key(
    plain(isClosed, 'closes or leaves open what it should not', 'write a } for each {, and close each quote'),
    { description: "Further lines of Caddy's own language, within the site; they count before the routes." },
  ),
});

/** Whether lines of Caddy's language stand by themselves: a brace too many would end the site that they are put in. */
function isClosed(lines: string): boolean {
  let depth = 0;
  const words = lines.match(/"(?:[^"\\]|\\.)*"|`[^`]*`|(?<=^|\s)#.*|["`{}]/gm) ?? [];
  for (const word of words) {
    if (word === '"' || word === '`') return false;
    if (word === '{') depth++;
    if (word === '}' && --depth < 0) return false;
  }
  return depth === 0;
}

/** What stands before the services of an application. */
interface Web {
  /** None: any. */
  hostnames: readonly string[];
  tls: 'off' | 'internal' | 'acme';
  email?: string;
  acmeCa?: string;
  /** Beginnings of paths, the longest first, and services; none: all is the one service's. */
  routes: readonly (readonly [path: string, service: string])[];
  singlePage: boolean;
  /** Lines of a Caddyfile. */
  snippet: readonly string[];
}

const longestFirst = (routes: Readonly<Record<string, string>>): Web['routes'] =>
  Object.entries(routes)
    .map(([route, service]) => [beginning(route), service] as const)
    .sort(([a], [b]) => b.length - a.length || (a < b ? -1 : 1));

/** One public port in front of an application's services: Debian's Caddy. */
export const web = defineFeature({
  name: 'web',
  order: 4,

  keys: {
    web: key(
      z.union([schema, z.literal(false)], {
        error: message(
          'is neither a map nor false',
          'write its keys (docs/inventory.md), {} for the defaults, or false',
        ),
      }),
      {
        description:
          'A web front: one public port before the services, whose own are closed then; `{}` for http under any name.',
      },
    ),
  },

  resolve(scope): Web | undefined {
    const value = scope.maybe('web');
    if (!value) return undefined;
    return {
      hostnames: [value.hostname ?? []].flat(),
      tls: value.tls,
      email: value.email,
      acmeCa: value.acme_ca,
      routes: longestFirst(value.routes ?? {}),
      singlePage: value.single_page,
      snippet: value.snippet?.replace(/\n+$/, '').split('\n') ?? [],
    };
  },

  check({ scope, ports, services, validation }) {
    const found = scope.find('web');
    if (scope.wasRefused('web')) return;
    if (!found?.value) {
      for (const service of listedServices(scope)?.values() ?? []) {
        const files = service.find('static');
        if (files && !validation.isRefused(files.path))
          validation.error(
            files.path,
            'is served by a web front, and there is none',
            'write web, e.g. web: {}',
          );
      }
      return;
    }
    const { value, path: at } = found;
    for (const port of ports) {
      if (PORTS.includes(port.value) && !validation.isRefused(port.path)) {
        validation.error(port.path, "is the web front's port", 'choose another port');
      }
    }
    if (value.tls !== 'off' && value.hostname === undefined) {
      validation.error([...at, 'tls'], 'needs a name that the certificate is for', 'write hostname');
    }
    for (const name of ['email', 'acme_ca'] as const) {
      if (value[name] !== undefined && value.tls !== 'acme') {
        validation.error([...at, name], 'is for tls: acme', 'remove it, or write tls: acme');
      }
    }
    if (scope.wasRefused('services')) return;
    const names = services.filter(isAnswering).map(({ name }) => name);
    const known = names.join(', ');
    if (names.length === 0) {
      validation.error(at, 'has no service to stand before', 'remove it, or write a service with a port');
      return;
    }
    if (value.routes === undefined && names.length > 1) {
      const example = `{"/api": ${names[0] ?? ''}, "/": ${names[1] ?? ''}}`;
      validation.error(at, `does not say which of ${known} answers what`, `write e.g. routes: ${example}`);
    }
    const beginnings = new Set<string>();
    for (const [route, name] of Object.entries(value.routes ?? {})) {
      const written = [...at, 'routes', route];
      if (!BEGINNING.test(route)) {
        validation.error(written, 'is not the beginning of a path', 'write e.g. /api, or / for all the rest');
      } else if (beginnings.has(beginning(route))) {
        validation.error(written, 'is there twice', 'remove one of the two');
      } else if (!names.includes(name)) {
        const what = services.some((one) => one.name === name) ? 'has no port' : 'is no service';
        validation.error(written, `leads to ${name}, which ${what}`, `write one of ${known}`);
      }
      beginnings.add(beginning(route));
    }
  },

  contribution(settings, env, source): Contribution {
    if (!settings) return {};
    const routes = routesOf(settings, env.app.services.filter(isAnswering));
    const folders = env.app.services.flatMap((service) => folderOf(service) ?? []);
    const data = {
      ...settings,
      stack: env.stack,
      sites: sitesOf(settings),
      routes: routes.map(({ path, service }) => ({ path, ...answerOf(service) })),
      // As long as a release may take for its first answer.
      patience: Math.max(
        env.app.release.healthTimeout,
        ...routes.map(({ service }) => service.healthTimeout ?? 0),
      ),
    };
    const file = (path: string, template: string): GuestFile =>
      rootFile(path, renderGuestLines(source, `web/${template}.ejs`, data));
    return {
      openPorts: settings.tls === 'off' ? ['80/tcp'] : ['80/tcp', '443/tcp'],
      urls: routes.map(({ path, service }) => [service.name, urlOf(settings, env, path)]),
      layers: [
        {
          name: 'web',
          lists: { packages: ['caddy'] },
          files: [
            { ...file('/etc/caddy/Caddyfile', 'Caddyfile'), check: 'caddyfile' },
            file(unitPath('caddy.service.d/pvestack.conf'), 'caddy.conf'),
            ...(folders.length > 0 ? [rootFile(`${CONFIG}/web/static`, literalLines(folders))] : []),
          ],
          secretVariables: [],
        },
      ],
    };
  },
});

/** The folder in a release of the files that a service is. */
const folderOf = ({ dir, static: files }: ServiceSettings): string | undefined =>
  files === undefined ? undefined : path.posix.join(dir, files);

/** Whether it answers requests: by a port, or by files. */
const isAnswering = (service: ServiceSettings): boolean =>
  service.port !== undefined || service.static !== undefined;

/** The routes with the services that answer; that they are there the check has seen. */
function routesOf(
  { routes }: Web,
  services: readonly ServiceSettings[],
): { path: string; service: ServiceSettings }[] {
  const [only] = services;
  if (routes.length === 0 && only) return [{ path: '/', service: only }];
  return routes.flatMap(([path, name]) =>
    services.filter((service) => service.name === name).map((service) => ({ path, service })),
  );
}

/** Where a service answers: `localhost` is both 127.0.0.1 and ::1. */
function answerOf(service: ServiceSettings): Record<string, unknown> {
  const folder = folderOf(service);
  if (folder !== undefined) return { folder: inRelease(folder) };
  const { port = 0, count } = service;
  return { upstreams: Array.from({ length: count }, (_, index) => `localhost:${port + index}`) };
}

function sitesOf({ hostnames, tls }: Web): string[] {
  if (hostnames.length === 0) return ['http://'];
  return tls === 'off' ? hostnames.map((name) => `http://${name}`) : [...hostnames];
}

function urlOf({ hostnames, tls }: Web, { address }: Env, path: string): string {
  return `${tls === 'off' ? 'http' : 'https'}://${hostnames[0] ?? inUrl(address)}${path}`;
}
