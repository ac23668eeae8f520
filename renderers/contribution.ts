import type { AnyPart, Part, Registry } from '../inventory/part';
import type { Keys } from '../inventory/scope';
import type { Env } from '../inventory/types';
import type { GuestFile, Layer } from './layers/layer';
import type { TemplateSource } from './template';

/** A process that goes on running: a systemd unit, or one for each instance. */
export interface Service {
  /** What it is to people, e.g. `backend`; its unit is `app-backend.service`. */
  name: string;
  /** Its folder in a release, `.` for the whole. */
  folder: string;
  /** What it listens on; of instances the first one. Undefined: a worker, which is well when it stays up. */
  port?: number;
  /** From two on each instance has a unit of its own. @default 1 */
  count?: number;
  /** Undefined: `/`, where anything but a server error will do. */
  healthPath?: string;
  /** The Host header of that request. */
  healthHost?: string;
  /** Status codes that are well. */
  healthStatus?: readonly number[];
  /** Seconds for the first healthy answer. */
  healthTimeout?: number;
  /** What starts it: a command line of systemd. */
  start: string;
  /** MiB. */
  memory?: number;
  cpus?: number;
  restart?: string;
  stopSignal?: string;
  /** Seconds. */
  stopTimeout?: number;
  /** A file of environment variables that is read after that of the application. */
  envFile?: string;
  /** Folders in its folder that stay from one release to the next. */
  sharedPaths?: readonly string[];
}

/** What a kind of application or a feature adds to a guest; what is left out it adds nothing to. */
export interface Contribution {
  /** Debian packages besides the base. */
  packages?: readonly string[];
  /** Environment of all units of the application, besides the env file. */
  environment?: readonly (readonly [string, string])[];
  /** Environment of the commands that build and migrate, besides the env file. */
  buildEnvironment?: readonly (readonly [string, string])[];
  /**
   * What a release is built with besides its commit: where one of these lines is another one, the commit that runs is
   * built again. As Terraform reads them.
   */
  builtWith?: readonly string[];
  /** Units that all units of the application start after. */
  after?: readonly string[];
  services?: readonly Service[];
  /** Ports that the firewall opens instead of those of the services, e.g. `443/tcp`. */
  openPorts?: readonly string[];
  /** By the name of a service the URL at which people find it, instead of its own port. */
  urls?: readonly (readonly [string, string])[];
  /** Files besides those of the core: the env file, deploy.conf and the units of services. */
  files?: readonly GuestFile[];
  /** Folders of the user `app`, besides its home and cache. */
  folders?: readonly string[];
  /** Units of the application among the files, besides those of services: `app-….service`. */
  jobs?: readonly string[];
  /** The timers among the files. */
  timers?: readonly string[];
  /** Layers between base_os and the application. */
  layers?: readonly Layer[];
}

/** A kind of application or a feature as a whole: what the inventory knows of it, and what it adds to a guest. */
export interface Contributor<S extends Keys, T> extends Part<S, T> {
  /**
   * What it adds to a guest.
   * @param settings what `resolve` made of its keys
   * @param env the env
   * @param source finds templates
   */
  contribution(settings: T, env: Env, source: TemplateSource): Contribution;
}

/** The kinds and features with what they add. */
export type Contributors = Registry<AnyPart & Contributor<Keys, unknown>>;

/** A kind of application; its types come from its keys and from what `resolve` makes of them. */
export function defineKind<S extends Keys, T>(kind: Contributor<S, T>): Contributor<S, T> & { role: 'kind' } {
  return { ...kind, role: 'kind' };
}

/** Something that any kind of application may have; its types come as those of a kind. */
export function defineFeature<S extends Keys, T>(
  feature: Contributor<S, T>,
): Contributor<S, T> & { role: 'feature' } {
  return { ...feature, role: 'feature' };
}
