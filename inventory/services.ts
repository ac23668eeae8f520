import type { appKeys } from './schema/app';
import { serviceKeys } from './schema/services';
import { environmentOf } from './environment';
import type { Found, Keys, Scope } from './scope';
import type { Validation } from './validation';
import type { Value } from './values/value';

/** A service that a kind of application has by itself. */
interface OwnService {
  /** e.g. `backend`. */
  name: string;
  dir: string;
  /** A command line of systemd. Undefined: it is there only where it is listed and says how it starts. */
  start?: string;
  port: number;
  healthPath?: string;
  /** A command line. */
  install?: string;
  /** A command line. */
  build?: string;
  /** The keys that these values are of, by the key of a listed service that says the same. */
  keys: Readonly<Record<string, string>>;
}

/** How a kind of application has services. */
export interface Services<S extends Keys> {
  /** Those that it has where the inventory lists none; what a listed one of the same name does not say comes from here. */
  own(scope: Scope<S & typeof appKeys>): readonly OwnService[];
  /** How a listed service starts that does not say it. @default it has to say it */
  start?: string;
  /** Keys that a service of this kind cannot have, each with what to do instead. @default none */
  refused?: Readonly<Record<string, string>>;
}

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
  /** Besides those of the application; sorted by name. */
  envVars: Readonly<Record<string, Value>>;
  /** What the command that builds it sees besides; sorted by name. */
  buildEnvVars: Readonly<Record<string, Value>>;
  /** Folders in its folder that stay from one release to the next. */
  sharedPaths: readonly string[];
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
 * @param validation knows how scalars were written
 * @returns each with its settings: those that are listed, or else the kind's own; none without `of`
 */
export function resolveServices(
  scope: AppScope,
  of: Services<Keys> | undefined,
  validation: Validation,
): ServiceSettings[] {
  if (!of) return [];
  const own = of.own(scope);
  const listed = listedServices(scope);
  if (!listed) {
    return own.flatMap(({ keys: _, start, ...service }) =>
      start === undefined
        ? []
        : [{ ...service, start, count: 1, envVars: {}, buildEnvVars: {}, sharedPaths: [] }],
    );
  }
  return [...listed]
    .map(([name, service]) =>
      settingsOf(
        name,
        service,
        own.find((one) => one.name === name),
        of,
        validation,
      ),
    )
    .filter(({ count }) => count > 0);
}

function settingsOf(
  name: string,
  service: ListedService,
  own: OwnService | undefined,
  { start }: Services<Keys>,
  validation: Validation,
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
    envVars: environmentOf(service.all('env_vars'), validation),
    buildEnvVars: environmentOf(service.all('build_env_vars'), validation),
    sharedPaths: [...new Set(service.get('shared_paths'))],
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
 * @param validation knows how scalars were written
 * @returns for each service that has one
 */
export function servicePorts(
  scope: AppScope,
  of: Services<Keys> | undefined,
  validation: Validation,
): ServicePorts[] {
  const own = of?.own(scope) ?? [];
  const listed = listedServices(scope);
  return resolveServices(scope, of, validation).flatMap(({ name, port, count }) => {
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
