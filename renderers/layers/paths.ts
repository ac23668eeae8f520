import type { Env } from '../../inventory/types';

/** Where the application's environment stands on the guest. */
export function envFilePath(env: Env): string {
  return `/srv/app/.env.${env.env.toLowerCase()}`;
}

/** The deploy script. */
export const DEPLOY_SCRIPT = '/usr/local/bin/deploy_app.sh';
/** The private key that reads the repository. */
export const DEPLOY_KEY = '/etc/pvestack/deploy_key';
/** The host keys of the repository's host. */
export const KNOWN_HOSTS = '/etc/pvestack/known_hosts';
/** Tells what a unit was started with. */
export const STAMP = '/usr/local/lib/pvestack/stamp';
/** Runs a script of a package.json. */
export const NPM_SCRIPT = '/usr/local/lib/pvestack/npm-script';
/** Undoes a lock-out. */
export const UNDO = '/usr/local/lib/pvestack/undo';
