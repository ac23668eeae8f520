import type { OwnService, Services } from './part';
import type { appKeys } from './schema/app';
import { serviceKeys } from './schema/services';
import type { Found, Keys, Scope } from './scope';

/** A service of an application, every default filled in. */
export interface ServiceSettings {
  name: string;
  /** Its folder in the repository, `.` for the root. */
  dir: string;
  /** A command line of systemd. */
  start: string;
  /** A folder in its own that a web front serves; then nothing is started. */
  static?: string;
  /** Of the first instance. Undefined: a worker. */
  port?: number;
  /** How many of it run; from two on each has a number. */
  count: number;
  /** Undefined: `/`, where anything but a server error will do. */
  healthPath?: string;
  healthHost?: string;
  /** Status codes that are well. */
  healthStatus?: readonly number[];
  /** Seconds. */
  healthTimeout?: number;
  /** A command line. */
  install?: string;
  /** A command line. */
  build?: string;
  /** MiB. */
  memory?: number;
  cpus?: number;
  restart?: 'always' | 'on-failure' | 'no';
  stopSignal?: string;
  /** Seconds. */
  stopTimeout?: number;
}

/** A listed service as it stands in the inventory. */
export type ListedService = Scope<typeof serviceKeys>;

type AppScope = Scope<typeof appKeys>;

/**
 * The services that the inventory lists.
 * @param scope the env
 * @returns by name, in their order; undefined where it leaves them to the kind of application
 */
export function listedServices(scope: AppScope): Map<string, ListedService> | undefined {
  return scope.find('services') ? scope.named('services', serviceKeys) : undefined;
}

/**
 * The services of an application.
 * @param scope the env
 * @param of how its kind has services
 * @returns each with its settings: those that are listed, or else the kind's own; none without `of`
 */
export function resolveServices(scope: AppScope, of: Services<Keys> | undefined): ServiceSettings[] {
  if (!of) return [];
  const own = of.own(scope);
  const listed = listedServices(scope);
  if (!listed) {
    return own.flatMap(({ keys: _, start, ...service }) =>
      start === undefined ? [] : [{ ...service, start, count: 1 }],
    );
  }
  return [...listed]
    .map(([name, service]) =>
      settingsOf(
        name,
        service,
        own.find((one) => one.name === name),
        of,
      ),
    )
    .filter(({ count }) => count > 0);
}

function settingsOf(
  name: string,
  service: ListedService,
  own: OwnService | undefined,
  { start }: Services<Keys>,
): ServiceSettings {
  const files = service.maybe('static');
  return {
    name,
    dir: service.maybe('dir') ?? own?.dir ?? '.',
    // One that says nothing is refused.
    start: service.maybe('start') ?? own?.start ?? start ?? '',
    static: files,
    port: files === undefined ? (service.maybe('port') ?? own?.port) : undefined,
    count: service.maybe('count') ?? 1,
    healthPath: service.maybe('health_path') ?? own?.healthPath,
    healthHost: service.maybe('health_host'),
    healthStatus: service.maybe('health_status'),
    healthTimeout: service.maybe('health_timeout'),
    install: service.maybe('install') ?? own?.install,
    build: service.maybe('build') ?? own?.build,
    memory: service.maybe('memory'),
    cpus: service.maybe('cpus'),
    restart: service.maybe('restart'),
    stopSignal: service.maybe('stop_signal'),
    stopTimeout: service.maybe('stop_timeout'),
  };
}

/** Ports that one service listens on. */
export interface ServicePorts {
  name: string;
  first: number;
  last: number;
  /** Where the first is written; undefined: a default. */
  found?: Found<number>;
}

/**
 * The ports that the services of an application listen on.
 * @param scope the env
 * @param of how its kind has services
 * @returns for each service that has one
 */
export function servicePorts(scope: AppScope, of: Services<Keys> | undefined): ServicePorts[] {
  const own = of?.own(scope) ?? [];
  const listed = listedServices(scope);
  return resolveServices(scope, of).flatMap(({ name, port, count }) => {
    if (port === undefined) return [];
    const key = own.find((one) => one.name === name)?.keys['port'];
    const found =
      listed?.get(name)?.find('port') ??
      (key === undefined
        ? undefined
        : ((scope as unknown as Scope<Keys>).find(key) as Found<number> | undefined));
    return [{ name, first: port, last: port + count - 1, found }];
  });
}
