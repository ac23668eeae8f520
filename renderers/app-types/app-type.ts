import type { Env } from '../../inventory/types';
import type { GuestFile, Layer } from '../layers/layer';
import type { TemplateSource } from '../template';

/** A process that goes on running: a systemd unit that listens on a port. */
export interface Service {
  /** What it is to people, e.g. `backend`. */
  name: string;
  /** e.g. `app-backend.service`. */
  unit: string;
  /** Its folder in a release. */
  folder: string;
  port: number;
  /** Undefined: `/`, where anything but a server error will do. */
  healthPath?: string;
}

/** What a kind of application adds to a guest. One folder or file each, registered in index.ts. */
export interface AppType {
  /** Debian packages besides the base. */
  packages(env: Env): readonly string[];
  /** The services of a release. */
  services(env: Env): readonly Service[];
  /** Files on the guest besides the env file and the deploy script: units and their like. */
  files(env: Env, source: TemplateSource): readonly GuestFile[];
  /** Layers between base_os and the application. */
  layers(env: Env, source: TemplateSource): readonly Layer[];
  /** Folders of the user `app`, besides its home and cache. */
  folders(env: Env): readonly string[];
  /** The timers among the files. */
  timers(env: Env): readonly string[];
  /** Links into the current release. */
  links(env: Env): readonly { path: string; target: string }[];
  /** Shell functions `build_release`, `migrate_release` and `prove_release` of the deploy script; see templates/app/deploy_app.sh.ejs. */
  deploySteps(env: Env, source: TemplateSource): string[];
  /** Environment of the commands that build and migrate, besides the env file. */
  buildEnv(env: Env): readonly (readonly [string, string])[];
}
