import type { Env } from '../../inventory/types';
import { UserError } from '../../inventory/user-error';
import { selectOne } from '../select';

/**
 * The one env that a name on the command line means, whose guest people go to.
 * @param envs all envs
 * @param name a stack, or whatever means one alone
 * @returns the env
 * @throws UserError where it means none or several, or an env without a guest that is configured
 */
export function oneEnv(envs: readonly Env[], name: string): Env {
  const env = selectOne(envs, name);
  const why = unvisited(env);
  if (why !== undefined) throw new UserError(`${env.stack}: ${why}.`);
  return env;
}

/**
 * Why nobody goes to an env's guest.
 * @param env the env
 * @returns the reason; undefined where they do
 */
export function unvisited(env: Env): string | undefined {
  if (!env.present) return 'its state is absent in the inventory';
  if (!env.configure) return 'nothing connects to it (configure or lxc_start_after_create is false)';
  return undefined;
}
