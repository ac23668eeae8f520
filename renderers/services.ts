import type { ServiceSettings } from '../inventory/services';
import type { Env } from '../inventory/types';
import type { Service } from './contribution';
import { serviceEnvPath } from './layers/paths';

/**
 * The services of an env, as its kind of application starts them.
 * @param env the env
 * @param start makes the command line of systemd that starts one
 * @returns the services
 */
export function services(env: Env, start: (service: ServiceSettings) => string): Service[] {
  const started = env.app.services.filter(({ static: files }) => files === undefined);
  return started.map((service) => ({
    name: service.name,
    folder: service.dir,
    port: service.port,
    count: service.count,
    healthPath: service.healthPath,
    healthHost: service.healthHost,
    healthStatus: service.healthStatus,
    healthTimeout: service.healthTimeout,
    start: start(service),
    memory: service.memory,
    cpus: service.cpus,
    restart: service.restart,
    stopSignal: service.stopSignal,
    stopTimeout: service.stopTimeout,
    envFile: Object.keys(service.envVars).length === 0 ? undefined : serviceEnvPath(env, service.name),
    sharedPaths: service.sharedPaths,
  }));
}

/** One process of a service. */
interface Instance {
  /** `web`, or with others of its kind `web@3001`. */
  name: string;
  /** e.g. `app-web@3001.service`. */
  unit: string;
  /** Undefined: a worker's. */
  port?: number;
}

const isMany = ({ count = 1 }: Service): boolean => count > 1;

/**
 * The processes of a service: one, or as many as it has instances, each with its port or its number in its name.
 * @param service the service
 * @returns its processes
 */
export function instances(service: Service): Instance[] {
  const { name, port, count = 1 } = service;
  if (!isMany(service)) return [{ name, unit: `app-${name}.service`, port }];
  return Array.from({ length: count }, (_, index) => {
    const own = port === undefined ? undefined : port + index;
    const instance = `${name}@${own ?? index + 1}`;
    return { name: instance, unit: `app-${instance}.service`, port: own };
  });
}

/** The name of the file that the units of a service are made of. */
export function unitFileName(service: Service): string {
  return `app-${service.name}${isMany(service) ? '@' : ''}.service`;
}

/**
 * The processes of a service for the programs on the guest, see kit/lib/services.sh.
 * @param service the service
 * @returns a line each: unit, folder, port or -, health path or -, and what else is to be known of it
 */
export function processes(service: Service): string[] {
  const { folder, healthPath, healthHost, healthStatus, healthTimeout, sharedPaths = [] } = service;
  const more = [
    ...(healthHost === undefined ? [] : [`host=${healthHost}`]),
    ...(healthStatus === undefined ? [] : [`status=${healthStatus.join(',')}`]),
    ...(healthTimeout === undefined ? [] : [`timeout=${healthTimeout}`]),
    ...(sharedPaths.length === 0 ? [] : [`shared=${sharedPaths.join(',')}`]),
  ];
  return instances(service).map(({ unit, port }) =>
    [unit, folder, port ?? '-', healthPath ?? '-', ...more].join(' '),
  );
}

/**
 * What the unit of a service says besides the common drop-in.
 * @param service the service
 * @returns the data of its template
 */
export function unitSettings(service: Service): Record<string, unknown> {
  const { name, port, start } = service;
  const many = isMany(service);
  return {
    name: many ? `${name} %i` : name,
    environment: port === undefined ? (many ? 'INSTANCE=%i' : '') : `PORT=${many ? '%i' : port}`,
    start,
  };
}

/**
 * What a service has instead of what the common drop-in says. A drop-in goes before the unit file, so these stand in
 * one, too, whose name is behind that of the common one.
 * @param service the service
 * @returns settings of systemd; none for a service that is as all others
 */
export function ownSettings(service: Service): string[] {
  const { envFile, memory, cpus, restart, stopSignal, stopTimeout } = service;
  const settings = {
    EnvironmentFile: envFile,
    MemoryMax: memory === undefined ? undefined : `${memory}M`,
    CPUQuota: cpus === undefined ? undefined : `${Math.round(cpus * 100)}%`,
    Restart: restart,
    KillSignal: stopSignal,
    TimeoutStopSec: stopTimeout,
  };
  return Object.entries(settings).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`]));
}

/** Where the folders of services lie that stay from one release to the next. */
const SHARED = '/var/lib/app/shared';

/**
 * The folders of a service that stay from one release to the next, as they lie on the guest.
 * @param service the service
 * @returns their paths
 */
export function sharedFolders({ name, sharedPaths = [] }: Service): string[] {
  return sharedPaths.map((path) => `${SHARED}/${name}/${path}`);
}
