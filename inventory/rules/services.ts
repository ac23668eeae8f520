import type { Draft } from '../draft';
import type { Path } from '../document';
import {
  type ListedService,
  listedServices,
  type ServicePorts,
  servicePorts,
  type Services,
} from '../services';
import type { Keys, Scope } from '../scope';
import type { Validation } from '../validation';

/** A part of the name of a unit, and of links in /srv/app. */
const NAME = /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/;
/** Names of units and links of the tool's own. */
const TAKEN = /^(current|releases)$|^job-|-trial$/;

/** What only a process has, files have not. */
const OF_A_PROCESS = [
  ...(['start', 'port', 'health_path', 'health_host', 'health_status', 'health_timeout'] as const),
  ...(['memory', 'cpus', 'restart', 'stop_signal', 'stop_timeout'] as const),
];

/**
 * The services of an env: what is listed can be, and no two listen on the same port.
 * @param draft the env
 * @param of how its kind of application has services
 * @param validation takes the problems
 * @returns the ports that they listen on
 */
export function checkServices(
  { scope }: Draft,
  of: Services<Keys> | undefined,
  validation: Validation,
): ServicePorts[] {
  const listed = listedServices(scope);
  if (listed && !of) {
    const path = scope.find('services')?.path ?? [];
    validation.error(path, 'is nothing for this app_type, which has no services', 'remove it');
    return [];
  }
  if (listed && of) {
    for (const [name, service] of listed) checkService(name, service, of, scope, validation);
    checkUnlisted(listed, of, scope, validation);
  }
  const ports = servicePorts(scope, of, validation);
  checkPorts(ports, validation);
  return ports;
}

function checkService(
  name: string,
  service: ListedService,
  { own, start, refused = {} }: Services<Keys>,
  scope: Draft['scope'],
  validation: Validation,
): void {
  const path = service.levels.at(-1)?.path ?? [];
  if (validation.isRefused(path)) return;
  if (!NAME.test(name)) {
    validation.error(
      path,
      'is not a name for a service',
      'use lower-case letters, digits and -, e.g. mail-worker',
    );
  } else if (TAKEN.test(name)) {
    validation.error(path, "is a name of this tool's own", 'choose another name');
  }
  for (const [key, fix] of Object.entries(refused)) {
    const found = (service as unknown as Scope<Keys>).find(key);
    if (found) validation.error(found.path, 'is nothing for a service of this app_type', fix);
  }
  checkBuildEnv(service, scope, validation);
  if (service.find('static')) {
    for (const key of OF_A_PROCESS) {
      const found = service.find(key);
      if (found) validation.error(found.path, 'is of a service that is started', 'remove it, or static');
    }
    const count = service.find('count');
    // 0: not in this env, as with any other.
    if (count !== undefined && count.value > 0)
      validation.error(count.path, 'counts processes, and this service is files', 'remove it, or static');
    return;
  }
  const by = own(scope).find((one) => one.name === name);
  const nearest = service.levels[0]?.path ?? path;
  if (
    !service.find('start') &&
    !service.wasRefused('start') &&
    by?.start === undefined &&
    start === undefined
  ) {
    const known = by?.keys['start'];
    const fix = known === undefined ? 'write start' : `write start here, or ${known}`;
    validation.error(nearest, 'does not say how it starts', fix);
  }
  if (service.find('port') || by?.port !== undefined || service.wasRefused('port')) return;
  for (const key of ['health_path', 'health_host', 'health_status'] as const) {
    const found = service.find(key);
    if (found)
      validation.error(
        found.path,
        'needs a port that answers',
        'write port, or remove it: a worker is well when it stays up',
      );
  }
}

/** What only a build is to see, under a name that is hidden from builds. */
function checkBuildEnv(service: ListedService, scope: Draft['scope'], validation: Validation): void {
  const shown = scope.get('build_secrets');
  const secrets = [...scope.all('env_vars'), ...service.all('env_vars')].flatMap(({ value }) =>
    Object.entries(value).flatMap(([name, text]) =>
      typeof text === 'string' && text.includes('{{') && !shown.includes(name) ? [name] : [],
    ),
  );
  for (const { value, path } of service.all('build_env_vars')) {
    for (const name of Object.keys(value).filter((one) => secrets.includes(one))) {
      validation.error(
        [...path, name],
        'is a secret of env_vars, too, and a build sees none of those',
        'remove it here, and list it in build_secrets; or give it another name',
      );
    }
  }
}

/** Keys of a service that the kind has by itself, and that the list leaves out. */
function checkUnlisted(
  listed: ReadonlyMap<string, unknown>,
  { own }: Services<Keys>,
  scope: Draft['scope'],
  validation: Validation,
): void {
  const lists = scope.all('services').map(({ path }) => path.length);
  for (const { name, keys } of own(scope).filter((one) => !listed.has(one.name))) {
    for (const key of Object.values(keys)) {
      const found = (scope as unknown as Scope<Keys>).find(key);
      // A project's key is for its other envs, where only this env has a list.
      if (!found || found.path.length < Math.min(...lists) || validation.isRefused(found.path)) continue;
      validation.error(
        found.path,
        `is of the service ${name}, which services does not list`,
        `remove it, or write services: {${name}: {}}`,
      );
    }
  }
}

function checkPorts(ports: readonly ServicePorts[], validation: Validation): void {
  ports.forEach(({ name, first, last, found }, index) => {
    const says = (path: Path | undefined, what: string, fix: string): void => {
      if (path && !validation.isRefused(path)) validation.error(path, what, fix);
    };
    if (last > 65_535)
      says(found?.path, `leaves no port for each of ${last - first + 1} instances`, 'choose a lower port');
    const other = ports.slice(0, index).find((one) => one.first <= last && first <= one.last);
    if (!other) return;
    const both = first === last && other.first === other.last;
    says(
      found?.path ?? other.found?.path,
      both
        ? `is the port of both ${other.name} and ${name}`
        : `gives ${other.name} and ${name} a port in common`,
      both ? 'give each a port of its own' : 'each instance has a port of its own, from port on',
    );
  });
}
