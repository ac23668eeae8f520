import type { Env } from '../../inventory/types';

/** Where the application's environment stands on the guest. */
export function envFilePath(env: Env): string {
  return `/srv/app/.env.${env.env.toLowerCase()}`;
}

/** Where the environment stands that a service has besides. */
export function serviceEnvPath(env: Env, service: string): string {
  return `${envFilePath(env)}.${service}`;
}

/** The folder of the live release, or of a part of it. */
export function inRelease(folder: string): string {
  return folder === '.' ? '/srv/app/current' : `/srv/app/current/${folder}`;
}

/** A unit or timer of this tool. */
export function unitPath(name: string): string {
  return `/etc/systemd/system/${name}`;
}

/** The values and keys that the programs on a guest read. */
export const CONFIG = '/etc/pvestack';
/** The programs on a guest: the kit. */
export const KIT = '/usr/local/lib/pvestack';
